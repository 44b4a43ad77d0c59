"""Change the tempo of a sound in a subprocess, so that the bot is not blocked.

Stretching holds the interpreter lock. Input and output are a line of JSON, then the samples.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import cast

import numpy as np

from bot.audio.editing.stretch import stretch
from bot.audio.module_process import ModuleFailed, run_module
from bot.audio.untrusted.sandbox import Limits
from bot.domain.generation import Samples, Sound
from bot.errors import JobError
from bot.i18n.sentence import Sentence

LOST = Sentence("This sound could not be brought to another tempo.")

_LIMITS = Limits(cpu_seconds=60, memory_bytes=2**31, processes=64, wall_seconds=120.0)

log = logging.getLogger(__name__)


async def stretch_in_process(sound: Sound, time_factor: float, module: str = __name__) -> Sound:
    """Return a sound sped up at its pitch, by a module. Raises JobError if that fails."""
    header = {
        "channels": sound.channels,
        "sample_rate_hz": sound.sample_rate_hz,
        "time_factor": time_factor,
    }
    given = json.dumps(header).encode() + b"\n" + _bytes_of(sound.samples)
    try:
        output = await run_module(module, given, _LIMITS)
    except ModuleFailed as error:
        log.error("stretch.lost %s", error)
        raise JobError(LOST) from None
    return Sound(samples=_samples_of(output, sound.channels), sample_rate_hz=sound.sample_rate_hz)


def main() -> None:
    """Read a sound from the standard input; write it, stretched, to the standard output."""
    header = json.loads(sys.stdin.buffer.readline())
    samples = _samples_of(sys.stdin.buffer.read(), header["channels"])
    sound = Sound(samples=samples, sample_rate_hz=header["sample_rate_hz"])
    made = stretch(sound, time_factor=header["time_factor"], semitones=0)
    sys.stdout.buffer.write(_bytes_of(made.samples))


def _bytes_of(samples: Samples) -> bytes:
    return np.ascontiguousarray(samples, dtype="<f4").tobytes()


def _samples_of(data: bytes, channels: int) -> Samples:
    return cast(Samples, np.frombuffer(data, "<f4").reshape(channels, -1))


if __name__ == "__main__":
    main()
