from __future__ import annotations

import fcntl
import gc
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from bot.log import OWN_LOGGERS
from bot.musicgen.baselines.mindnlp_reference import Reference
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.kernels import build

if TYPE_CHECKING:  # importing it takes seconds, and not every test needs it
    from bot.musicgen.model import Model


settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# Tests that load models with MindNLP run in one process, so that only that one imports it.
WITH_REFERENCE = (
    "musicgen/test_engine.py",
    "musicgen/test_codec.py",
    "musicgen/test_device.py",
    "musicgen/test_engine_melody.py",
    "musicgen/test_engine_stems.py",
    "musicgen/test_reference.py",
    "musicgen/test_text_encoder.py",
    "musicgen/test_checkpoint.py",
    "musicgen/test_packed_cache.py",
    "models/test_opening.py",
    "starter/test_starter.py",
    "starter/test_export.py",
)

# Tests that run PyTorch run in one process, so that only that one starts the process importing it
# (tests/support/training_environment.py).
WITH_TRAINING = (
    "starter/test_training.py",
    "starter/test_gate_pretraining.py",
    "starter/test_codec_fitting.py",
    "starter/test_loader.py",
    "starter/test_language.py",
    "starter/test_recording.py",
    "starter/test_restore.py",
    "starter/test_batch_mixing.py",
    "starter/test_grain_decoder.py",
    "starter/test_synthesizer.py",
    "starter/test_windows.py",
)

# Slow files: started first, so that no process is left with one at the end.
SLOWEST = (
    *WITH_REFERENCE,
    *WITH_TRAINING,
    "demo/test_walks.py",
    "pipeline/test_failpoints.py",
    "demo/test_jam.py",
    "inference/test_executor.py",
    "inference/test_worker_failures.py",
    "musicgen/test_precision.py",
    "cogs/wire/test_delivery.py",
    "cogs/test_delivery.py",
    "cogs/test_battle.py",
    "cogs/test_battle_entries.py",
    "cogs/test_battle_outcomes.py",
    "cogs/wire/test_gateway.py",
    "starter/test_evaluation.py",
    "musicgen/test_kernels.py",
    "audio/test_post.py",
    "audio/test_uploads.py",
    "cogs/requests/test_refused_uploads.py",
    "cli/test_generate_stems.py",
    "cli/test_process.py",
    "cli/test_demo.py",
    "app/test_signals.py",
    "soak/test_soak.py",
)


