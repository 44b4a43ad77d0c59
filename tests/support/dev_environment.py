"""Runs the tests in the environment that has what they need, as `zhiyin demo` does for itself.

pytest itself is there without the group dev, since MindNLP brings it: `uv run pytest` would find
it, and nothing else.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import pytest

_INSIDE = "ZHIYIN_TESTS_INSTALLED"
_OF_DEV = "xdist"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Begin again with the group dev where it is missing, before pytest captures any output."""
    arguments = early_config.invocation_params.args
    if importlib.util.find_spec(_OF_DEV) is None:
        command = command_with_dev(arguments, os.environ)
        if command is None:
            raise pytest.UsageError("The tests need more: `uv run --group dev pytest`.")
        os.environ[_INSIDE] = "1"
        os.execv(command[0], command)
    yield


def command_with_dev(
    arguments: Sequence[str | os.PathLike[str]], environment: Mapping[str, str]
) -> list[str] | None:
    """Return the command that runs pytest with the group dev; None without uv, or inside it."""
    uv = environment.get("UV")
    if uv is None or _INSIDE in environment:
        return None
    project = str(Path(__file__).parents[2])
    begin = [uv, "run", "--project", project, "--group", "dev", "pytest"]
    return [*begin, *map(str, arguments)]
