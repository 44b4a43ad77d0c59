"""Processes start from our modules, whatever lies in the present folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.inference.ray.cluster import joined_command, node_process_command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """A folder with modules of a stranger, which tell that they ran."""
    for name in ("bot", "ray"):
        (tmp_path / f"{name}.py").write_text("open(__file__ + '.ran', 'w').close()\n")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [node_process_command(["false"]), [*joined_command("attic:6379", 1, {}), "--help"]],
    ids=["node", "ray"],
)
def test_a_node_starts_from_any_folder(folder, command):
    """Ray's own command, and the process that runs it."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    assert list(folder.glob("*.ran")) == []
    assert b"No module named" not in done.stderr


STARTS_A_WORKER = """
from bot.inference.ray.remote_worker import RemoteWorker
assert set(RemoteWorker("{}").receive()) == {b""}
"""


def test_a_joined_machine_s_worker_runs_no_module_of_the_temporary_folder(folder):
    """Everybody on that machine may write there."""
    # In a process of its own: after Ray, MindSpore can't be imported.
    subprocess.run(
        [sys.executable, "-P", "-c", STARTS_A_WORKER],
        env=os.environ | {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert list(folder.glob("*.ran")) == []
