"""Run the tests in the environment that has the group dev, as `zhiyin demo` does for its own.

pytest is installed even without the group, as a dependency of MindNLP, so that `uv run pytest`
would start without the other packages.
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
    """Restart with the group dev if it is missing, before pytest captures any output."""
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
