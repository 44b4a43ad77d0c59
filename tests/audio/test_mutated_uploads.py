"""Hundreds of slightly damaged files: each is decoded, or refused with a known sentence.

`python -m tests.fuzz.mutate_uploads --files 2000` is the long form.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tarfile
import tempfile

import psutil
import pytest

from tests.fuzz.mutate_uploads import SYSTEM_SHARE, mutations, read_all
from tests.support.leftover_processes import children

FILES = 120
CORPUS = "mutagen==1.47.0"


async def test_mutated_files_are_decoded_or_refused_safely(tmp_path, monkeypatch):
    """No crash, no unknown sentence, no file or process left, and little memory."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = psutil.Process().memory_info().rss
    outcomes = await read_all(mutations(FILES, seed=7), system_share=SYSTEM_SHARE)
    print(outcomes.counts)
    assert outcomes.counts.total() == FILES
    assert len(outcomes.counts) >= 4
    assert max(outcomes.peaks_kb) < 2**20
    assert psutil.Process().memory_info().rss - before < 128 * 2**20
    assert list(tmp_path.iterdir()) == []
    assert children() == []


def corpus(folder):
    """Return mutagen's sample files by name, which are unusual and damaged ones."""
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


async def test_malformed_real_files_are_decoded_or_refused_safely(tmp_path, monkeypatch):
    """mutagen's samples have many tags, wrong lengths, and a few are hostile."""
    (tmp_path / "corpus").mkdir()
    samples = await asyncio.to_thread(corpus, tmp_path / "corpus")
    assert len(samples) > 80
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    outcomes = await read_all(samples.values())
    print(outcomes.counts)
    assert outcomes.counts["heard"] > 10
    assert [each.name for each in tmp_path.iterdir()] == ["corpus"]
