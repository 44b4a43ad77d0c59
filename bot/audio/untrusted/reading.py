"""Read a file's sound through the sandboxed decoder: its audible end, its start, or a part.

Only the wanted part is held in memory, however long the file is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from bot.audio.mixing import mix_channels, turn_down
from bot.audio.untrusted import ffmpeg_decoder
from bot.audio.untrusted.collectors import MOST_PART_MINUTES, Collector, PartCollector
from bot.audio.untrusted.decoded_stream import DecodedStream, StreamFormat
from bot.audio.untrusted.ffmpeg_decoder import Decoding
from bot.audio.untrusted.sandbox import Limits
from bot.audio.untrusted.sounding_end import SoundingEnd, first_sounding_frame
from bot.domain.generation import Samples, Sound
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

NO_SOUND = ffmpeg_decoder.NO_TRACK
SILENT = Sentence("Only silence can be heard in this file.")
TOO_SHORT = Sentence("This is shorter than a tenth of a second.")
NOT_NUMBERS = Sentence("This file is damaged: it has samples that are not numbers.")
VERY_LONG = Sentence(
    "This file is longer than {hours} hours. Please cut out the part that you mean."
)

MOST_HOURS = 3
"""How much of a file is listened to at all."""

_SOON_SECONDS = 600.0
"""A file that is over by then is read from its beginning to its end."""

_LEAD_SECONDS = 90.0
"""How long before the wanted end a longer one is entered: headers tell lengths only roughly."""

_SILENT_START_SECONDS = 60.0
_REST_SECONDS = 0.5
_BLOCKS_PER_SECOND = 10
_MIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is read."""

    demuxer: str | None
    channels: int
    """The most channels that are wanted, 1 or 2."""
    doubles_mono: bool = True
    """Whether one channel becomes as many as are wanted."""
    sample_rate_hz: int | None = None
    """None is the file's own."""
    limits: Limits | None = None
    ffmpeg: Path | None = None


@dataclass(frozen=True, slots=True)
class FileEnd:
    """The end of a file, as far as it sounds."""

    sound: Sound
    is_cut: bool
    """Whether silence after it was left out."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a file."""

    sound: Sound
    start_seconds: float
    """Where in the file it begins."""
    file_seconds: float
    """How long the file is, or as much of it as was read."""


