"""Composing: a seed becomes a piece."""

import random as randomness
from math import ceil

from bot.starter.composer.arrangement import draw_ideas
from bot.starter.composer.descriptors import activity_of, traits_of
from bot.starter.composer.form import draw_form
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.key import draw_harmony
from bot.starter.composer.moods import MOODS, Mood, draw_density, fitting_moods
from bot.starter.composer.performance import perform
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Density, Mode, Piece
from bot.starter.composer.style import Style
from bot.starter.composer.styles import STYLES

BEAT_FRAMES = (17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 34, 36, 39, 42, 45, 48, 50)
"""How long a beat may be: every tempo from 60 to 176 BPM has one within 4 %."""

_ANY_TEMPO = 0.25
_PAST_USUAL = 1.12
_DECORATIVE_ERAS = ("60s", "70s", "80s", "90s", "modern")


def compose(
    seed: int,
    *,
    style: str | None = None,
    seconds: float = 30.0,
    beat_frames: int | None = None,
    key: tuple[int, Mode] | None = None,
    density: Density | None = None,
    lead: str | None = None,
    mood: str | None = None,
) -> Piece:
    """Compose a piece; the same arguments always give the same piece.

    What is not asked for is drawn: the style, the frames of a beat, the key (tonic as a pitch
    class, and mode), the density of the drums, the instrument of the melody ("none" for no
    melody), the mood.

    Raises KeyError where there is no such style, instrument or mood.
    """
    random = randomness.Random(seed)  # noqa: S311 - no secret
    drawn_style = random.choice(tuple(STYLES))
    chosen = STYLES[drawn_style if style is None else style]
    frames = beat_frames
    if random.random() < _ANY_TEMPO and frames is None:
        frames = random.choice(BEAT_FRAMES if mood is None else _true_beat_frames(MOODS[mood]))
    bpm = FRAMES_PER_MINUTE / frames if frames else None
    moods = fitting_moods(chosen.moods, bpm=bpm, mode=key[1] if key else None, density=density)
    mood_name = random.choice(moods) if mood is None else mood
    feeling = MOODS[mood_name]
    if frames is None:
        frames = _draw_beat_frames(chosen, feeling, random)
    drawn_mode: Mode = "minor" if random.random() < chosen.minor_chance else "major"
    tonic = random.randrange(12)
    mode = feeling.mode or drawn_mode
    if key is not None:
        tonic, mode = key
    drawn_density = draw_density(feeling, tuple(chosen.grooves), chosen.drumless_chance, random)
    drum_density = drawn_density if density is None else density
    if lead is not None and lead != "none" and lead not in INSTRUMENTS:
        raise KeyError(lead)
    ideas = draw_ideas(chosen, feeling, drum_density, lead, random)
    era = _draw_era(chosen, random)
    bars = ceil(seconds * FRAMES_PER_MINUTE / 60 / frames / chosen.beats_per_bar - 1e-9)
    chords = draw_harmony(chosen, tonic, mode, feeling.brightness, random)
    bar_seconds = frames * chosen.beats_per_bar * 60 / FRAMES_PER_MINUTE
    form = draw_form(bars, bar_seconds, len(chords.verse), random)
    parts, plan = perform(chosen, ideas, chords, form, random)
    return Piece(
        style=chosen.name,
        era=era,
        tonic=tonic,
        mode=mode,
        beat_frames=frames,
        beats_per_bar=chosen.beats_per_bar,
        division=chosen.division,
        mood=mood_name,
        drum_density=drum_density,
        activity=activity_of(parts, frames, seconds),
        traits=traits_of(chosen, parts, drum_density, frames),
        parts=parts,
        bars=plan,
        seconds=seconds,
    )


def _true_beat_frames(mood: Mood) -> list[int]:
    """Return the tempos at which a mood is true."""
    return [
        frames
        for frames in BEAT_FRAMES
        if mood.slowest_bpm <= FRAMES_PER_MINUTE / frames <= mood.fastest_bpm
    ]


def _draw_beat_frames(style: Style, mood: Mood, random: randomness.Random) -> int:
    """Choose a usual tempo of a style; where a mood wants that, of its slower or faster half.

    Such a mood may go past what is usual by an eighth.
    """
    slowest, fastest = (float(bpm) for bpm in style.bpm)
    middle = (slowest * fastest) ** 0.5
    if mood.tempo > 0:
        slowest, fastest = middle, fastest * _PAST_USUAL
    elif mood.tempo < 0:
        slowest, fastest = slowest / _PAST_USUAL, middle
    usual = [
        frames
        for frames in BEAT_FRAMES
        if slowest * 0.99 <= FRAMES_PER_MINUTE / frames <= fastest * 1.01
    ]
    return random.choice(usual)


def _draw_era(style: Style, random: randomness.Random) -> str | None:
    """Choose the decade that a piece is said to be of, or none."""
    if style.fixed_era is not None:
        return style.fixed_era
    if random.random() < 0.55:
        return None
    if style.eras and (random.random() < 0.7 or not style.has_any_era):
        return random.choice(style.eras)
    return random.choice(_DECORATIVE_ERAS) if style.has_any_era else None
