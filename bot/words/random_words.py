"""Random prompts, deterministic for a seed."""

from __future__ import annotations

import random

from bot.words import chinese, english
from bot.words.facets import Facet
from bot.words.phrases import is_chinese, read_phrases
from bot.words.style_words import with_style
from bot.words.vocabulary import Vocabulary, unknown_words

_SLOW = ("ambient", "ballad", "blues", "soul", "gospel", "lo-fi", "trap", "orchestral")
_FAST = ("punk", "metal", "techno", "trance", "drum and bass", "dubstep", "celtic", "chiptune")
_SLOW_BPM, _USUAL_BPM, _FAST_BPM = (60, 95), (85, 130), (120, 175)
_ERA_CHANCE, _SECOND_PLAYER_CHANCE = 0.25, 0.4


def roll_words(
    seed: int,
    style: str | None = None,
    *,
    attempt: int = 0,
    most: int,
    vocabulary: Vocabulary | None = None,
    in_chinese: bool = False,
) -> str:
    """Return a random prompt, such as "sad bossa nova with flute, 92 BPM".

    `style` precedes it and sets its language; its facets are not rolled. Another `attempt` is
    another roll. Only words of the vocabulary are used; Chinese only with one, since models without
    one read English.
    """
    in_chinese = in_chinese and vocabulary is not None and (not style or is_chinese(style))
    source = chinese if in_chinese else english
    dice = random.Random(f"{seed}/{attempt}")  # noqa: S311 - music, no secret
    named = {phrase.facet for phrase in read_phrases(style or "")}
    styles, eras, moods, instruments = (
        sorted(name for name in words if not unknown_words(_word(words[name]), vocabulary))
        for words in (source.STYLES, source.ERAS, source.MOODS, source.INSTRUMENTS)
    )
    name = dice.choice(styles)
    era, mood = dice.choice(eras), dice.choice(moods)
    players = dice.sample(instruments, 2)
    has_era, has_two = dice.random() < _ERA_CHANCE, dice.random() < _SECOND_PLAYER_CHANCE
    low, high = _USUAL_BPM
    if name in _SLOW:
        low, high = _SLOW_BPM
    elif name in _FAST:
        low, high = _FAST_BPM
    bpm = dice.randint(low, high)
    comma = "，" if in_chinese else ", "
    of = "的" if in_chinese else ""
    front = []
    if Facet.MOOD not in named:
        front.append(_word(source.MOODS[mood]) + of)
    if has_era and not named & {Facet.ERA, Facet.STYLE}:
        front.append(_word(source.ERAS[era]))
    if Facet.STYLE not in named:
        front.append(_word(source.STYLES[name]))
    words = ("" if in_chinese else " ").join(front)
    if not named & {Facet.INSTRUMENT, Facet.DRUMS}:
        both = "和" if in_chinese else " and "
        names = both.join(_word(source.INSTRUMENTS[each]) for each in players[: 1 + has_two])
        joiner = comma if in_chinese or Facet.STYLE in named else " with "
        words = f"{words}{joiner}{names}".removeprefix(comma).strip()
    if not named & {Facet.TEMPO, Facet.PACE}:
        words = f"{words}{comma}{bpm} BPM".removeprefix(comma)
    return with_style(style, words, most=most) or words


def _word(words: str) -> str:
    return words.split("|")[0]
