"""The files that `zhiyin generate` writes its clips to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def choose_files(out: Path | None, seeds: Sequence[int]) -> list[Path]:
    """Return a file for each seed: the one that was named, numbered ones, or unused names."""
    if out is None:
        return [_unused(f"zhiyin-{seed}") for seed in seeds]
    if len(seeds) == 1:
        return [out]
    return [out.with_stem(f"{out.stem}-{take}") for take in range(1, len(seeds) + 1)]


def _unused(stem: str) -> Path:
    """Return an unused file name: only a name given by the user is overwritten."""
    path, count = Path(f"{stem}.mp3"), 1
    while path.exists():
        count += 1
        path = Path(f"{stem}-{count}.mp3")
    return path
