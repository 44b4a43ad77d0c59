"""Words for a random clip: rolled from what prompts can say, the same for the same seed."""

from __future__ import annotations

import random

from bot.words.english import ERAS, INSTRUMENTS, MOODS, STYLES
from bot.words.facets import Facet
from bot.words.known import Vocabulary, unknown_words
from bot.words.reading import read_phrases
from bot.words.style_words import with_style

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
) -> str:
    """Return words for a piece, such as "sad bossa nova with flute, 92 BPM".

    `style` stands before them, and what it says is not rolled. Another `attempt` is another roll.
    None is rolled that a model with this vocabulary does not know.
    """
    dice = random.Random(f"{seed}/{attempt}")  # noqa: S311 - music, no secret
    said = {phrase.facet for phrase in read_phrases(style or "")}
    styles, eras, moods, instruments = (
        sorted(name for name in words if not unknown_words(_word(words[name]), vocabulary))
        for words in (STYLES, ERAS, MOODS, INSTRUMENTS)
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
    front = []
    if Facet.MOOD not in said:
        front.append(_word(MOODS[mood]))
    if has_era and not said & {Facet.ERA, Facet.STYLE}:
        front.append(_word(ERAS[era]))
    if Facet.STYLE not in said:
        front.append(_word(STYLES[name]))
    words = " ".join(front)
    if not said & {Facet.INSTRUMENT, Facet.DRUMS}:
        names = " and ".join(_word(INSTRUMENTS[each]) for each in players[: 1 + has_two])
        joiner = ", " if Facet.STYLE in said else " with "
        words = f"{words}{joiner}{names}".removeprefix(", ").strip()
    if not said & {Facet.TEMPO, Facet.PACE}:
        words = f"{words}, {bpm} BPM".removeprefix(", ")
    return with_style(style, words, most=most) or words


def _word(words: str) -> str:
    return words.split("|")[0]
