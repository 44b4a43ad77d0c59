"""Read the tags of an untrusted file in a limited subprocess.

The reader is pure Python: a file can keep it busy, but not take it over. Tags can be forged; what
is returned is what the file says.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from bot.audio.files.codes import as_text, from_text, pack_codes
from bot.audio.files.tags import from_json, read_codes, read_tags, to_json
from bot.audio.untrusted import ffmpeg_decoder, sandbox
from bot.audio.untrusted.launcher import CANT_RUN, NOT_FOUND
from bot.audio.untrusted.process_group import end_process_group
from bot.audio.untrusted.sandbox import Limits
from bot.domain.clips import Tags
from bot.domain.generation import Codes
from bot.errors import ResourceError

# A file has ten megabytes at most, and nothing in it is to become many times that.
_LIMITS = Limits(cpu_seconds=5, memory_bytes=2**28, processes=16, wall_seconds=15.0)
_MOST_ANSWER_BYTES = 2**16
_MOST_CODES_BYTES = 2**20
_TAIL_BYTES = 500
"""Of what is said on standard error: its end, where the launcher reports."""
_CODES = "codes"


@dataclass(frozen=True, slots=True)
class ReaderProgram:
    """The module that is run to look at a file, and the folder that it is found from."""

    module: str = "bot.audio.untrusted.tags"
    root: Path = Path(__file__).parents[3]


_READER = ReaderProgram()

log = logging.getLogger(__name__)


async def read_untrusted_tags(
    data: bytes, limits: Limits = _LIMITS, reader: ReaderProgram = _READER
) -> Tags | None:
    """Return what a file says of how it was made; None where it says nothing, or takes too long."""
    answer = await _ask_reader(data, [], limits, _MOST_ANSWER_BYTES, reader)
    return None if answer is None else from_json(answer)


async def read_untrusted_codes(
    data: bytes, limits: Limits = _LIMITS, reader: ReaderProgram = _READER
) -> Codes | None:
    """Return the codes that a file says are its; None where it says none, or takes too long."""
    answer = await _ask_reader(data, [_CODES], limits, _MOST_CODES_BYTES, reader)
    return None if answer is None else from_text(answer.decode("ascii", errors="replace"))


async def _ask_reader(
    data: bytes, arguments: list[str], limits: Limits, most_bytes: int, reader: ReaderProgram
) -> bytes | None:
    """Have a process look at a file; return its answer, None for none and for too much of one.

    Raises ResourceError where no process could look at it.
    """
    # Python needs its own files: the sandbox leaves them open.
    layers = replace(await asyncio.to_thread(ffmpeg_decoder.layers_here), files=False)
    try:
        process = await asyncio.create_subprocess_exec(
            *sandbox.command_prefix(Path(sys.executable), layers, limits),
            "-m", reader.module, *arguments,
            cwd=reader.root,
            env={"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        log.error("tags.not_read %s: %s", type(error).__name__, error)
        raise ResourceError(ffmpeg_decoder.CANT_READ) from error
    try:
        async with asyncio.timeout(limits.wall_seconds):
            answer = await _hand_over(process, data, most_bytes)
            if not answer:
                await _check_that_it_ran(process)
    except TimeoutError:
        return None
    finally:
        await end_process_group(process)
    return answer if 0 < len(answer) <= most_bytes else None


async def _check_that_it_ran(process: asyncio.subprocess.Process) -> None:
    """Raise ResourceError where the launcher could not start what reads the file."""
    assert process.stderr is not None
    stderr = b""
    while more := await process.stderr.read(_TAIL_BYTES):
        stderr = (stderr + more)[-_TAIL_BYTES:]
    end = sandbox.parse_end(stderr)
    if end is None or end.code in (CANT_RUN, NOT_FOUND):
        log.error("tags.not_read stderr=%r", stderr)
        raise ResourceError(ffmpeg_decoder.CANT_READ)


async def _hand_over(process: asyncio.subprocess.Process, data: bytes, most_bytes: int) -> bytes:
    """Hand a file over and return what is said of it, little more than may be said at most."""
    assert process.stdin is not None
    assert process.stdout is not None
    # Not waited for: who says too much may never come to hear all of it.
    process.stdin.write(data)
    process.stdin.close()
    answer = b""
    while more := await process.stdout.read(most_bytes + 1 - len(answer)):
        answer += more
    return answer


def main() -> None:
    """Read a file from the standard input and write its tags, or codes, to the standard output."""
    data = sys.stdin.buffer.read()
    if sys.argv[1:] == [_CODES]:
        codes = read_codes(data)
        packed = None if codes is None else pack_codes(codes)
        if packed is not None:
            sys.stdout.write(as_text(packed))
        return
    tags = read_tags(data)
    if tags is not None:
        sys.stdout.write(to_json(tags))


if __name__ == "__main__":
    main()
