"""Chinese captions."""

import random as randomness

from bot.starter.composer import caption_words_chinese as words
from bot.starter.composer.caption_facts import CaptionChances, Facts
from bot.starter.composer.caption_words import KEYS
from bot.starter.composer.piece import Piece

_OTHER_CHANCE = 0.2
_OWN_NAME_CHANCE = 0.4
_ENGLISH_NAME_CHANCE = 0.15
_MOOD_APART_CHANCE = 0.35
_MOOD_FORMS = ("，{0}", "，{0}的", "，{0}一点", "，需要{0}的")
_NOUNS = (
    "音乐",
    "音乐",
    "曲子",
    "歌",
    "风格的音乐",
    "风音乐",
    "节奏",
    "歌曲",
    "伴奏",
    "旋律",
    "乐曲",
)


def chinese_caption(
    piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances, bpm: str
) -> str:
    """Say something true of a piece; `bpm` is the tempo that is to be named, or nothing."""
    chance = choices.random
    style = choices.choice(words.STYLE_WORDS[piece.style]) if chance() < chances.style else ""
    if not bpm and chance() < 0.05:
        return _request(piece, facts, style, choices)
    era = _era(piece, style, choices)
    noun = choices.choice(_NOUNS)
    if not style:
        noun = noun.removeprefix("风格的").removeprefix("风")
    elif chance() < 0.25:
        noun = ""
    if style.endswith(("音乐", "舞曲", "乐")) and noun.endswith("音乐"):
        noun = noun.removesuffix("音乐").removesuffix("的")
    if noun == "旋律" and piece.lead is None:
        noun = "音乐"
    mood = choices.choice(words.MOOD_WORDS[piece.mood]) if chance() < chances.mood else ""
    is_apart = chance() < _MOOD_APART_CHANCE
    text = _adjectives(piece, facts, "" if is_apart else mood, choices) + era + style + noun
    if chance() < 0.4:
        text = choices.choice(words.ASKS) + text
    is_short = chance() < chances.short
    if not is_short:
        text += _played(piece, facts, choices, chances)
    if mood and is_apart:
        text += choices.choice(_MOOD_FORMS).format(mood)
    for tail in [] if is_short else _tails(piece, bpm, choices, chances):
        text += choices.choice(("，", "，", " ")) + tail
    if chance() < 0.05:
        text += "，" + choices.choice(words.FILLERS)
    return text + ("。" if chance() < 0.08 else "")


def _era(piece: Piece, style: str, choices: randomness.Random) -> str:
    is_said = any(digit in style for digit in ("0s", "年代"))
    if piece.era is None or is_said or choices.random() >= 0.6:
        return ""
    era = choices.choice(words.ERA_WORDS[piece.era])
    return era + "的" if style and choices.random() < 0.5 else era


def _adjectives(piece: Piece, facts: Facts, mood: str, choices: randomness.Random) -> str:
    chance = choices.random
    adjectives = []
    if facts.tempo and chance() < 0.24:
        adjectives.append(choices.choice(words.TEMPOS[facts.tempo]))
    if mood:
        adjectives.append(mood)
    if facts.activity and chance() < 0.15:
        adjectives.append(choices.choice(words.ACTIVITY_WORDS[facts.activity]))
    choices.shuffle(adjectives)
    return "".join(f"{word}的" for word in adjectives[:3])


def _tails(
    piece: Piece, bpm: str, choices: randomness.Random, chances: CaptionChances
) -> list[str]:
    tails = []
    if bpm:
        form = choices.choice(("每分钟{0}拍", "{0}拍", "速度{0}", "{0} BPM", "{0}bpm", "BPM {0}"))
        tails.append(form.format(bpm))
    if choices.random() < chances.key:
        tonic = words.KEYS[piece.tonic]
        if choices.random() < _ENGLISH_NAME_CHANCE:
            tonic = KEYS[piece.tonic]
        tails.append(tonic + ("大调" if piece.mode == "major" else "小调"))
    if piece.beats_per_bar != 4 and choices.random() < 0.15:
        tails.append("三拍子" if piece.beats_per_bar == 3 else "六八拍")
    choices.shuffle(tails)
    return tails


def _name(instrument: str, choices: randomness.Random) -> str:
    """Say an instrument in Chinese, or as many do by its English name."""
    names = words.INSTRUMENT_WORDS[instrument]
    if choices.random() < _ENGLISH_NAME_CHANCE:
        return instrument
    return names[0] if choices.random() < _OWN_NAME_CHANCE else choices.choice(names)


def _played(piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances) -> str:
    """Say what plays, and that there are no drums, to follow the style."""
    features = _features(piece, facts, choices, chances)
    text = ""
    if features:
        text = choices.choice(("，要有", "，需要有", "，有", "，", "，带", "，带有", "，加上"))
        text += choices.choice(("和", "、", "，")).join(features)
    if piece.drum_density == "none" and choices.random() < chances.drums["none"]:
        text += "，" + choices.choice(words.DRUM_WORDS["none"])
    return text


def _features(
    piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances
) -> list[str]:
    chance = choices.random
    features = []
    if facts.lead and chance() < chances.lead:
        form = choices.choice(
            (
                "{0}",
                "{0}",
                "{0}旋律",
                "{0}独奏",
                "{0}主旋律",
                "{0}演奏",
                "用{0}演奏",
                "{0}主奏",
                "用{0}演奏主旋律",
            )
        )
        features.append(form.format(_name(facts.lead, choices)))
    features += [_name(name, choices) for name in facts.others if chance() < _OTHER_CHANCE]
    features += [
        choices.choice(words.TRAIT_WORDS[trait])
        for trait in piece.traits
        if chance() < (0.25 if trait in ("soft", "bassy") else 0.45)
    ]
    density = piece.drum_density
    if density != "none" and chance() < chances.drums[density]:
        features.append(choices.choice(words.DRUM_WORDS[density]))
    choices.shuffle(features)
    return list(dict.fromkeys(features))[:3]


def _request(piece: Piece, facts: Facts, style: str, choices: randomness.Random) -> str:
    asked = []
    if style:
        form = choices.choice(("更{0}一点", "换成{0}", "改成{0}风格", "{0}版", "更{0}"))
        asked.append(form.format(style))
    mood = choices.choice(words.MOOD_REQUESTS[piece.mood])
    extras = [choices.choice((f"更{mood}", f"{mood}一点", f"再{mood}一些"))]
    if facts.tempo in ("slow", "fast"):
        word = choices.choice(words.TEMPO_REQUESTS[facts.tempo])
        extras.append(choices.choice((f"更{word}", f"{word}一点", f"再{word}一些")))
    if facts.lead:
        word = _name(facts.lead, choices)
        extras.append(choices.choice((f"加上{word}", f"加{word}", f"多一点{word}")))
    if piece.drum_density == "none":
        extras.append(choices.choice(("去掉鼓", "不要鼓")))
    elif piece.drum_density == "dense":
        extras.append(choices.choice(("鼓更密集", "多一点鼓")))
    choices.shuffle(extras)
    if not asked:
        asked.append(extras.pop())
    if extras and choices.random() < 0.5:
        asked.append(extras[0])
    return "，".join(asked)
