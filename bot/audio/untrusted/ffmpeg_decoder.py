"""Decode one untrusted file with ffmpeg, with tight limits and without network.

The demuxer is fixed if the kind of file is known; protocols, formats and decoders are whitelisted,
the input duration is limited, and so are processor time, memory, files, processes and wall time.
The output is a WAV stream of all channels. ffmpeg's messages are searched for a few phrases and
never shown: they quote the file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import sandbox, scratch_folder
from bot.audio.untrusted.process_group import end_process_group
from bot.audio.untrusted.sandbox import Limits, ProcessEnd, SandboxLayers
from bot.audio.untrusted.sniff import DEMUXERS, NOT_SOUND
from bot.errors import ResourceError, SoundError, ZhiyinError
from bot.i18n.sentence import Sentence
from bot.private_files import create_private_file

log = logging.getLogger(__name__)

TOO_LONG = Sentence("Reading this file took too long, so I gave up.")
TOO_HUNGRY = Sentence("Reading this file took too much memory, so I gave up.")
DAMAGED = Sentence("This file can't be read as sound: it is damaged.")
NO_TRACK = Sentence("There is no sound in this file.")
ODD_SOUND = Sentence("The sound in this file is in a format that I can't read.")
CANT_READ = Sentence(
    "I can't read any sound files right now. That is not your file's fault: my owner can find the "
    "reason with `zhiyin doctor`."
)

_CHUNK_BYTES = 2**18
_HEARD_BYTES = 2**13
_CANT_START = (126, 127)
# The kernel enforces limits by sampled time; the reported time can be a third less.
_NEARLY = 0.5

# What accepted formats contain in practice; more decoders mean more vulnerabilities.
_DECODERS = (
    "mp3,mp3float,mp2,mp2float,mp1,mp1float,aac,aac_fixed,alac,flac,vorbis,libvorbis,opus,libopus,"
    "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_s8,pcm_s16be,pcm_s24be,"
    "pcm_s32be,pcm_f32be,pcm_f64be,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt"
)

# MOV files can reference sound in other files.
_NEVER = {"mov": ("-enable_drefs", "0")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """What to decode of a file."""

    demuxer: str | None
    """None where ffmpeg may choose among the accepted kinds."""
    max_seconds: float
    sample_rate_hz: int | None = None
    """The rate that it is brought to; None is its own."""
    from_end_seconds: float | None = None
    """Where to begin, counted from the end as the file's header tells it; None is its beginning."""


def layers_here() -> SandboxLayers:
    """Return the layers of the sandbox that ffmpeg has on this machine.

    Raises ResourceError if there is no ffmpeg.
    """
    return sandbox.available_layers(find_ffmpeg())


