"""Baselines of `zhiyin bench --against`."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.cli import bench, bench_baselines
from bot.errors import ConfigError
from bot.musicgen.baselines.other_environment import Timing

MEASURED = {
    "runs": [
        {"users": 1, "seconds": 10.0, "ms_per_step": 17.0},
        {"users": 8, "seconds": 10.0, "ms_per_step": 54.0},
    ]
}


def test_a_baseline_is_compared_in_all_phases() -> None:
    """500 steps of 100 ms, 1 s for the texts and 9 s for the sound of 80 s."""
    timing = Timing(
        precision="int8", users=8, ms_per_step=100.0, text_seconds=1.0, sound_seconds=9.0
    )
    found = bench_baselines.beside(MEASURED, "OpenVINO in int8", timing)
    assert found["ratio"] == pytest.approx(100 / 54, abs=0.05)
    assert found["real_time_factor"] == pytest.approx(80 / 60, abs=1e-3)
    assert (found["name"], found["users"]) == ("OpenVINO in int8", 8)


def test_the_table_has_a_row_for_each_and_no_factor_where_none_is_known() -> None:
    """MindNLP's own generate is timed for a few steps only."""
    rows = [
        {"name": "MindNLP's own generate", "users": 1, "ms_per_step": 4000.0, "ratio": 235.3},
        {"name": "X", "users": 8, "ms_per_step": 100.0, "ratio": 1.9, "real_time_factor": 1.333},
    ]
    out = io.StringIO()
    Console(file=out, width=120).print(bench.against_table(rows))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["MindNLP's", "own", "generate,", "1", "4000.0", "235.3"] in lines
    assert ["X,", "8", "100.0", "1.9", "1.33"] in lines


def test_several_baselines_can_be_named() -> None:
    """Separated by commas, in any order."""
    assert bench.rivals_of("torch, openvino") == ["torch", "openvino"]
    assert bench.rivals_of("") == []


def test_an_unknown_baseline_lists_the_known_ones() -> None:
    """The sentence has all their names."""
    with pytest.raises(ConfigError, match="mindnlp, torch, openvino, onnxruntime"):
        bench.rivals_of("torch,tensorflow")
