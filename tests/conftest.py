from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.musicgen.reference import Reference
from bot.musicgen.synthetic import preset, write_checkpoint


def pytest_configure() -> None:
    """Let MindSpore run each operation where it is called, read when it first runs one.

    MindNLP's model makes thousands of tiny ones: handing each to another thread takes five times
    their own time.
    """
    os.environ.setdefault("MS_DEV_LAUNCH_BLOCKING", "1")


@pytest.fixture(scope="session")
def tiny_mono(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny mono checkpoint; read it, never change it."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    write_checkpoint(folder, preset("tiny"))
    return folder


@pytest.fixture(scope="session")
def tiny_stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny stereo checkpoint; read it, never change it."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-stereo"
    write_checkpoint(folder, preset("tiny-stereo"))
    return folder


@pytest.fixture(scope="session")
def mono_reference(tiny_mono: Path) -> Reference:
    """Return MindNLP's own model over the tiny mono checkpoint."""
    return Reference(tiny_mono)


@pytest.fixture(scope="session")
def stereo_reference(tiny_stereo: Path) -> Reference:
    """Return MindNLP's own model over the tiny stereo checkpoint."""
    return Reference(tiny_stereo)
