"""transformers' own `generate()` on PyTorch: the baseline for the engine's speed.

PyTorch never shares an environment with the bot, whose mindtorch takes its place. So this module is
run as a program by an interpreter that has PyTorch and transformers and needs nothing else of the
bot's, and prints what it measured as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ResourceError
from bot.i18n.sentence import Sentence

PYTHON_VARIABLE = "ZHIYIN_TORCH_PYTHON"
"""The interpreter to use instead of an environment that uv makes."""

ROOT = Path(__file__).parents[3]
_OF_UV = ("run", "--isolated", "--only-group", "torch", "python")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A run of transformers: the median of its steps, for so many clips at once."""

    precision: str
    users: int
    ms_per_step: float


def measure(folder: Path, *, users: Sequence[int], steps: int, threads: int) -> list[Timing]:
    """Time so many steps of transformers in fp32 and bf16, in a process of its own.

    They are a clip's first steps, which are its fastest. Raises ResourceError where there is no
    PyTorch to be had.
    """
    python = os.environ.get(PYTHON_VARIABLE)
    # uv tells its children where it lies, which need not be in PATH.
    command = [python] if python else [os.environ.get("UV", "uv"), *_OF_UV]
    command += ["-m", "bot.musicgen.baselines.torch_reference", "--folder", str(folder.resolve())]
    command += ["--users", ",".join(map(str, users)), "--steps", str(steps)]
    command += ["--threads", str(threads)]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command, cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        stderr_lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise ResourceError(
            Sentence(
                "PyTorch could not be run: {reason} (the command was {names} ...; "
                "{python_variable} names another interpreter)",
                reason=stderr_lines[-1] if stderr_lines else error,
                names=shlex.join(command[:8]),
                python_variable=PYTHON_VARIABLE,
            )
        ) from error
    return [Timing(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in this process, which has PyTorch, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--users", default="1,8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args(arguments)
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    users = [int(part) for part in args.users.split(",")]
    found = [
        {"precision": name, "users": count, "ms_per_step": _time(model, args.folder, count, args)}
        for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))
        for model in [_load(args.folder, dtype)]
        for count in users
    ]
    print(json.dumps(found))


def _load(folder: Path, dtype: Any) -> Any:
    from transformers import MusicgenForConditionalGeneration

    return MusicgenForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval()


def _time(model: Any, folder: Path, users: int, args: argparse.Namespace) -> float:
    import torch
    from transformers import AutoTokenizer, StoppingCriteria, StoppingCriteriaList

    class Clock(StoppingCriteria):
        """Records when each step ended, and stops nothing."""

        def __init__(self) -> None:
            self.times: list[float] = []

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            """Note the time."""
            self.times.append(time.perf_counter())
            return torch.zeros(len(input_ids), dtype=torch.bool)

    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = tokenizer(["90s rock with a driving beat"] * users, return_tensors="pt")
    clock = Clock()
    with torch.inference_mode():
        model.generate(
            **words,
            max_new_tokens=args.steps,
            do_sample=True,
            guidance_scale=3.0,
            stopping_criteria=StoppingCriteriaList([clock]),
        )
    spans = sorted(b - a for a, b in zip(clock.times, clock.times[1:], strict=False))
    return round(1000 * spans[len(spans) // 2], 2)


if __name__ == "__main__":
    main()
