"""Run a baseline as a program of an environment of its own, and read what it measured.

PyTorch never shares an environment with the bot, whose mindtorch takes its place; what is converted
from PyTorch needs it too. Such a program prints a list of timings as JSON in its last line.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ResourceError
from bot.i18n.sentence import Sentence

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a baseline runs: in an environment that uv makes of a group of pyproject.toml.

    The interpreter that the environment variable `python_variable` names is used instead.
    """

    runtime: str
    group: str

    @property
    def python_variable(self) -> str:
        """Return the name of the variable."""
        return f"ZHIYIN_{self.group.upper()}_PYTHON"

    def run(self, module: str, arguments: Sequence[str]) -> str:
        """Run a module and return what it prints. Raises ResourceError where it can't be run."""
        python = os.environ.get(self.python_variable)
        # uv tells its children where it lies, which need not be in PATH.
        of_uv = [os.environ.get("UV", "uv"), "run", "--isolated", "--only-group", self.group]
        command = [*([python] if python else [*of_uv, "python"]), "-m", module, *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                command, cwd=ROOT, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            stderr_lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise ResourceError(
                Sentence(
                    "{runtime} could not be run: {reason} (the command was {names} ...; "
                    "{python_variable} names another interpreter)",
                    runtime=self.runtime,
                    reason=stderr_lines[-1] if stderr_lines else error,
                    names=shlex.join(command[:8]),
                    python_variable=self.python_variable,
                )
            ) from error
        return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a runtime took for so many clips at once.

    `ms_per_step` is that of as many steps as were asked for, a clip's first, which are its fastest.
    The seconds are those of encoding the texts and of decoding the sound of the whole clips.
    """

    precision: str
    users: int
    ms_per_step: float
    text_seconds: float
    sound_seconds: float


def read_timings(printed: str) -> list[Timing]:
    """Return the timings in the last line of what a program printed."""
    return [Timing(**each) for each in json.loads(printed.splitlines()[-1])]
