"""Rendered pieces on disk: 16-bit sound, one file a piece, drawn from in random stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_FULL_SCALE = 32767.0


def save(path: Path, sound: Sound) -> None:
    """Write sound in [-1, 1] so that an interrupted run leaves no half a file."""
    scratch = path.with_suffix(".part")
    with scratch.open("wb") as file:
        np.save(file, np.round(sound * _FULL_SCALE).astype(np.int16))
    scratch.rename(path)


def load(path: Path) -> Sound:
    """Read a whole piece."""
    sound: Sound = np.load(path).astype(np.float32) / np.float32(_FULL_SCALE)
    return sound


def stretches(
    files: Sequence[Path], samples: int, batch: int, random: np.random.Generator
) -> Iterator[Sound]:
    """Draw batches [batch, samples] for ever, at random places of random pieces and gains."""
    pieces = [np.load(file, mmap_mode="r") for file in files]
    while True:
        rows = []
        for _ in range(batch):
            piece = pieces[random.integers(len(pieces))]
            start = int(random.integers(len(piece) - samples))
            gain = 10 ** (random.uniform(-4.0, 2.0) / 20) / _FULL_SCALE
            rows.append(piece[start : start + samples].astype(np.float32) * np.float32(gain))
        yield np.clip(np.stack(rows), -1, 1)
