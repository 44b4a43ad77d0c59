"""Read thousands of slightly damaged sound files, and report the results.

    python -m tests.fuzz.mutate_uploads --files 2000

Every file is of an accepted format, with a few bytes changed, removed, doubled or moved, and is
decoded as an upload. The seed determines the files.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil

from bot.audio.untrusted import ffmpeg_decoder, reading, sniff
from bot.audio.untrusted.uploads import Uploads
from bot.errors import SoundError
from tests.support.sound_files import RATE_HZ, in_every_kind

SYSTEM_SHARE = 8
"""One of so many files is for the system's ffmpeg, which takes longer to start than to read."""

KNOWN = (
    str(sniff.EMPTY), str(sniff.NOT_SOUND), "This file says it has ", str(ffmpeg_decoder.TOO_LONG),
    str(ffmpeg_decoder.TOO_HUNGRY),
    str(ffmpeg_decoder.DAMAGED), str(ffmpeg_decoder.NO_TRACK), str(ffmpeg_decoder.ODD_SOUND),
    str(reading.SILENT), str(reading.TOO_SHORT),
    str(reading.NOT_NUMBERS), "This file is longer than ",
)  # fmt: skip


@dataclass
class Outcomes:
    """The results by sentence, and the memory used."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    peaks_kb: list[int] = field(default_factory=list)


class Peaks(logging.Handler):
    """Records how much memory each decoder took."""

    def __init__(self, outcomes):
        super().__init__()
        self.outcomes = outcomes

    def emit(self, record):
        if isinstance(record.args, tuple) and str(record.msg).startswith("upload.decoder_ended"):
            self.outcomes.peaks_kb.append(record.args[1])


def mutations(files, seed):
    """Yield so many files with a few bytes changed, removed, doubled or moved."""
    good = list(in_every_kind(1.0).values())
    dice = random.Random(seed)
    for _ in range(files):
        yield mutated(dice.choice(good), dice)


def mutated(data, dice):
    """Return a slightly damaged file."""
    data = bytearray(data)
    if dice.random() < 0.15:
        del data[dice.randrange(len(data)) :]
    for _ in range(dice.choice((1, 1, 8, 64))):
        if not data:
            break
        place = dice.randrange(len(data))
        match dice.randrange(6):
            case 0 | 1:
                del data[place : place + dice.randrange(1, 64)]
            case 2:
                data[place:place] = data[: dice.randrange(64)]
            case 3:
                # Mostly in the lengths and counts of headers.
                data[place : place + 4] = dice.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
            case _:
                data[place] = dice.randrange(256)
    return bytes(data)


async def read_all(files, *, at_once=3, system_share=1):
    """Read files, a few at once, and return the results.

    Any failure other than a known sentence is raised.
    """
    outcomes = Outcomes()
    waiting = enumerate(files)
    ours = Path(imageio_ffmpeg.get_ffmpeg_exe())

    async def read_some():
        readers = [
            Uploads(sample_rate_hz=RATE_HZ, channels=1, ffmpeg=ffmpeg) for ffmpeg in (None, ours)
        ]
        for number, data in waiting:
            began = time.perf_counter()
            outcome = await became_of(readers[number % system_share != 0], data)
            outcomes.seconds.append(time.perf_counter() - began)
            outcomes.counts[outcome] += 1

    log = logging.getLogger(ffmpeg_decoder.__name__)
    handler, level = Peaks(outcomes), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(read_some())
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    return outcomes


async def became_of(reader, data):
    """Return 'heard', or the sentence that a file was refused with."""
    try:
        sound = await reader.read(data, keep_seconds=10.0)
    except SoundError as error:
        (reason,) = [each for each in KNOWN if str(error.sentence).startswith(each)]
        return reason
    assert np.isfinite(sound.samples).all()
    assert sound.seconds <= 10.0
    return "heard"


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz.mutate_uploads", description=__doc__
    )
    parser.add_argument("--files", type=int, default=2000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="which ones (%(default)s)")
    parser.add_argument("--at-once", type=int, default=3, help="at a time (%(default)s)")
    args = parser.parse_args()
    before, began = psutil.Process().memory_info().rss, time.perf_counter()
    outcomes = asyncio.run(read_all(mutations(args.files, args.seed), at_once=args.at_once))
    took = time.perf_counter() - began
    for reason, count in outcomes.counts.most_common():
        print(f"{count:6}  {reason}")
    seconds, peaks_mb = np.array(outcomes.seconds), np.array(outcomes.peaks_kb) / 2**10
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{len(seconds)} files in {took:.0f} s, {args.at_once} at a time, seed {args.seed}")
    print(f"a file: median {np.median(seconds):.3f} s, longest {seconds.max():.3f} s")
    print(f"a decoder's memory: median {np.median(peaks_mb):.0f} MB, most {peaks_mb.max():.0f} MB")
    print(f"the bot's memory grew by {grown:.0f} MB")


if __name__ == "__main__":
    main()
