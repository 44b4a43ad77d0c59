"""Pieces of the composer and how they sound, kept in a cache: what the model is measured against.

A piece becomes codes and is played from recordings, as for the codec's training: it is the best
that a model could do which writes such codes. No training composes the same (`EVALUATION_SEEDS`).
A sound is kept under a name made of its codes and of the
code that plays them, so that what another state of the composer made is never taken for it.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer import reverb
from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.instruments import LEAD_INSTRUMENTS
from bot.starter.composer.piece import Density, Piece
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.training.data import mixing, samples
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND, Codes, drum_codes
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.settings import EVALUATION_SEEDS

FIRST_SEED = EVALUATION_SEEDS.start
CLIP_SECONDS = 10.0

_TEACHING_SEED = FIRST_SEED
_HELD_OUT_SEED = FIRST_SEED + 100_000
_SEEDS_A_STYLE = 1000
# Pieces may start anywhere in the first seconds of a render.
_SPARE_SECONDS = 2.0
_LOOP_BARS = 2
_PEAK = 0.99
_FULL_SCALE = 32767.0
_KEPT_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Render:
    """A piece and the file of its sound."""

    piece: Piece
    file: Path

    @property
    def codes(self) -> Codes:
        """Return the codes [books, frames] that it is played from."""
        return _codes(self.piece)

    def sound(self) -> Sound:
        """Read it."""
        stored: Sound = np.load(self.file).astype(np.float32) / np.float32(_FULL_SCALE)
        return stored


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A training piece for the classifiers, and its sound."""

    piece: Piece
    sound: Sound

    def clip(self, seed: int = 0) -> Sound:
        """Return ten seconds of it, from a place that the seed decides."""
        length = round(CLIP_SECONDS * SAMPLE_RATE_HZ)
        spare = len(self.sound) - length
        start = int(np.random.default_rng(seed).integers(spare + 1)) if seed else 0
        return self.sound[start : start + length]

    def loop(self, seed: int = 0) -> Sound:
        """Return ten seconds of its first bars over and over, from a place the seed decides."""
        beats = _LOOP_BARS * self.piece.beats_per_bar
        lap = self.sound[: round(beats * 60 / self.piece.bpm * SAMPLE_RATE_HZ)]
        start = int(np.random.default_rng(seed).integers(len(lap))) if seed else 0
        return np.resize(np.roll(lap, -start), round(CLIP_SECONDS * SAMPLE_RATE_HZ))


class Player:
    """Plays pieces, and keeps how they sound under a folder."""

    def __init__(
        self, cache: Path, report: Callable[[str], None], recordings: Path | None = None
    ) -> None:
        """Take the recordings of a training; without them the instruments are recorded anew."""
        self._folder = cache / "renders"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._report = report
        self._given = recordings
        self._forget()

    def renders(self, pieces: Sequence[Piece], what: str) -> list[Render]:
        """Return the sounds of pieces, playing those that the folder lacks."""
        found = [Render(piece, self._folder / f"{self.name(piece)}.npy") for piece in pieces]
        missing = list({each.file: each for each in found if not each.file.exists()}.values())
        for each in found:
            if each.file.exists():
                os.utime(each.file)
        for index, each in enumerate(missing):
            if index % 50 == 0:
                self._report(f"Playing {what}, {index} of {len(missing)}")
            _save(each.file, self.mix(each.codes))
        return found

    def examples(self, pieces: Sequence[Piece]) -> Iterator[TrainingExample]:
        """Play pieces one by one, without keeping them."""
        for piece in pieces:
            yield TrainingExample(piece, self.mix(_codes(piece)))

    def mix(self, codes: NDArray[Any]) -> Sound:
        """Return how codes [books, frames] sound, no louder than full scale."""
        mix: Sound = np.sum(list(self.stems(codes.astype(np.int16)).values()), axis=0)
        peak = float(np.abs(mix).max(initial=0.0))
        return mix * np.float32(_PEAK / peak) if peak > _PEAK else mix

    def name(self, piece: Piece) -> str:
        """Return a name for a piece's codes, and for what makes sound of them."""
        return _digest(self._playing + hashlib.sha256(_codes(piece).tobytes()).hexdigest())

    def stems(self, codes: Codes) -> dict[str, Sound]:
        """Return how each stem of codes [books, frames] sounds alone, in its place in the mix."""
        played = mixing.render_stems(codes, self._bank)
        return dict(zip(mixing.STEM_NAMES, played, strict=True))

    @cached_property
    def _recordings(self) -> Path:
        if self._given is not None:
            return self._given
        # Other drums, or another way to record: other recordings.
        how = Path(samples.__file__).with_name("recording.py").read_text("utf-8")
        file = self._folder / f"recordings-{_digest(how + repr(drum_codes()))}.npz"
        if not file.exists():
            # Only recording needs FluidSynth and a MIDI library.
            from bot.starter.training.data.recording import record

            self._report("Recording instruments")
            samples.write(record(), file)
        return file

    @cached_property
    def _bank(self) -> mixing.SampleBank:
        return mixing.SampleBank(samples.read(self._recordings))

    @cached_property
    def _playing(self) -> str:
        """Return what decides how codes sound: the code that plays them, and the recordings."""
        code = "".join(map(inspect.getsource, (samples, mixing, reverb)))
        recorded = hashlib.sha256(self._recordings.read_bytes()).hexdigest()
        return code + repr(drum_codes()) + recorded

    def _forget(self) -> None:
        """Delete sounds that no measurement has asked for in a week."""
        oldest = time.time() - _KEPT_SECONDS
        for file in self._folder.glob("*.npy"):
            if file.stat().st_mtime < oldest:
                file.unlink()


def examples(per_style: int, seconds: float = CLIP_SECONDS + _SPARE_SECONDS) -> list[Piece]:
    """Compose training pieces: half in any tempo, half with any lead instrument."""
    pieces = []
    for number in range(per_style):
        for index, style in enumerate(STYLES):
            seed = _TEACHING_SEED + _SEEDS_A_STYLE * index + number
            random = np.random.default_rng(seed)
            # Pieces without drums are rare; the classifiers need both.
            density: Density | None = "none" if number % 5 == 4 else None
            frames, lead = int(random.choice(BEAT_FRAMES)), str(random.choice(LEAD_INSTRUMENTS))
            pieces.append(
                compose(
                    seed,
                    style=style,
                    seconds=seconds,
                    beat_frames=frames if number % 2 else None,
                    lead=lead if number % 4 > 1 else None,
                    density=density,
                )
            )
    return pieces


def held_out_pieces(number: int, seconds: float = CLIP_SECONDS) -> list[Piece]:
    """Compose so many pieces that nobody has learnt from, styles in turn."""
    names = list(STYLES)
    return [
        compose(_HELD_OUT_SEED + index, style=names[index % len(names)], seconds=seconds)
        for index in range(number)
    ]


def _save(file: Path, sound: Sound) -> None:
    """Write sound as 16-bit numbers so that an interrupted run leaves no half a file."""
    scratch = file.with_suffix(".part")
    with scratch.open("wb") as opened:
        np.save(opened, np.round(sound * _FULL_SCALE).astype(np.int16))
    scratch.rename(file)


def _codes(piece: Piece) -> Codes:
    return encode_piece(piece, round(piece.seconds * FRAMES_PER_SECOND))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
