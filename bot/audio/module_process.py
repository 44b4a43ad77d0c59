"""Run a module of our own in a subprocess, so that its work doesn't block the bot.

The launcher of untrusted programs runs it, for resource limits, low priority, and so that it ends
with the bot; without any layer of the sandbox, since code and files are ours.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.audio.untrusted import ffmpeg_decoder, sandbox
from bot.audio.untrusted.sandbox import NO_LAYERS, Limits

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A module's output, standard error and exit code."""

    output: bytes
    stderr: bytes
    code: int | None


async def run_module(module: str, given: bytes, limits: Limits) -> Answer:
    """Run a module with `given` as its standard input.

    Raises TimeoutError and kills it after the time limit.
    """
    process = await asyncio.create_subprocess_exec(
        *sandbox.command_prefix(Path(sys.executable), NO_LAYERS, limits),
        "-m", module,
        cwd=_ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limits.wall_seconds):
            output, stderr = await process.communicate(given)
    finally:
        await ffmpeg_decoder.ended(process)
    return Answer(output=output, stderr=stderr, code=process.returncode)
