"""Flags that compile the kernels in half the time, for tests in which they hardly run."""

from __future__ import annotations

from bot.musicgen.kernels import build

QUICK_FLAGS = tuple("-O0" if flag == "-O3" else flag for flag in build.FLAGS)
