from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.musicgen.baselines.mindnlp_reference import Reference
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.kernels import build

if TYPE_CHECKING:  # importing it takes seconds, and not every test needs it
    from bot.musicgen.model import Model


def pytest_configure() -> None:
    """Let MindSpore run each operation where it is called, read when it first runs one.

    MindNLP's model makes thousands of tiny ones: handing each to another thread takes five times
    their own time.
    """
    os.environ.setdefault("MS_DEV_LAUNCH_BLOCKING", "1")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Take back where a command that ran in here sent the log: that place is closed by now."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


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
def tiny_stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny checkpoint with stems; read it, never change it."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-stems"
    write_checkpoint(folder, preset("tiny-stems"))
    return folder


@pytest.fixture(scope="session")
def mono_reference(tiny_mono: Path) -> Reference:
    """Return MindNLP's own model over the tiny mono checkpoint."""
    return Reference(tiny_mono)


@pytest.fixture(scope="session")
def stereo_reference(tiny_stereo: Path) -> Reference:
    """Return MindNLP's own model over the tiny stereo checkpoint."""
    return Reference(tiny_stereo)


@pytest.fixture(scope="session")
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which this run keeps its compiled kernels."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def kernel_library(kernel_cache: Path) -> Path:
    """Return the compiled kernels."""
    return build.library(kernel_cache / "kernels")


@pytest.fixture(scope="session", params=["builtin", "kernels"])
def library(request: pytest.FixtureRequest, kernel_cache: Path) -> Path | None:
    """Return no library, which means MindSpore's own operations, then that of our kernels."""
    if request.param == "builtin":
        return None
    return build.library(kernel_cache / "kernels")


@pytest.fixture(scope="session")
def mono_model(tiny_mono: Path, kernel_cache: Path) -> Model:
    """Return the tiny mono checkpoint, ready to run for eight at once."""
    return _model(tiny_mono, kernel_cache)


@pytest.fixture(scope="session")
def stereo_model(tiny_stereo: Path, kernel_cache: Path) -> Model:
    """Return the tiny stereo checkpoint, ready to run for eight at once."""
    return _model(tiny_stereo, kernel_cache)


@pytest.fixture(scope="session")
def stems_model(tiny_stems: Path, kernel_cache: Path) -> Model:
    """Return the tiny checkpoint with stems, ready to run for eight at once."""
    return _model(tiny_stems, kernel_cache)


@pytest.fixture(scope="session", params=["mono", "stereo"])
def any_model(request: pytest.FixtureRequest) -> Model:
    """Return the mono model, then the stereo one."""
    model: Model = request.getfixturevalue(f"{request.param}_model")
    return model


@pytest.fixture(scope="session")
def any_reference(any_model: Model, request: pytest.FixtureRequest) -> Reference:
    """Return MindNLP's own model over the same checkpoint as `any_model`."""
    kind = "mono" if any_model.channels == 1 else "stereo"
    reference: Reference = request.getfixturevalue(f"{kind}_reference")
    return reference


def _model(folder: Path, cache: Path) -> Model:
    from bot.musicgen.model import load_model

    return load_model(folder, requests=8, cache=cache)