@asynccontextmanager
async def lend_decoded(
    source: bytes | Path,
    decoding: Decoding,
    limits: Limits | None = None,
    ffmpeg: Path | None = None,
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Lend a file's decoded sound: a WAV stream of float32.

    The process and its folder are removed in any case. Raises SoundError, and ResourceError if no
    file could be decoded.
    """
    limits = limits or Limits()
    command = await asyncio.to_thread(_build_command, decoding, limits, ffmpeg)
    with ExitStack() as stack:
        with _blame_machine():
            folder = stack.enter_context(scratch_folder.lend_folder())
        process = await _start(command, folder, source)
        hearing = asyncio.create_task(_read_messages(process))
        try:
            async with asyncio.timeout(limits.wall_seconds):
                yield _read_chunks(process)
                stderr = await hearing
                await process.wait()
        except TimeoutError:
            log.info("upload.stopped limit=time")
            raise SoundError(TOO_LONG) from None
        finally:
            await end_process_group(process)
            hearing.cancel()
    if (refusal := _explain_end(sandbox.parse_end(stderr), decoding, limits)) is not None:
        raise refusal


async def _start(
    command: list[str], folder: Path, source: bytes | Path
) -> asyncio.subprocess.Process:
    with _blame_machine():
        await asyncio.to_thread(_place_source, source, folder / "sound")
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )


def _place_source(source: bytes | Path, place: Path) -> None:
    if isinstance(source, bytes):
        create_private_file(place)
        place.write_bytes(source)
        return
    # In the sandbox the superuser reads no other user's files.
    status = source.stat()
    if status.st_uid == os.geteuid() or status.st_mode & stat.S_IROTH:
        place.symlink_to(source.resolve())
    else:
        create_private_file(place)
        shutil.copyfile(source, place)


@contextmanager
def _blame_machine() -> Iterator[None]:
    """Tell the operator what the machine refuses, and the person that it is not the file."""
    try:
        yield
    except (OSError, ResourceError) as error:
        log.error("upload.cant_read %s: %s", type(error).__name__, error)
        raise ResourceError(CANT_READ) from error


async def _read_chunks(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    assert process.stdout is not None
    while chunk := await process.stdout.read(_CHUNK_BYTES):
        yield chunk


async def _read_messages(process: asyncio.subprocess.Process) -> bytes:
    """Read all that is said, lest it should wait to be heard, and keep the end."""
    assert process.stderr is not None
    stderr = b""
    while chunk := await process.stderr.read(_HEARD_BYTES):
        stderr = (stderr + chunk)[-_HEARD_BYTES:]
    return stderr


def _explain_end(end: ProcessEnd | None, decoding: Decoding, limits: Limits) -> ZhiyinError | None:
    """Return what an end means, and tell the operator what a person need not know."""
    if end is None or end.code in _CANT_START:
        log.error("upload.ffmpeg_not_started code=%s", end and end.code)
        return ResourceError(CANT_READ)
    log.debug("upload.decoder_ended cpu_seconds=%.2f peak_kb=%d", end.cpu_seconds, end.peak_kb)
    if end.signal:
        if end.signal == signal.SIGKILL and end.cpu_seconds > _NEARLY * limits.cpu_seconds:
            log.info("upload.stopped limit=processor")
            return SoundError(TOO_LONG)
        if end.signal == signal.SIGKILL:
            log.warning("upload.killed: is this machine out of memory?")
            return SoundError(TOO_HUNGRY)
        log.warning("upload.decoder_crashed signal=%d: is ffmpeg up to date?", end.signal)
        return SoundError(DAMAGED)
    if end.code == 0:
        return None
    if b"Cannot allocate memory" in end.stderr:
        log.info("upload.stopped limit=memory")
        return SoundError(TOO_HUNGRY)
    if b"matches no streams" in end.stderr:
        return SoundError(NO_TRACK)
    if b"Error while opening decoder" in end.stderr and b"not on whitelist" in end.stderr:
        return SoundError(ODD_SOUND)
    return SoundError(NOT_SOUND if decoding.demuxer is None else DAMAGED)


def _build_command(decoding: Decoding, limits: Limits, ffmpeg: Path | None) -> list[str]:
    with _blame_machine():
        ffmpeg = ffmpeg or find_ffmpeg()
        layers = sandbox.available_layers(ffmpeg)
    kind = [] if decoding.demuxer is None else ["-f", decoding.demuxer]
    start = []
    if decoding.from_end_seconds is not None:
        start = ["-sseof", f"{-decoding.from_end_seconds:.6f}"]
    # Of files that are joined a later one may have more channels than the first.
    resampling = "aresample=rematrix_maxval=1"
    if decoding.sample_rate_hz is not None:
        resampling += f":out_sample_rate={decoding.sample_rate_hz}:filter_size=64:cutoff=0.97"
    return [
        *sandbox.command_prefix(ffmpeg, layers, limits),
        "-nostdin", "-hide_banner", "-loglevel", "error",
        "-protocol_whitelist", "file,pipe",
        "-format_whitelist", decoding.demuxer or ",".join(DEMUXERS),
        "-codec_whitelist", _DECODERS,
        "-threads", "1", *start, "-t", f"{decoding.max_seconds:.6f}",
        *_NEVER.get(decoding.demuxer or "", ()), *kind, "-i", "file:sound",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1",
        "-af", resampling, "-c:a", "pcm_f32le", "-fflags", "+bitexact", "-f", "wav", "pipe:1",
    ]  # fmt: skip
