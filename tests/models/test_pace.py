"""The estimated speed of a model on this machine, from a few steps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import Config, cache_folder
from bot.models import pace
from bot.models.registry import starter
from bot.musicgen.checkpoint.presets import preset


class Stages:
    """Records the reported stages."""

    def __init__(self):
        self.names = []

    def stage(self, name, unit="s"):
        self.names.append(str(name))

    def made(self, amount, of_amount):
        raise AssertionError("nothing is counted")


@pytest.fixture(scope="module")
def step_time():
    """Return the module under test, which imports MindSpore."""
    from bot.musicgen.decoder import step_time

    return step_time


@pytest.fixture
def cache(tmp_path, monkeypatch, kernel_library):
    """Return a fresh cache folder with the kernels that the tests have compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder()
    folder.mkdir()
    (folder / "kernels").symlink_to(kernel_library.parent)
    return folder


TINY = preset("tiny")


@pytest.mark.parametrize("size", ["small", "medium", "large", "stereo-large"])
def test_skipped_layers_are_extrapolated(step_time, size):
    """2 ms for a step and 0.7 ms for a layer are found from the few timed layers."""
    shape = preset(f"musicgen-{size}").decoder
    half, layers = step_time.sampled_layers(shape)
    assert 0 < half < layers < shape.layers
    found = step_time.extrapolate(shape, 2 + 0.7 * half, 2 + 0.7 * layers)
    assert found == pytest.approx(2 + 0.7 * shape.layers)


def test_a_noisy_machine_makes_no_layer_faster_than_none(step_time):
    """If the shorter decoder took longer, the other layers count as free."""
    shape = preset("musicgen-large").decoder
    assert step_time.extrapolate(shape, 3.0, 2.0) == 2.0


def test_a_small_model_is_timed_completely(step_time):
    """The built-in model is small enough to time all its layers."""
    shape = starter().config.decoder
    assert step_time.sampled_layers(shape)[1] == shape.layers


def test_a_subset_of_layers_can_be_timed(step_time, kernel_library):
    """Decoders of two depths run their steps."""
    shape = replace(preset("tiny").decoder, hidden_size=256, heads=4, ffn_size=1024, layers=300)
    half, layers = step_time.sampled_layers(shape)
    assert layers == 2 * half < shape.layers
    assert step_time.step_seconds(shape, kernel_library, "int8") > 0


def test_timings_are_cached(cache):
    """Only the first call measures; a damaged file counts as missing."""
    config, stages = Config(), Stages()
    found = pace.real_time_factors([TINY], config, stages)
    assert found[TINY] > 0
    assert len(stages.names) == 1
    assert pace.real_time_factors([TINY], config, stages) == found
    assert len(stages.names) == 1
    (cache / pace.FILE).write_text("{")
    assert pace.real_time_factors([TINY], config, stages)[TINY] > 0
    assert len(stages.names) == 2
    assert (cache / pace.FILE).read_text().startswith('{"kernels-')


def test_each_precision_is_timed_separately(cache):
    """Entries of other settings or versions are deleted."""
    config, stages = Config(), Stages()
    (cache / pace.FILE).write_text('{"kernels-of-old int8 2": {"x": 1.0}}')
    # The precision of "auto" depends on the processor.
    for precision in ("int8", "fp32"):
        engine = replace(config.engine, precision=precision)
        pace.real_time_factors([TINY], replace(config, engine=engine), stages)
    assert len(stages.names) == 2
    kept = (cache / pace.FILE).read_text()
    assert "of-old" not in kept
    assert " fp32 " in kept


def test_without_compiled_kernels_nothing_is_timed(tmp_path, monkeypatch):
    """Listing models compiles nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    stages = Stages()
    assert pace.real_time_factors([TINY], Config(), stages) == {}
    assert stages.names == []
    assert not cache_folder().exists()


def test_models_not_run_by_kernels_are_skipped(cache):
    """A head whose width is no multiple of sixteen."""
    odd = replace(TINY, decoder=replace(TINY.decoder, heads=8))
    assert pace.real_time_factors([odd], Config(), Stages()) == {}
