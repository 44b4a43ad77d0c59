"""ffmpeg, once, for one strange file: a short life, no network, and little of everything.

The kind of the file is told to it, protocols and formats are whitelisted, the time is cut on the
way in, and processor, memory, files and wall time are limited. What comes out is raw sound.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.errors import ResourceError, SoundError

TOO_LONG = "Reading this file took too long, so it was given up."
DAMAGED = "This file can't be read as sound: it is damaged."

_JAIL = Path(__file__).with_name("jail.py")
_CPU_SECONDS = 10
_MEMORY_BYTES = 2**30
_WALL_SECONDS = 30.0
_CHUNK_BYTES = 2**18
_OLDEST_FFMPEG = 5
_CANT_START = (126, 127)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """What is wanted of a file."""

    demuxer: str
    sample_rate_hz: int
    channels: int
    max_seconds: float


@cache
def find_ffmpeg() -> Path:
    """Return the system's ffmpeg if it is recent enough, or else the one installed with us.

    Raises ResourceError where there is neither.
    """
    system = shutil.which("ffmpeg")
    if system is not None and _version(system) >= _OLDEST_FFMPEG:
        return Path(system)
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise ResourceError(
            "There is no ffmpeg here, which reads the sound that people send: install it with your "
            "system's package manager (`apt install ffmpeg`)."
        ) from None


@cache
def network_is_cut() -> bool:
    """Tell whether this machine lets a process be cut off from the network."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    done = subprocess.run(  # noqa: S603 - our own arguments
        [unshare, "--map-root-user", "--net", "true"], capture_output=True, check=False
    )
    return done.returncode == 0


@asynccontextmanager
async def decoded(data: bytes, decoding: Decoding) -> AsyncIterator[AsyncIterator[bytes]]:
    """Lend a file's sound as it is decoded: float32, channels side by side.

    Whatever happens the process is gone afterwards, and its folder. Raises SoundError.
    """
    command = await asyncio.to_thread(_command, decoding)
    with tempfile.TemporaryDirectory(prefix="zhiyin-upload-") as folder:
        await asyncio.to_thread(Path(folder, "sound").write_bytes, data)
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": folder},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_WALL_SECONDS):
                yield _chunks(process)
                code = await process.wait()
        except TimeoutError:
            raise SoundError(TOO_LONG) from None
        finally:
            await _ended(process)
    if code in _CANT_START:
        raise ResourceError("ffmpeg can't be started here: `zhiyin doctor` tells more.")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise SoundError(TOO_LONG)
    if code:
        raise SoundError(DAMAGED)


async def _chunks(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    assert process.stdout is not None
    while chunk := await process.stdout.read(_CHUNK_BYTES):
        yield chunk


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it may have ended by itself in the meantime
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _command(decoding: Decoding) -> list[str]:
    limits = f"{_CPU_SECONDS},{_MEMORY_BYTES},0"
    command = [sys.executable, "-I", "-S", str(_JAIL), limits]
    if network_is_cut():
        command += [str(shutil.which("unshare")), "--map-root-user", "--net", "--"]
    rate, channels = decoding.sample_rate_hz, decoding.channels
    return [
        *command, str(find_ffmpeg()),
        "-nostdin", "-hide_banner", "-loglevel", "quiet",
        "-protocol_whitelist", "file,pipe", "-format_whitelist", decoding.demuxer,
        "-threads", "1", "-t", f"{decoding.max_seconds:g}",
        "-f", decoding.demuxer, "-i", "file:sound",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1",
        "-af", f"aresample={rate}:filter_size=64:cutoff=0.97",
        "-ac", str(channels), "-ar", str(rate), "-f", "f32le", "pipe:1",
    ]  # fmt: skip


def _version(ffmpeg: str) -> int:
    done = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"ffmpeg version n?(\d+)", done.stdout)
    return int(found[1]) if found else 0