class Distribution(LoadFileScheduling):
    """A file's tests run in one process; those with MindNLP, or PyTorch, count as one file."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if file.endswith(WITH_REFERENCE):
            return "the reference"
        return "the training" if file.endswith(WITH_TRAINING) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Distribution | None:
    """Distribute the tests over the processes, unless another mode is requested."""
    return Distribution(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: many tests wait for other processes.

    Each may hold models of 1.5 GB.
    """
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return max(1, min((os.cpu_count() or 1) + 1, int(memory_gb // 3)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slowest files."""
    folder = Path(__file__).parent
    ranks = {str(folder / name): rank for rank, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: ranks.get(str(item.path), len(ranks)))


def pytest_collection_finish() -> None:
    """Exclude imported objects, about a million, from garbage collections."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """Set what makes the tests' own processes faster, and every run the same.

    MindSpore reads `MS_DEV_LAUNCH_BLOCKING` when it first runs an operation, and then runs each
    where it is called: MindNLP's model makes thousands of tiny ones, and handing each to another
    thread takes five times their own time.

    Bytecode is kept, also where the environment says otherwise, as many container images do:
    compiling MindSpore's modules anew takes each of the many processes that the tests start longer
    than running them.

    Hypothesis tries the same examples in every run, however slow the machine is; others with
    `pytest --hypothesis-profile=default`.
    """
    os.environ.setdefault("MS_DEV_LAUNCH_BLOCKING", "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Sentences are compared in English, whatever the developer reads.
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def first_log_levels() -> dict[str, int]:
    """Return the levels of the root logger and our own, before any command was run."""
    return {name: logging.getLogger(name).level for name in ("", *OWN_LOGGERS)}


@pytest.fixture(autouse=True)
def log_as_it_was(first_log_levels: dict[str, int]) -> Iterator[None]:
    """Undo the log setup of a command that ran in this process, as its stream is closed by now.

    Levels are set before each test, too: fixtures of a module run commands before this one begins.
    """
    root = logging.getLogger()
    handlers, hook = root.handlers[:], sys.excepthook
    _set_levels(first_log_levels)
    yield
    root.handlers[:] = handlers
    sys.excepthook = hook
    _set_levels(first_log_levels)


def _set_levels(levels: dict[str, int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


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
    """Return MindNLP's model of the tiny mono checkpoint."""
    return Reference(tiny_mono)


@pytest.fixture(scope="session")
def stereo_reference(tiny_stereo: Path) -> Reference:
    """Return MindNLP's own model over the tiny stereo checkpoint."""
    return Reference(tiny_stereo)


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the XDG_CACHE_HOME of this run, shared by all its processes.

    Compiling the kernels takes longer than most tests.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def kernel_library(cache_home: Path, pytestconfig: pytest.Config) -> Path:
    """Return the compiled kernels: one process of this run compiles them, the others wait.

    They are kept in pytest's cache (`--cache-clear` empties it), under a name made from their
    sources, compiler, flags and processor: the next run compiles them only after a change.
    """
    kept = pytestconfig.cache.mkdir("kernels")
    library = cache_home / "zhiyin" / "kernels"
    with open(kept / "compiling", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        compiled = build.compile_kernels(kept)
        for earlier in set(kept.glob("*.so")) - {compiled}:
            earlier.unlink()
        library.mkdir(parents=True, exist_ok=True)
        library /= compiled.name
        if not library.exists():
            shutil.copyfile(compiled, library)
        return library


@pytest.fixture(scope="session")
def kernel_cache(kernel_library: Path) -> Path:
    """Return the program's folder in the cache, in which the compiled kernels are."""
    return kernel_library.parent.parent


@pytest.fixture(scope="session", params=["builtin", "kernels"])
def library(request: pytest.FixtureRequest) -> Path | None:
    """Return no library, for MindSpore's operations, and then that of our kernels."""
    if request.param == "builtin":
        return None
    library: Path = request.getfixturevalue("kernel_library")
    return library


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


@pytest.fixture(scope="session", params=["melody", "stereo-melody"])
def melody_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny checkpoint that takes a melody, mono, then stereo."""
    folder = tmp_path_factory.mktemp("checkpoints") / f"tiny-{request.param}"
    write_checkpoint(folder, preset(folder.name))
    return folder


@pytest.fixture(scope="session")
def melody_model(melody_folder: Path, kernel_cache: Path) -> Model:
    """Return the tiny checkpoint that takes a melody, ready to run for eight at once."""
    return _model(melody_folder, kernel_cache)


@pytest.fixture(scope="session")
def melody_reference(melody_folder: Path) -> Reference:
    """Return MindNLP's model of the same checkpoint."""
    return Reference(melody_folder)


@pytest.fixture(scope="session", params=["mono", "stereo"])
def any_model(request: pytest.FixtureRequest) -> Model:
    """Return the mono model, then the stereo one."""
    model: Model = request.getfixturevalue(f"{request.param}_model")
    return model


@pytest.fixture(scope="session")
def any_reference(any_model: Model, request: pytest.FixtureRequest) -> Reference:
    """Return MindNLP's model of the same checkpoint as `any_model`."""
    kind = "mono" if any_model.channels == 1 else "stereo"
    reference: Reference = request.getfixturevalue(f"{kind}_reference")
    return reference


def _model(folder: Path, cache: Path) -> Model:
    from bot.musicgen.model import load_model

    return load_model(folder, requests=8, cache=cache, threads=1)
