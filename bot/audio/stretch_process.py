"""Make a sound faster or slower in a process of its own, where others must not wait for it.

Stretching keeps the interpreter for itself: a thread of the bot would keep all others from running.
What goes in and out is a line of JSON, then the samples.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import cast

import numpy as np

from bot.audio.editing.stretch import stretch
from bot.audio.untrusted import ffmpeg_decoder, isolation
from bot.audio.untrusted.isolation import NO_ISOLATION, Limits
from bot.domain.generation import Samples, Sound
from bot.errors import JobError
from bot.i18n.sentence import Sentence

LOST = Sentence("This sound could not be brought to another tempo.")

_LIMITS = Limits(cpu_seconds=60, memory_bytes=2**31, processes=64, wall_seconds=120.0)
_ROOT = Path(__file__).parents[2]

log = logging.getLogger(__name__)


async def stretch_apart(sound: Sound, time_factor: float) -> Sound:
    """Return a sound faster by a factor, at its pitch. Raises JobError where it can't be made."""
    told = {
        "channels": sound.channels,
        "sample_rate_hz": sound.sample_rate_hz,
        "time_factor": time_factor,
    }
    process = await asyncio.create_subprocess_exec(
        *isolation.isolate(Path(sys.executable), NO_ISOLATION, _LIMITS),
        "-m", __name__,
        cwd=_ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_LIMITS.wall_seconds):
            given = json.dumps(told).encode() + b"\n" + _bytes_of(sound.samples)
            answer, said = await process.communicate(given)
    except TimeoutError:
        raise JobError(LOST) from None
    finally:
        await ffmpeg_decoder.ended(process)
    if process.returncode or not answer:
        log.error("stretch.lost said=%r", said[-2000:])
        raise JobError(LOST)
    return Sound(samples=_samples_of(answer, sound.channels), sample_rate_hz=sound.sample_rate_hz)


def main() -> None:
    """Read a sound from the standard input; write it, stretched, to the standard output."""
    told = json.loads(sys.stdin.buffer.readline())
    samples = _samples_of(sys.stdin.buffer.read(), told["channels"])
    sound = Sound(samples=samples, sample_rate_hz=told["sample_rate_hz"])
    made = stretch(sound, time_factor=told["time_factor"], semitones=0)
    sys.stdout.buffer.write(_bytes_of(made.samples))


def _bytes_of(samples: Samples) -> bytes:
    return np.ascontiguousarray(samples, dtype="<f4").tobytes()


def _samples_of(data: bytes, channels: int) -> Samples:
    return cast(Samples, np.frombuffer(data, "<f4").reshape(channels, -1))


if __name__ == "__main__":
    main()
