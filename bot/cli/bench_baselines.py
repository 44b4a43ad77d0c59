"""How long other programs take for a step of the same model, beside how long ours did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.domain.generation import Sampling

_MINDNLP_STEPS = 6
_TORCH_STEPS = 20


def with_mindnlp(folder: Path, measured: dict[str, Any], prompt: str) -> list[dict[str, Any]]:
    """Time a few steps of MindNLP's own generate for one clip; return them and the ratio."""
    from bot.musicgen.baselines.mindnlp_reference import Reference

    made = Reference(folder).generate(steps=_MINDNLP_STEPS, sampling=Sampling(), prompt=prompt)
    steps = sorted(made.step_seconds)
    return [_beside(measured, "MindNLP's own generate", 1, 1000 * steps[len(steps) // 2])]


def with_torch(folder: Path, measured: dict[str, Any]) -> list[dict[str, Any]]:
    """Time the first steps of transformers on PyTorch, for each number of clips at once.

    Raises ResourceError where there is no PyTorch to be had.
    """
    from bot.musicgen.baselines import torch_reference

    users = [run["users"] for run in measured["runs"]]
    timings = torch_reference.measure(
        folder, users=users, steps=_TORCH_STEPS, threads=measured["threads"]
    )
    return [
        _beside(
            measured,
            f"transformers on PyTorch in {timing.precision}",
            timing.users,
            timing.ms_per_step,
        )
        for timing in timings
    ]


def _beside(measured: dict[str, Any], name: str, users: int, ms_per_step: float) -> dict[str, Any]:
    ours = next(run["ms_per_step"] for run in measured["runs"] if run["users"] == users)
    return {
        "name": name,
        "users": users,
        "ms_per_step": round(ms_per_step, 1),
        "ratio": round(ms_per_step / ours, 1),
    }
