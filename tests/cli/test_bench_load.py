"""`zhiyin bench --rush`: the bot's answers to many people at once."""

from __future__ import annotations

import pytest

from bot.cli import bench_load
from bot.cli.app import main
from bot.config import Config, ModelConfig, WorkerConfig


@pytest.mark.parametrize("people", ["0", "-3"])
def test_a_rush_of_nobody_is_refused(capsys, people):
    """With one sentence."""
    assert main(["bench", "--rush", people]) == 1
    assert capsys.readouterr().err == "zhiyin: --rush is a number from 1 on.\n"


def test_a_rush_is_answered_by_a_worker_of_this_machine(tiny_mono):
    """Also where the settings leave the work to others, who could not join here."""
    config = Config(
        model=ModelConfig(name=str(tiny_mono)), worker=WorkerConfig(backend="ray", count=0)
    )
    found = bench_load.run(config, 2)
    assert found.answered == 10
    assert found.worst_ms >= found.median_ms > 0
