"""Step times of other programs with the same model, compared with ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.config import cache_folder
from bot.domain.generation import Sampling
from bot.musicgen.baselines.other_environment import Timing

_MINDNLP_STEPS = 6
_TORCH_STEPS = 20
_STEPS_OF_SECOND = 50


def with_mindnlp(folder: Path, measured: dict[str, Any], prompt: str) -> list[dict[str, Any]]:
    """Time a few steps of MindNLP's own generate for one clip; return them and the ratio."""
    from bot.musicgen.baselines.mindnlp_reference import Reference

    made = Reference(folder).generate(steps=_MINDNLP_STEPS, sampling=Sampling(), prompt=prompt)
    steps = sorted(made.step_seconds)
    run = next(run for run in measured["runs"] if run["users"] == 1)
    return [_step_beside(run, "MindNLP's own generate", 1000 * steps[len(steps) // 2])]


def with_torch(folder: Path, measured: dict[str, Any]) -> list[dict[str, Any]]:
    """Time the first steps of transformers on PyTorch, for each number of clips at once.

    Raises ResourceError if PyTorch is not available.
    """
    from bot.musicgen.baselines import torch_reference

    timings = torch_reference.measure(folder, **_extent(measured))
    return [
        beside(measured, f"transformers on PyTorch in {timing.precision}", timing)
        for timing in timings
    ]


def with_converted(runtime: str, folder: Path, measured: dict[str, Any]) -> list[dict[str, Any]]:
    """Convert the model to another runtime and time whole clips.

    Raises ResourceError if the runtime is not available.
    """
    from bot.musicgen.baselines import converted_reference

    extent = _extent(measured)
    steps = round(extent["seconds"] * _STEPS_OF_SECOND)
    scratch = cache_folder()
    scratch.mkdir(parents=True, exist_ok=True)
    timings = converted_reference.measure(
        runtime, folder, scratch=scratch, **extent | {"steps": steps}
    )
    name = converted_reference.ENVIRONMENTS[runtime].runtime
    return [beside(measured, f"{name} in {timing.precision}", timing) for timing in timings]


def _extent(measured: dict[str, Any]) -> dict[str, Any]:
    return {
        "users": [run["users"] for run in measured["runs"]],
        "steps": _TORCH_STEPS,
        "seconds": measured["runs"][0]["seconds"],
        "threads": measured["threads"],
    }


def beside(measured: dict[str, Any], name: str, timing: Timing) -> dict[str, Any]:
    """Return another program's timing with its ratio to ours.

    Its real-time factor is calculated from all phases, as if every step took as long as the timed
    ones. If those are a clip's first steps, the true factor is lower.
    """
    run = next(run for run in measured["runs"] if run["users"] == timing.users)
    steps = run["seconds"] * _STEPS_OF_SECOND
    wall = timing.text_seconds + steps * timing.ms_per_step / 1000 + timing.sound_seconds
    return _step_beside(run, name, timing.ms_per_step) | {
        "text_seconds": timing.text_seconds,
        "sound_seconds": timing.sound_seconds,
        "real_time_factor": round(timing.users * run["seconds"] / wall, 3),
    }


def _step_beside(run: dict[str, Any], name: str, ms_per_step: float) -> dict[str, Any]:
    return {
        "name": name,
        "users": run["users"],
        "ms_per_step": round(ms_per_step, 1),
        "ratio": round(ms_per_step / run["ms_per_step"], 1),
    }
