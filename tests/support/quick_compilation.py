"""Faster compilation of the kernels, for tests that need only some, or less optimized ones."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.musicgen.kernels import build

CODEC = {"codec.cc", "lstm.cc", "sound.cc"}
"""The files of the codec's kernels, which take longer to compile than all others."""


def flags_with(optimization: str) -> tuple[str, ...]:
    """Return the default flags with less optimization, such as "-O1"."""
    return tuple(optimization if flag == "-O3" else flag for flag in build.FLAGS)


def compile_decoder(folder: Path, command: Sequence[str], optimization: str) -> Path:
    """Compile the decoder's kernels only; return the library."""
    sources = [file for file in Path(build.__file__).parent.glob("*.cc") if file.name not in CODEC]
    library = folder / "decoder.so"
    subprocess.run(
        [*command, *flags_with(optimization), *map(str, sorted(sources)), "-o", str(library)],
        check=True,
        capture_output=True,
    )
    return library
