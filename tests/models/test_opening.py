"""The function that opens an engine: what it loads, and what it reports."""

from __future__ import annotations

import dataclasses
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.config import Config, EngineConfig, ModelConfig
from bot.domain.generation import Finished, GenerationRequest
from bot.errors import CheckpointError, ResourceError
from bot.models.locate import licence_of
from bot.models.opening import explain_imports, open_engine
from bot.models.registry import STARTER_LICENCE, UNKNOWN_LICENCE
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import inspect


@pytest.fixture
def config(tmp_path, kernel_cache, monkeypatch):
    """Settings with an empty model folder, two slots and 32-bit arithmetic."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    return dataclasses.replace(
        Config(),
        model=ModelConfig(folder=str(tmp_path)),
        engine=EngineConfig(slots=2, precision="fp32"),
    )


def test_the_configured_model_is_opened_and_described(config, tiny_stereo):
    """Name, form, slots, and the time for loading and warming up."""
    config = dataclasses.replace(config, model=ModelConfig(name=str(tiny_stereo)))
    engine, info = open_engine(config)
    assert (info.name, info.licence) == (tiny_stereo.name, UNKNOWN_LICENCE)
    assert (info.channels, info.sample_rate_hz, info.slots) == (2, 32_000, 2)
    assert (info.precision, info.stems, info.fingerprint) == ("fp32", (), "")
    assert info.device == f"{os.cpu_count()} processor cores"
    assert info.decoder
    assert 0 < info.warm_up_seconds < info.load_seconds
    engine.submit(GenerationRequest(seconds=0.1, seed=1))
    events = []
    while engine.busy:
        events += engine.step()
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("card", ["---\nlicense: mit\ntags: [a, b\n---\n", "---\n- mit\n---\n"])
def test_a_card_that_can_not_be_read_states_no_licence(config, tiny_stereo, card):
    """It is its owner's mistake, and no reason for any model not to be found."""
    folder = Path(config.model.folder, "other")
    folder.mkdir()
    shutil.copy(tiny_stereo / "config.json", folder)
    (folder / "README.md").write_text(card)
    assert licence_of("other", config) == UNKNOWN_LICENCE
    assert licence_of("starter", config) == STARTER_LICENCE


def test_arguments_precede_the_configuration(config, tiny_stems):
    """A command can open another model, and wrap the warm-up in a context manager."""
    entered = []

    @contextmanager
    def warming():
        entered.append("begun")
        yield
        entered.append("ended")

    engine, info = open_engine(
        config, name="starter", folder=tiny_stems, slots=3, warming=warming()
    )
    assert (info.name, info.licence, info.slots) == ("starter", STARTER_LICENCE, 3)
    assert info.stems == ("drums", "bass", "chords", "lead")
    assert info.fingerprint == fingerprint(inspect(tiny_stems))
    assert entered == ["begun", "ended"]
    assert not engine.busy


def test_a_missing_model_is_refused(config):
    """The sentence says how to get models, before anything is loaded."""
    with pytest.raises(CheckpointError, match="zhiyin models download facebook/musicgen-small"):
        open_engine(config, name="facebook/musicgen-small")


def test_a_library_that_the_system_lacks_is_named():
    """A minimal system has no libgomp, which MindSpore needs; the sentence says what to install."""

    def importing(message):
        with explain_imports():
            raise ImportError(message)

    with pytest.raises(
        ResourceError, match=r"needs libgomp\.so\.1, which .*`apt install libgomp1`"
    ):
        importing("libgomp.so.1: cannot open shared object file: No such file or directory")
    with pytest.raises(ImportError, match="cannot import name"):
        importing("cannot import name 'x'")