async def read_end(source: bytes | Path, reading: Reading, *, keep_seconds: float) -> FileEnd:
    """Return the end of what sounds in a file, `keep_seconds` at most.

    Raises SoundError, with the sentence to show, and ResourceError where no file can be read.
    """

    def begin(form: StreamFormat) -> SoundingEnd:
        rate_hz = form.sample_rate_hz
        return SoundingEnd(
            max(1, round(keep_seconds * rate_hz)),
            block_frames=max(1, rate_hz // _BLOCKS_PER_SECOND),
            rest_frames=round(min(_REST_SECONDS, keep_seconds / 2) * rate_hz),
        )

    form, heard = await _collect(source, reading, begin, _SOON_SECONDS)
    if heard.frames >= _SOON_SECONDS * form.sample_rate_hz:
        entered = await _enter_near_end(source, reading, begin, keep_seconds)
        if entered is None:
            form, heard = await _collect(source, reading, begin, MOST_HOURS * 3600.0)
        else:
            form, heard = entered
    if heard.frames >= MOST_HOURS * 3600.0 * form.sample_rate_hz:
        raise SoundError(VERY_LONG.fill(hours=MOST_HOURS))
    samples = heard.samples()
    if heard.frames < _MIN_SECONDS * form.sample_rate_hz:
        raise SoundError(TOO_SHORT)
    if samples is None:
        raise SoundError(SILENT)
    return FileEnd(_sound_of(samples, form, reading), is_cut=heard.cut_frames > 0)


async def read_start(source: bytes | Path, reading: Reading, *, keep_seconds: float) -> Sound:
    """Return the start of a file from where it sounds, `keep_seconds` at most.

    Raises SoundError and ResourceError as `read_end` does, also where it begins with more than a
    minute of silence.
    """
    most_seconds = keep_seconds + _SILENT_START_SECONDS
    part = await read_part(source, reading, start_seconds=0, end_seconds=most_seconds)
    sound = part.sound
    begin = first_sounding_frame(sound.samples, max(1, sound.sample_rate_hz // _BLOCKS_PER_SECOND))
    if begin is None:
        raise SoundError(SILENT)
    stop = begin + max(1, round(keep_seconds * sound.sample_rate_hz))
    return replace(sound, samples=np.ascontiguousarray(sound.samples[:, begin:stop]))


async def read_part(
    source: bytes | Path, reading: Reading, *, start_seconds: float, end_seconds: float | None
) -> FilePart:
    """Return the part of a file between two places.

    Raises SoundError and ResourceError as `read_end` does, and SoundError for a long part.
    """

    def begin(form: StreamFormat) -> PartCollector:
        rate_hz = form.sample_rate_hz
        end = None if end_seconds is None else round(end_seconds * rate_hz)
        return PartCollector(round(start_seconds * rate_hz), end, MOST_PART_MINUTES * 60 * rate_hz)

    most_seconds = MOST_HOURS * 3600.0 if end_seconds is None else end_seconds + 1
    form, part = await _collect(source, reading, begin, most_seconds)
    if end_seconds is None and part.frames >= most_seconds * form.sample_rate_hz:
        raise SoundError(VERY_LONG.fill(hours=MOST_HOURS))
    if part.frames < _MIN_SECONDS * form.sample_rate_hz:
        raise SoundError(TOO_SHORT)
    sound = _sound_of(part.samples(form.channels), form, reading)
    start = min(part.start, part.frames) / form.sample_rate_hz
    return FilePart(sound, start, part.frames / form.sample_rate_hz)


_Collected = TypeVar("_Collected", bound=Collector)


async def _enter_near_end(
    source: bytes | Path,
    reading: Reading,
    begin: Callable[[StreamFormat], SoundingEnd],
    keep_seconds: float,
) -> tuple[StreamFormat, SoundingEnd] | None:
    """Read the last minutes only; None where that doesn't reach what is wanted."""
    try:
        form, heard = await _collect(
            source, reading, begin, _SOON_SECONDS, from_end_seconds=keep_seconds + _LEAD_SECONDS
        )
    except SoundError:
        return None  # some kinds can't be entered in the middle
    if heard.frames >= _SOON_SECONDS * form.sample_rate_hz:
        return None
    reached = heard.frames - heard.cut_frames >= keep_seconds * form.sample_rate_hz
    return (form, heard) if reached and heard.samples() is not None else None


async def _collect(
    source: bytes | Path,
    reading: Reading,
    begin: Callable[[StreamFormat], _Collected],
    max_seconds: float,
    from_end_seconds: float | None = None,
) -> tuple[StreamFormat, _Collected]:
    """Decode and have all that comes collected. Raises SoundError where nothing does."""
    decoding = Decoding(
        demuxer=reading.demuxer,
        max_seconds=max_seconds,
        sample_rate_hz=reading.sample_rate_hz,
        from_end_seconds=from_end_seconds,
    )
    collected = None
    lent = ffmpeg_decoder.lend_decoded(source, decoding, reading.limits, reading.ffmpeg)
    async with lent as chunks:
        stream = DecodedStream(chunks)
        try:
            form = await stream.read_format()
        except ValueError:
            log.warning("upload.odd_stream: is ffmpeg up to date?")
            raise SoundError(ffmpeg_decoder.DAMAGED) from None
        if form is not None:
            collected = begin(form)
            most = round((max_seconds + 1) * form.sample_rate_hz)
            async for block in stream.blocks(max(1, form.sample_rate_hz // _BLOCKS_PER_SECOND)):
                collected.add(block)
                if collected.frames > most:
                    log.info("upload.stopped limit=output")
                    raise SoundError(ffmpeg_decoder.TOO_LONG)
    if form is None or collected is None or not collected.frames:
        raise SoundError(NO_SOUND)
    return form, collected


def _sound_of(samples: Samples, form: StreamFormat, reading: Reading) -> Sound:
    if not np.isfinite(samples).all():
        raise SoundError(NOT_NUMBERS)
    channels = reading.channels if reading.doubles_mono else min(reading.channels, len(samples))
    mixed = turn_down(mix_channels(samples, channels, form.speakers))
    return Sound(
        samples=np.ascontiguousarray(mixed, dtype=np.float32), sample_rate_hz=form.sample_rate_hz
    )
