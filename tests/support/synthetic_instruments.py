"""Synthetic instruments for tests of the starter's training: decaying sines as recordings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.data.codebooks import (
    BASS,
    BOOKS,
    CHORDS,
    DRUMS,
    LEAD,
    PITCHED,
    drum_codes,
)
from bot.starter.training.data.mixing import SampleBank
from bot.starter.training.data.samples import SAMPLE_RATE_HZ, ZONE, drum_key, pitch_key

BAND = {BASS: "bass guitar", CHORDS[0]: "piano", CHORDS[1]: "organ", CHORDS[2]: "choir",
        LEAD: "flute"}  # fmt: skip
KIT = 0
PITCHES = range(36, 97)
_SECONDS = 1.6


def bank(loudness: float = 1.0) -> SampleBank:
    """Return the recordings, with the bass guitar at the given level."""
    recordings = {}
    for name in BAND.values():
        for pitch in range(PITCHES[0] // ZONE * ZONE, PITCHES[-1] + ZONE, ZONE):
            gain = loudness if name == BAND[BASS] else 1.0
            recordings[pitch_key(name, pitch)] = gain * tone(hz_of(pitch), dying_seconds=1.0)
    for pitch, is_ghost in strokes():
        sound = tone(40.0 * pitch, dying_seconds=0.08)
        recordings[drum_key(KIT, pitch, is_ghost)] = sound * np.float32(0.4 if is_ghost else 1.0)
    return SampleBank(recordings)


def keys() -> list[tuple[str, int, bool]]:
    """Return the key of every recording."""
    pitched = [(name, pitch, False) for name in BAND.values() for pitch in PITCHES]
    return pitched + [(str(KIT), pitch, is_ghost) for pitch, is_ghost in strokes()]


def strokes() -> list[tuple[int, bool]]:
    """Return the drums of the kit."""
    return sorted({each for kit, drums in drum_codes().sets if kit == KIT for each in drums})


def hz_of(pitch: float) -> float:
    """Return the frequency of a pitch."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def tone(hz: float, dying_seconds: float) -> NDArray[np.float32]:
    """Return a tone that starts at once and decays."""
    times = np.arange(round(_SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = np.sin(2 * np.pi * hz * times) * np.exp(-times / dying_seconds)
    return (0.3 * sound).astype(np.float32)


def silence(frames: int) -> NDArray[np.int16]:
    """Return silent codes [books, frames]."""
    return np.zeros((len(BOOKS), frames), np.int16)


def hold(codes: NDArray[np.int16], book: int, pitch: int, begin: int, end: int) -> None:
    """Write a note into codes."""
    layout = PITCHED[book]
    state = layout.state(BAND[book], pitch)
    for stage, age in enumerate(layout.ages):
        codes[book, begin + age : end] = layout.code(state, stage)


def strike(codes: NDArray[np.int16], frames: Iterable[int], number: int = 0) -> None:
    """Write strokes of one of the kit's sets into codes."""
    known = drum_codes()
    own = [known.code(n) for n, (kit, _) in enumerate(known.sets) if kit == KIT]
    for frame in frames:
        codes[DRUMS, frame] = own[number]


def music() -> NDArray[np.int16]:
    """Return three seconds of codes in which every stem plays, the lead from the middle on."""
    codes = silence(150)
    strike(codes, (0, 20, 40, 60, 80, 100, 120))
    strike(codes, (10, 50, 90), number=3)
    for begin in range(0, 150, 25):
        hold(codes, BASS, 41 + begin // 25, begin, begin + 20)
    for book, pitch in zip(CHORDS, (60, 64, 67), strict=True):
        hold(codes, book, pitch, 5, 70)
        hold(codes, book, pitch + 1, 70, 140)
    hold(codes, LEAD, 77, 60, 95)
    hold(codes, LEAD, 77, 95, 130)
    return codes
