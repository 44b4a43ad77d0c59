"""End a launcher with all that it started, whatever is in its pipes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress

_LAUNCHER_ENDS_SECONDS = 2.0

log = logging.getLogger(__name__)


async def end_process_group(process: asyncio.subprocess.Process) -> None:
    """End a launcher, and all of its group, and close its pipes."""
    # Where no filter keeps its program from it, that has put processes into other groups, and the
    # launcher ends those.
    with suppress(ProcessLookupError):
        process.terminate()
    # asyncio waits until all pipes are at their end, which one that nobody reads never is.
    transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]
    for number in (1, 2):
        if (pipe := transport.get_pipe_transport(number)) is not None:
            pipe.close()
    if isinstance(ear := transport.get_pipe_transport(0), asyncio.WriteTransport):
        # What was not sent yet never is.
        (ear.abort if ear.get_write_buffer_size() else ear.close)()
    try:
        async with asyncio.timeout(_LAUNCHER_ENDS_SECONDS):
            await process.wait()
    except TimeoutError:
        log.warning("upload.launcher_hangs")
    finally:
        # Even when the first of them has ended.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
