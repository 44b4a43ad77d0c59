"""Prompts that no training has seen: what each asks for, exactly, and how a person says it.

The wordings are not those of the training's captions. What a prompt does not ask for is anyone's
choice: a rendered piece of the same prompt draws it, as the model may.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.instruments import LEAD_INSTRUMENTS
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Density, Mode, Piece
from bot.starter.composer.style import Style
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation import prompt_wordings

Key = tuple[int, Mode]

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The pitch classes by name."""

SECONDS = 10.0

_USUAL_TEMPO, _USUAL_LEAD = 0.6, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSpec:
    """What a prompt asks for; None is left open. The key is a tonic as a pitch class and a mode."""

    style: str
    beat_frames: int | None = None
    key: Key | None = None
    density: Density | None = None
    lead: str | None = None
    mood: str | None = None

    @property
    def bpm(self) -> float | None:
        """Return the tempo that is asked for, in beats per minute."""
        return None if self.beat_frames is None else FRAMES_PER_MINUTE / self.beat_frames

    def __str__(self) -> str:
        key = None if self.key is None else f"{NAMES[self.key[0]]} {self.key[1]}"
        drums = None if self.density is None else f"{self.density} drums"
        bpm = None if self.bpm is None else f"{self.bpm:.0f} BPM"
        parts = (self.style, self.mood, bpm, key, self.lead, drums)
        return ", ".join(part for part in parts if part is not None)

    @property
    def wants_drums(self) -> bool | None:
        """Return whether there must be drums, or None where that is left open."""
        return None if self.density is None else self.density != "none"


@dataclass(frozen=True, slots=True)
class Prompt:
    """An ask in a person's words."""

    ask: PromptSpec
    words: str


def held_out(number: int, seed: int) -> list[Prompt]:
    """Return so many prompts, styles in turn; every fourth is Chinese.

    Of each forty, 30 name a tempo, 20 a key, 24 a lead instrument, 16 the drums and 8 a mood.
    """
    random = np.random.default_rng(seed)
    names = [list(STYLES)[index] for index in random.permutation(len(STYLES))]
    prompts = []
    for index in range(number):
        style = STYLES[names[index % len(names)]]
        has_mood = index % 5 == 4
        ask = PromptSpec(
            style=style.name,
            beat_frames=_tempo(style, random) if index % 4 != 3 else None,
            key=_key(style, random) if index % 2 == 0 else None,
            # Busy drums and a calm mood can't both be had.
            density=_density(style, index // 2 % 5) if index % 2 and not has_mood else None,
            lead=_lead(style, random) if index % 5 in (0, 2, 3) else None,
            mood=prompt_wordings.MOODS[index // 5 % len(prompt_wordings.MOODS)]
            if has_mood
            else None,
        )
        prompts.append(word_prompt(ask, index, is_chinese=index % 4 == index // 4 % 4))
    return prompts


def word_prompt(ask: PromptSpec, number: int, *, is_chinese: bool = False) -> Prompt:
    """Say what is asked for; the number decides on one of the ways to say it."""
    facts = prompt_wordings.PromptFacts(
        style=ask.style,
        bpm=None if ask.bpm is None else round(ask.bpm),
        key=ask.key,
        density=ask.density,
        lead=ask.lead,
        mood=ask.mood,
    )
    return Prompt(
        ask, (prompt_wordings.chinese if is_chinese else prompt_wordings.english)(facts, number)
    )


def compose_prompt(ask: PromptSpec, seed: int, seconds: float = SECONDS) -> Piece:
    """Compose a piece that is what is asked for."""
    return compose(
        seed,
        style=ask.style,
        seconds=seconds,
        beat_frames=ask.beat_frames,
        key=ask.key,
        density=ask.density,
        lead=ask.lead,
        mood=ask.mood,
    )


def _tempo(style: Style, random: np.random.Generator) -> int:
    slowest, fastest = style.bpm
    usual = [f for f in BEAT_FRAMES if slowest <= FRAMES_PER_MINUTE / f <= fastest * 1.01]
    choices = usual if usual and random.random() < _USUAL_TEMPO else list(BEAT_FRAMES)
    return choices[int(random.integers(len(choices)))]


def _key(style: Style, random: np.random.Generator) -> Key:
    modes: list[Mode] = []
    if style.major:
        modes.append("major")
    if style.minor:
        modes.append("minor")
    return int(random.integers(12)), modes[int(random.integers(len(modes)))]


def _density(style: Style, turn: int) -> Density | None:
    """Return what is asked of the drums: in two of five turns none, where a style can do so."""
    if not style.grooves:
        return "none"
    known: list[Density] = [*style.grooves]
    if turn in (0, 3) and style.drumless_chance > 0:
        return "none"
    wanted: Density = "light" if turn == 1 else "dense"
    return wanted if wanted in known else known[-1]


def _lead(style: Style, random: np.random.Generator) -> str:
    usual = style.leads if random.random() < _USUAL_LEAD else LEAD_INSTRUMENTS
    return usual[int(random.integers(len(usual)))]
