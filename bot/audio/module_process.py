"""Run a module of our own in a subprocess, so that its work doesn't block the bot.

The launcher of untrusted programs runs it, for resource limits, low priority, and so that it ends
with the bot; without any layer of the sandbox, since code and files are ours.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot.audio.untrusted import sandbox
from bot.audio.untrusted.process_group import end_process_group
from bot.audio.untrusted.sandbox import NO_LAYERS, Limits

_ROOT = Path(__file__).parents[2]
_TOLD_BYTES = 2000


class ModuleFailed(Exception):
    """A module that did not end well, so that its output, if any, is not whole."""


async def run_module(module: str, given: bytes, limits: Limits) -> bytes:
    """Return the output of a module with `given` as its standard input.

    Raises ModuleFailed, with how it ended, unless it ends by itself and with exit code 0; after the
    time limit it is killed.
    """
    try:
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
    except OSError as error:
        raise ModuleFailed(f"not started: {error}") from error
    try:
        async with asyncio.timeout(limits.wall_seconds):
            output, stderr = await process.communicate(given)
    except TimeoutError:
        raise ModuleFailed(f"killed after {limits.wall_seconds} s") from None
    finally:
        await end_process_group(process)
    # The launcher's own exit code says nothing of the module's.
    end = sandbox.parse_end(stderr)
    if end is None or (end.code, end.signal) != (0, 0):
        how = "not started" if end is None else f"code={end.code} signal={end.signal}"
        raise ModuleFailed(f"{how} stderr={stderr[-_TOLD_BYTES:]!r}")
    return output
