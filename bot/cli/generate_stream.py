"""`zhiyin generate --stream -o -`: sound on standard output while it is generated."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.audio.files.wav_stream import WavStream
from bot.cli.generate_plan import Plan
from bot.cli.interrupts import Interrupts


@contextmanager
def open_stream(plan: Plan, interrupts: Interrupts) -> Iterator[WavStream | None]:
    """Yield the requested stream, or None. Raises BrokenPipeError if the reader exits."""
    if not plan.is_streamed:
        yield None
        return
    with _claimed_stdout() as write:
        try:
            yield WavStream(write, sample_rate_hz=plan.sample_rate_hz, channels=plan.channels)
        except BrokenPipeError:
            # A Ctrl-C in the terminal also ends the player, possibly first.
            interrupts.check()
            raise


@contextmanager
def _claimed_stdout() -> Iterator[Callable[[bytes], None]]:
    """Yield a writer to standard output, and redirect everything printed to standard error.

    Libraries print to standard output, which would be noise between the samples.
    """
    sys.stdout.flush()
    # Unbuffered, so that nothing is left to flush into a broken pipe.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as out:

        def write(data: bytes) -> None:
            left = memoryview(data)
            while left:
                left = left[out.write(left) :]

        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            yield write
        finally:
            sys.stdout.flush()
            os.dup2(out.fileno(), sys.stdout.fileno())
