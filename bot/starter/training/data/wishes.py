"""Wishes of training pieces: what a piece must be, whether or not its style would choose it.

People ask for "techno with a flute" and "rock without drums". A style left to itself hardly ever
does that, and a model that hears it rarely learns to follow the style instead of the words. So a
share of the pieces is composed to a wish, and their captions say so.
"""

from __future__ import annotations

import random as randomness
from dataclasses import dataclass

from bot.starter.composer.caption_facts import DETAILED, FEELING, CaptionChances
from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.instruments import LEAD_INSTRUMENTS
from bot.starter.composer.moods import MOODS, fitting_moods
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Density
from bot.starter.composer.style import Style
from bot.starter.composer.styles import STYLES

_LEAD, _TEMPO, _DRUMS, _MOOD = 0.7, 0.35, 0.5, 0.5
_MOOD_ALONE = 0.4
_NO_DRUMS, _LIGHT_DRUMS = 0.3, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a piece must be; None is left to its style."""

    style: str
    lead: str | None
    beat_frames: int | None
    density: Density | None
    mood: str | None

    @property
    def caption_chances(self) -> CaptionChances:
        """Return how likely captions are to state what; of a mood alone in few words."""
        others = (self.lead, self.beat_frames, self.density)
        return FEELING if self.mood is not None and others == (None,) * 3 else DETAILED


def draw_wish(random: randomness.Random) -> Wish:
    """Draw a style, and a lead, tempo, drums and mood that need not be usual in it.

    In many wishes a mood is all: "sad house" says as much as "sad house with a flute".
    """
    style = STYLES[random.choice(tuple(STYLES))]
    if random.random() < _MOOD_ALONE:
        mood: str | None = random.choice(tuple(MOODS))
        return Wish(style=style.name, lead=None, beat_frames=None, density=None, mood=mood)
    lead = random.choice(LEAD_INSTRUMENTS) if random.random() < _LEAD else None
    beat_frames = random.choice(BEAT_FRAMES) if random.random() < _TEMPO else None
    density = _draw_density(style, random) if random.random() < _DRUMS else None
    mood = None
    if random.random() < _MOOD:
        bpm = None if beat_frames is None else FRAMES_PER_MINUTE / beat_frames
        mood = random.choice(fitting_moods(tuple(MOODS), bpm=bpm, mode=None, density=density))
    return Wish(style=style.name, lead=lead, beat_frames=beat_frames, density=density, mood=mood)


def _draw_density(style: Style, random: randomness.Random) -> Density:
    known: tuple[Density, ...] = tuple(style.grooves)
    luck = random.random()
    if not known or luck < _NO_DRUMS:
        return "none"
    # A few strokes are easily taken for none, so they are heard more often than their share.
    if "light" in known and luck < _NO_DRUMS + _LIGHT_DRUMS:
        return "light"
    return random.choice(known)
