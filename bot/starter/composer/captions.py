"""Captions: the many ways in which people might ask for a piece."""

import math
from collections.abc import Sequence

import numpy as np

from bot.starter.composer import words
from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Piece

_SLOW_BPM, _FAST_BPM = 86, 124
_MID_BPM = (92, 118)
_NUMBERS = range(60, 181)
_DRUM_CHANCES = {"none": 0.0, "light": 0.3, "steady": 0.15, "dense": 0.45}


class _Choices:
    """Draws from a generator."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, choices: Sequence[str]) -> str:
        return choices[int(self.random.integers(len(choices)))]

    def shuffled(self, items: Sequence[str]) -> list[str]:
        return [items[int(index)] for index in self.random.permutation(len(items))]


def caption(piece: Piece, random: np.random.Generator, names_tempo: float = 0.4) -> str:
    """Say something true of a piece, in one of very many wordings.

    `names_tempo` is how likely its tempo is among what is said.
    """
    choices = _Choices(random)
    bpm = _said_bpm(piece, choices) if choices.chance(names_tempo) else ""
    if choices.chance(0.3):
        return _chinese(piece, choices, bpm)
    return _english(piece, choices, bpm)


def nearest_beat_frames(bpm: float) -> int:
    """Return how many frames a beat has at the nearest tempo that there is."""
    return min(BEAT_FRAMES, key=lambda frames: abs(math.log(bpm * frames / FRAMES_PER_MINUTE)))


def _tempo_class(bpm: float) -> str | None:
    if bpm <= _SLOW_BPM:
        return "slow"
    if bpm >= _FAST_BPM:
        return "fast"
    return "mid" if _MID_BPM[0] <= bpm <= _MID_BPM[1] else None


def _said_bpm(piece: Piece, choices: _Choices) -> str:
    # Any number that this beat is the nearest to: all of them get one meaning.
    near = [str(n) for n in _NUMBERS if nearest_beat_frames(n) == piece.beat_frames]
    return choices.pick(near) if choices.chance(0.6) else str(round(piece.bpm))


def _era(piece: Piece, style: str, eras: dict[str, tuple[str, ...]], choices: _Choices) -> str:
    is_said = any(digit in style for digit in ("0s", "年代", "ties"))
    # A fixed era belongs to the style's own sound, but some of its names leave it out.
    if piece.era is None or is_said or not choices.chance(0.6):
        return ""
    return choices.pick(eras[piece.era])


def _english(piece: Piece, choices: _Choices, bpm: str) -> str:
    style = choices.pick(words.STYLE_WORDS[piece.style]) if choices.chance(0.93) else ""
    era = _era(piece, style, words.ERA_WORDS, choices)
    if style and not bpm and choices.chance(0.2):
        return _cased(" ".join(word for word in (era, style) if word), choices)
    tempo = _tempo_class(piece.bpm)
    adjectives = []
    if tempo and choices.chance(0.25):
        adjectives.append(choices.pick(words.TEMPOS[tempo]))
    if choices.chance(0.28):
        adjectives.append(choices.pick(words.MOOD_WORDS[piece.mood]))
    for trait in piece.traits:
        if trait in ("soft", "bassy", "spacious") and choices.chance(0.25):
            adjectives.append(trait)
    head = [*choices.shuffled(adjectives), era, style]
    if not style or choices.chance(0.62):
        head.append(choices.pick(words.NOUNS))
    text = " ".join(word for word in head if word)
    if choices.chance(0.22):
        article = "" if text.split()[-1] in ("music", style) else _article(text)
        text = " ".join(word for word in (choices.pick(words.ASKS), article, text) if word)
    elif choices.chance(0.1):
        text = f"{_article(text)} {text}"
    features = _features(piece, choices)
    if features:
        text = _joined(text, features, choices)
    if piece.drum_density == "none" and choices.chance(0.3):
        text += choices.pick((", no drums", " without drums", ", drumless", " with no drums"))
    tails = []
    if bpm:
        forms = (f"{bpm} BPM", f"{bpm} bpm", f"at {bpm} bpm", f"at {bpm} BPM", f"tempo {bpm}",
                 f"{bpm} beats per minute", f"{bpm}bpm")  # fmt: skip
        tails.append(choices.pick(forms))
    if choices.chance(0.15):
        keys = words.KEYS if choices.chance(0.6) else words.SHARP_KEYS
        tails.append(f"in {keys[piece.tonic]} {piece.mode}")
    for tail in choices.shuffled(tails):
        text += (" " if choices.chance(0.4) else ", ") + tail
    return _cased(text, choices)


def _article(text: str) -> str:
    return "an" if text[0].lower() in "aeiou8" else "a"


def _cased(text: str, choices: _Choices) -> str:
    if choices.chance(0.12):
        text = text[0].upper() + text[1:]
    elif choices.chance(0.1):
        text = text.lower()
    elif choices.chance(0.02):
        text = text.upper()
    return text + ("." if choices.chance(0.06) else "")


def _features(piece: Piece, choices: _Choices) -> list[str]:
    features = []
    for name in piece.instruments:
        if choices.chance(0.3):
            features.append(_instrument(piece, name, choices))
    for trait in piece.traits:
        if trait in words.TRAIT_WORDS and choices.chance(0.55):
            features.append(choices.pick(words.TRAIT_WORDS[trait]))
    if choices.chance(_DRUM_CHANCES[piece.drum_density]):
        features.append(choices.pick(words.DRUM_WORDS[piece.drum_density]))
    return choices.shuffled(list(dict.fromkeys(features)))[:4]


def _instrument(piece: Piece, name: str, choices: _Choices) -> str:
    word = choices.pick(words.INSTRUMENT_WORDS.get(name, (name,)))
    if " " in word or choices.chance(0.6):
        return word
    family = INSTRUMENTS[name].family
    adjectives = ["melodic"] if name in _leads(piece) else []
    if piece.mood == "groovy" or piece.style in ("blues", "jazz", "funk", "soul"):
        adjectives.append("groovy")
    if family in ("bass", "keys", "strings", "reeds"):
        adjectives.append("warm")
    if family == "guitar" and "loud guitars" in piece.traits:
        adjectives.append("loud")
    if name in ("distorted guitar", "overdriven guitar"):
        adjectives.append("distorted")
    if piece.mood in ("sad", "calm", "dreamy", "happy"):
        adjectives.append(piece.mood)
    return f"{choices.pick(adjectives)} {word}" if adjectives else word


def _leads(piece: Piece) -> tuple[str, ...]:
    return tuple(part.instrument for part in piece.parts if part.role == "lead")


def _joined(text: str, features: list[str], choices: _Choices) -> str:
    if choices.chance(0.25):
        return ", ".join([text, *features])
    opening = choices.pick(("with", "with", "with", "featuring", "that has"))
    if opening != "with" or len(features) == 1 or choices.chance(0.85):
        listed = ", ".join(features[:-1])
        both = f"{listed} and {features[-1]}" if listed else features[-1]
    else:
        both = ", ".join(features)
    return f"{text} {opening} {both}"


def _chinese(piece: Piece, choices: _Choices, bpm: str) -> str:
    style = choices.pick(words.STYLE_WORDS_ZH[piece.style]) if choices.chance(0.93) else ""
    era = _era(piece, style, words.ERA_WORDS_ZH, choices)
    if era and style and choices.chance(0.5):
        era += "的"
    tempo = _tempo_class(piece.bpm)
    adjectives = []
    if tempo and choices.chance(0.25):
        adjectives.append(choices.pick(words.TEMPOS_ZH[tempo]))
    if choices.chance(0.28):
        adjectives.append(choices.pick(words.MOOD_WORDS_ZH[piece.mood]))
    described = "".join(f"{word}的" for word in choices.shuffled(adjectives))
    noun = choices.pick(
        ("音乐", "音乐", "曲子", "歌", "风格的音乐", "风音乐", "节奏", "歌曲", "伴奏")
    )
    if not style:
        noun = noun.removeprefix("风格的").removeprefix("风")
    elif choices.chance(0.25):
        noun = ""
    if style.endswith(("音乐", "舞曲", "乐")) and noun.endswith("音乐"):
        noun = noun.removesuffix("音乐").removesuffix("的")
    text = described + era + style + noun
    if choices.chance(0.4):
        text = choices.pick(words.ASKS_ZH) + text
    features = _features_zh(piece, choices)
    if features:
        opening = choices.pick(("，要有", "，需要有", "，有", "，", "，带", "，带有", "，加上"))
        text += opening + choices.pick(("和", "、", "，")).join(features)
    if piece.drum_density == "none" and choices.chance(0.3):
        text += "，" + choices.pick(("没有鼓", "不要鼓", "无鼓"))
    tails = []
    if bpm:
        forms = (
            f"每分钟{bpm}拍",
            f"{bpm}拍",
            f"速度{bpm}",
            f"{bpm} BPM",
            f"{bpm}bpm",
            f"BPM {bpm}",
        )
        tails.append(choices.pick(forms))
    if choices.chance(0.15):
        mode = "大调" if piece.mode == "major" else "小调"
        tails.append(words.KEYS_ZH[piece.tonic] + mode)
    for tail in choices.shuffled(tails):
        text += choices.pick(("，", "，", " ")) + tail
    return text + ("。" if choices.chance(0.08) else "")


def _features_zh(piece: Piece, choices: _Choices) -> list[str]:
    features = []
    for name in piece.instruments:
        if choices.chance(0.3):
            features.append(choices.pick(words.INSTRUMENT_WORDS_ZH[name]))
    for trait in piece.traits:
        if choices.chance(0.5):
            features.append(choices.pick(words.TRAIT_WORDS_ZH[trait]))
    if choices.chance(_DRUM_CHANCES[piece.drum_density]):
        features.append(choices.pick(words.DRUM_WORDS_ZH[piece.drum_density]))
    return choices.shuffled(list(dict.fromkeys(features)))[:3]
