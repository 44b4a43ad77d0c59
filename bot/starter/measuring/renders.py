"""Rendered pieces that no training has heard, kept in a cache: the measure of what is made.

The language model is trained on seeds below 1,000,000 and the codec on those from there; these are
from 5,000,000. What another state of the generator has made is not taken from
the cache.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache as remembered
from pathlib import Path

import numpy as np

from bot.starter.composer import midi, render
from bot.starter.composer.compose import compose
from bot.starter.composer.styles import STYLES
from bot.starter.measuring.features import SAMPLE_RATE_HZ, Sound
from bot.starter.training import sounds

FIRST_SEED = 5_000_000
CLIP_SECONDS = 10.0

_TEACHING_SEED, _HELD_OUT_SEED, _LONG_SEED = FIRST_SEED, FIRST_SEED + 100_000, FIRST_SEED + 200_000
_SEEDS_A_STYLE = 1000
# Pieces may start anywhere in the first seconds of a render.
_SPARE_SECONDS = 2.0
_LONG_SECONDS = 20.0
_LOOP_BARS = 2
_BATCH = 13
_FEWEST_FRAMES, _MOST_FRAMES = 17, 50


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a rendered piece."""

    style: str
    bpm: float
    tonic: int
    is_minor: bool
    has_drums: bool
    is_usual_tempo: bool


@dataclass(frozen=True, slots=True)
class Render:
    """A rendered piece in the cache."""

    truth: Truth
    file: Path

    def sound(self) -> Sound:
        """Read it."""
        return sounds.load(self.file)

    def clip(self, seed: int = 0) -> Sound:
        """Read ten seconds of it, from a place that the seed decides."""
        whole = self.sound()
        samples = round(CLIP_SECONDS * SAMPLE_RATE_HZ)
        spare = len(whole) - samples
        start = int(np.random.default_rng(seed).integers(spare + 1)) if seed else 0
        return whole[start : start + samples]

    def loop(self, seed: int = 0) -> Sound:
        """Read ten seconds of its first bars over and over, from a place that the seed decides."""
        beats = _LOOP_BARS * STYLES[self.truth.style].beats_per_bar
        lap = self.sound()[: round(beats * 60 / self.truth.bpm * SAMPLE_RATE_HZ)]
        start = int(np.random.default_rng(seed).integers(len(lap))) if seed else 0
        return np.resize(np.roll(lap, -start), round(CLIP_SECONDS * SAMPLE_RATE_HZ))


@dataclass(frozen=True, slots=True)
class Renders:
    """Pieces to teach a classifier, others to test it and the model, and some of 20 s."""

    teaching: tuple[Render, ...]
    held_out: tuple[Render, ...]
    long: tuple[Render, ...]


def load(
    cache: Path, *, teaching: int, held_out: int, long: int, report: Callable[[str], None]
) -> Renders:
    """Return so many pieces a style of each kind, rendering those that the cache lacks."""
    folder = cache / f"renders-{generator_digest()}"
    folder.mkdir(parents=True, exist_ok=True)
    spare = CLIP_SECONDS + _SPARE_SECONDS
    return Renders(
        tuple(_pieces(folder, "teaching", _TEACHING_SEED, teaching, spare, report)),
        tuple(_pieces(folder, "held-out", _HELD_OUT_SEED, held_out, spare, report)),
        tuple(_pieces(folder, "long", _LONG_SEED, long, _LONG_SECONDS, report)),
    )


@remembered
def generator_digest() -> str:
    """Return a name for the music that is composed now and for how it is rendered."""
    pieces = [compose(FIRST_SEED + n, style=style) for n in range(3) for style in STYLES]
    code = inspect.getsource(render) + inspect.getsource(midi) + repr(pieces)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def _pieces(
    folder: Path,
    kind: str,
    first_seed: int,
    count: int,
    seconds: float,
    report: Callable[[str], None],
) -> Iterator[Render]:
    # Piece by piece rather than style by style: a rendering that is cut off has all styles.
    wanted = [
        (name, first_seed + _SEEDS_A_STYLE * index + number, number)
        for number in range(count)
        for index, name in enumerate(STYLES)
    ]
    missing = [(name, seed, n) for name, seed, n in wanted if not _facts(folder, kind, seed)]
    for start in range(0, len(missing), _BATCH):
        report(f"Rendering {kind} pieces, {start} of {len(missing)}")
        _render(folder, kind, missing[start : start + _BATCH], seconds)
    for _, seed, _ in wanted:
        facts = _facts(folder, kind, seed)
        assert facts is not None
        yield Render(facts, folder / f"{kind}-{seed}.npy")


def _render(
    folder: Path, kind: str, wanted: Sequence[tuple[str, int, int]], seconds: float
) -> None:
    pieces = []
    for style, seed, number in wanted:
        # Every second piece has any tempo: people ask for fast ballads and slow techno.
        frames = None
        if number % 2:
            random = np.random.default_rng(seed)
            frames = int(random.integers(_FEWEST_FRAMES, _MOST_FRAMES + 1))
        pieces.append(compose(seed, style=style, seconds=seconds, beat_frames=frames))
    for piece, (style, seed, number), sound in zip(
        pieces, wanted, render.render_many(pieces), strict=True
    ):
        sounds.save(folder / f"{kind}-{seed}.npy", sound)
        facts = {
            "style": style,
            "bpm": piece.bpm,
            "tonic": piece.tonic,
            "is_minor": piece.mode == "minor",
            "has_drums": piece.drum_density != "none",
            "is_usual_tempo": number % 2 == 0,
        }
        scratch = folder / f"{kind}-{seed}.part"
        scratch.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(scratch, folder / f"{kind}-{seed}.json")


def _facts(folder: Path, kind: str, seed: int) -> Truth | None:
    """Read what is known of a piece; nothing if it has yet to be rendered."""
    file = folder / f"{kind}-{seed}.json"
    return Truth(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None
