"""Sample-based synthesis: notes to sound, recordings added up with one reverb.

Levels belong to instruments and roles alone, so that the same codes always sound the same: what
is louder or softer in a piece is so because of who plays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.reverb import add_reverb
from bot.starter.training.data.codebooks import BASS, DRUMS, LEAD, STEMS, Codes
from bot.starter.training.data.notes import CodedNote, decode_notes, stem_name
from bot.starter.training.data.samples import (
    SAMPLE_RATE_HZ,
    ZONE,
    Sound,
    drum_key,
    pitch_key,
    resample,
)

HOP = 640
"""Samples of a frame."""

STEM_NAMES = tuple(STEMS)

WETNESS: Mapping[str, float] = {"drums": 0.08, "bass": 0.0, "chords": 0.16, "lead": 0.22}
"""How much of the room is heard in each stem."""

_LEVELS = {BASS: 0.037, LEAD: 0.07}
_CHORD_LEVEL = 0.042
DRUM_LEVEL = 0.085
# A semitone, to a hundredth of it: as many samples for so many.
_HIGHER, _LOWER = (17, 18), (18, 17)
_LOUDNESS_SECONDS, _DRUM_LOUDNESS_SECONDS = 0.6, 0.12
_BASS_EDGE_HZ = 150.0
_RELEASE_SECONDS = {"synth": 0.12, "strings": 0.14, "voices": 0.16, "keys": 0.09, "mallets": 0.2}
_OTHER_RELEASE_SECONDS = 0.06


@dataclass(frozen=True, slots=True)
class Play:
    """A sound to be added: which, from which sample on (may be negative), for how many, how loud.

    `held` is None for what rings out by itself.
    """

    stem: int
    key: tuple[str, int, bool]
    start: int
    held: int | None
    release: int
    gain: float


@dataclass
class SampleBank:
    """All recordings, levelled; pitches between the recorded ones are made on demand."""

    recordings: Mapping[str, Sound]
    _made: dict[tuple[str, int, bool], Sound] = field(default_factory=dict)

    def sound(self, key: tuple[str, int, bool]) -> Sound:
        """Return the levelled sound of an instrument's pitch, or of a kit's drum."""
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(*key)
        return found

    def _make(self, instrument: str, pitch: int, is_ghost: bool) -> Sound:
        if instrument.isdigit():
            kit = int(instrument)
            recorded = self.recordings[drum_key(kit, pitch, is_ghost)]
            return recorded * np.float32(1 / self._kit_loudness[kit])
        recorded = self.recordings[pitch_key(instrument, pitch)]
        steps = pitch - round(pitch / ZONE) * ZONE
        if steps:
            recorded = resample(recorded, *(_LOWER if steps < 0 else _HIGHER))
        return recorded * np.float32(1 / self._loudness[instrument])

    @cached_property
    def _loudness(self) -> dict[str, float]:
        by_instrument: dict[str, list[float]] = {}
        for key, sound in self.recordings.items():
            instrument = key.rsplit("/", 1)[0]
            if not instrument.startswith("kit "):
                found = loudness(sound, _LOUDNESS_SECONDS)
                by_instrument.setdefault(instrument, []).append(found)
        return {name: float(np.median(each)) for name, each in by_instrument.items()}

    @cached_property
    def _kit_loudness(self) -> dict[int, float]:
        by_kit: dict[int, list[float]] = {}
        for key, sound in self.recordings.items():
            name = key.rsplit("/", 1)[0]
            if name.startswith("kit "):
                found = loudness(sound, _DRUM_LOUDNESS_SECONDS)
                by_kit.setdefault(int(name.removeprefix("kit ")), []).append(found)
        return {kit: float(np.quantile(each, 0.9)) for kit, each in by_kit.items()}


def loudness(sound: Sound, seconds: float) -> float:
    """Return the root mean square of a sound's beginning, with less weight on the lowest tones."""
    beginning = sound[: round(seconds * SAMPLE_RATE_HZ)]
    if not len(beginning):
        return 1e-6
    spectrum = np.fft.rfft(beginning)
    hz = np.fft.rfftfreq(len(beginning), 1 / SAMPLE_RATE_HZ)
    spectrum *= hz / (hz + _BASS_EDGE_HZ)
    power = 2 * np.square(np.abs(spectrum)).sum() / len(beginning) ** 2
    return float(np.sqrt(max(power, 1e-12)))


def schedule_plays(notes: Sequence[CodedNote]) -> list[Play]:
    """Return what has to be added up for some notes."""
    return [_play(note) for note in notes]


def stem_level(book: int) -> float:
    """Return how loud a pitched codebook's instruments are in the mix."""
    return _LEVELS.get(book, _CHORD_LEVEL)


def _play(note: CodedNote) -> Play:
    stem = STEM_NAMES.index(stem_name(note.book))
    key = (note.instrument, note.pitch, note.is_ghost)
    if note.book == DRUMS:
        return Play(stem, key, note.frame * HOP, None, 0, DRUM_LEVEL)
    family = INSTRUMENTS[note.instrument].family
    release = round(_RELEASE_SECONDS.get(family, _OTHER_RELEASE_SECONDS) * SAMPLE_RATE_HZ)
    gain = stem_level(note.book)
    return Play(stem, key, note.frame * HOP, note.frames * HOP, release, gain)


def render_stems(codes: Codes, bank: SampleBank) -> NDArray[np.float32]:
    """Return the sound [stems, samples] of codes [books, frames], as long as the frames last."""
    samples = codes.shape[1] * HOP
    stems = np.zeros((len(STEM_NAMES), samples), np.float32)
    for play in schedule_plays(decode_notes(codes)):
        sound = bank.sound(play.key)
        length = len(sound) if play.held is None else min(len(sound), play.held + play.release)
        room = min(length, samples - play.start)
        added = sound[:room] * np.float32(play.gain)
        if play.held is not None and room > play.held:
            added[play.held :] *= fade(play.release)[: room - play.held]
        stems[play.stem, play.start : play.start + room] += added
    for number, name in enumerate(STEM_NAMES):
        stems[number] = add_reverb(stems[number], WETNESS[name], SAMPLE_RATE_HZ)
    return stems


def fade(samples: int) -> NDArray[np.float32]:
    """Return how a note dies away when it is let go."""
    times = np.arange(samples, dtype=np.float32) / max(1, samples)
    dying: NDArray[np.float32] = np.exp(-5 * times) * (1 - times)
    return dying
