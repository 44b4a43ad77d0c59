"""How fast a model would be here, estimated from a few steps."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest

from bot.config import Config, cache_folder
from bot.models import pace
from bot.models.registry import starter
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.decoder.step_time import step_seconds


class Stages:
    """Notes the stages that are told."""

    def __init__(self):
        self.names = []

    def stage(self, name, unit="s"):
        self.names.append(str(name))

    def made(self, amount, of_amount):
        raise AssertionError("nothing is counted")


@pytest.fixture
def cache(tmp_path, monkeypatch, kernel_library):
    """A cache folder of its own, with the kernels that the tests have compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder()
    folder.mkdir()
    (folder / "kernels").symlink_to(kernel_library.parent)
    return folder


TINY = preset("tiny")


def test_layers_that_are_left_out_are_reckoned_in(kernel_library):
    """A step of all 32 layers takes about as long as is estimated from 8 of them, and from 4.

    What else the machine does can make either several times as long, so the median of three counts.
    """
    shape = replace(starter().config.decoder, layers=32)
    ratios = []
    for _ in range(3):
        whole = step_seconds(shape, kernel_library, "int8", sample_weights=10**9)
        part = step_seconds(shape, kernel_library, "int8", sample_weights=6_000_000)
        ratios.append(part / whole)
    assert 0.4 < statistics.median(ratios) < 2.5


def test_what_was_timed_is_kept(cache):
    """Only the first call times anything; a damaged file is as good as none."""
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


def test_another_precision_is_timed_for_itself(cache):
    """And what was kept of other settings or versions goes."""
    config, stages = Config(), Stages()
    (cache / pace.FILE).write_text('{"kernels-of-old int8 2": {"x": 1.0}}')
    pace.real_time_factors([TINY], config, stages)
    exact = replace(config, engine=replace(config.engine, precision="fp32"))
    pace.real_time_factors([TINY], exact, stages)
    assert len(stages.names) == 2
    kept = (cache / pace.FILE).read_text()
    assert "of-old" not in kept
    assert " fp32 " in kept


def test_nothing_is_known_before_the_kernels_are_compiled(tmp_path, monkeypatch):
    """Listing models compiles nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    stages = Stages()
    assert pace.real_time_factors([TINY], Config(), stages) == {}
    assert stages.names == []
    assert not cache_folder().exists()


def test_what_does_not_run_on_the_kernels_is_left_out(cache):
    """Heads of a width that isn't a multiple of sixteen."""
    odd = replace(TINY, decoder=replace(TINY.decoder, heads=8))
    assert pace.real_time_factors([odd], Config(), Stages()) == {}
