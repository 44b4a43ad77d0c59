"""Thousands of files that are nearly right: each is heard or refused in a sentence, no more."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter

import numpy as np
import psutil
import pytest

from bot.audio import gate, sandbox, uploads
from bot.audio.uploads import Uploads
from bot.errors import SoundError
from tests.sound_files import RATE_HZ, in_every_kind

FILES = 2000
AT_ONCE = 3
CORPUS = "mutagen==1.47.0"

KNOWN = (
    gate.EMPTY, gate.NOT_SOUND, "This file says it has ", sandbox.TOO_LONG, sandbox.TOO_HUNGRY,
    sandbox.DAMAGED, sandbox.NO_TRACK, sandbox.ODD_SOUND, uploads.SILENT, uploads.TOO_SHORT,
    uploads.NOT_NUMBERS,
)  # fmt: skip


def mutated(data, dice):
    """A file with a few bytes changed, cut off, doubled or moved."""
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
                # Lengths and counts are where it hurts.
                data[place : place + 4] = dice.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
            case _:
                data[place] = dice.randrange(256)
    return bytes(data)


async def outcomes(files):
    """Read files, a few at once, and count what became of them by sentence."""
    counts: Counter[str] = Counter()
    waiting = iter(files)

    async def read_some():
        reader = Uploads(sample_rate_hz=RATE_HZ, channels=1)
        for data in waiting:
            try:
                sound = await reader.read(data, keep_seconds=10.0)
            except SoundError as error:
                (reason,) = [each for each in KNOWN if error.sentence.startswith(each)]
                counts[reason] += 1
            else:
                assert np.isfinite(sound.samples).all()
                assert sound.seconds <= 10.0
                counts["heard"] += 1

    await asyncio.gather(*(read_some() for _ in range(AT_ONCE)))
    return counts


async def test_two_thousand_changed_files_do_no_harm(tmp_path, monkeypatch):
    """No crash, no sentence that nobody wrote, no file or process left, and little memory."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    good = list(in_every_kind(1.0).values())
    dice = random.Random(7)
    before = psutil.Process().memory_info().rss
    counts = await outcomes(mutated(dice.choice(good), dice) for _ in range(FILES))
    print(counts)
    assert counts.total() == FILES
    assert len(counts) >= 4
    assert psutil.Process().memory_info().rss - before < 128 * 2**20
    assert list(tmp_path.iterdir()) == []
    assert psutil.Process().children(recursive=True) == []


def corpus(folder):
    """The sample files of a package that reads tags: odd and broken ones, by name."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("the sample files are fetched with uv, which is not here")
    done = subprocess.run(
        [uv, "tool", "run", "--from", "pip", "--with", "setuptools", "pip", "download", "-q",
         "--no-deps", "--no-build-isolation", "--no-binary", "mutagen", "-d", str(folder), CORPUS],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("the package index can't be reached, from which the sample files come")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        samples = [each for each in packed if "/tests/data/" in each.name and each.isfile()]
        return {each.name.split("/")[-1]: packed.extractfile(each).read() for each in samples}


async def test_odd_files_from_the_wild_do_no_harm(tmp_path, monkeypatch):
    """The samples that mutagen is tested with: many tags, wrong lengths, a few hostile ones."""
    (tmp_path / "corpus").mkdir()
    samples = await asyncio.to_thread(corpus, tmp_path / "corpus")
    assert len(samples) > 80
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    counts = await outcomes(samples.values())
    print(counts)
    assert counts["heard"] > 10
    assert [each.name for each in tmp_path.iterdir()] == ["corpus"]
