"""Run a baseline as a program in its own environment, and read its measurements.

PyTorch can't share an environment with the bot, where mindtorch replaces it; conversion needs
PyTorch, too. Such a program prints a JSON list of timings as its last line.
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
    """A baseline's environment, which uv creates from a dependency group of pyproject.toml.

    The environment variable `python_variable` can name an interpreter to use instead.
    """

    runtime: str
    group: str

    @property
    def python_variable(self) -> str:
        """Return the name of the environment variable."""
        return f"ZHIYIN_{self.group.upper()}_PYTHON"

    def run(self, module: str, arguments: Sequence[str]) -> str:
        """Run a module and return its output. Raises ResourceError if that fails."""
        python = os.environ.get(self.python_variable)
        # uv tells its child processes its own path, which need not be in PATH.
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
    """A runtime's timings for a number of concurrent clips.

    `ms_per_step` is over the requested number of steps, which are a clip's first and fastest. The
    seconds are those of encoding the texts and of decoding the whole clips.
    """

    precision: str
    users: int
    ms_per_step: float
    text_seconds: float
    sound_seconds: float


def read_timings(printed: str) -> list[Timing]:
    """Return the timings in the last line of a program's output."""
    return [Timing(**each) for each in json.loads(printed.splitlines()[-1])]
