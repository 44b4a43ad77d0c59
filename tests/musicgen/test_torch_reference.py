"""transformers on PyTorch, timed in a separate environment: see .ci/run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import ResourceError
from bot.musicgen.baselines import torch_reference

needs_torch = pytest.mark.skipif(
    not os.environ.get(torch_reference.ENVIRONMENT.python_variable),
    reason=f"needs PyTorch, named by {torch_reference.ENVIRONMENT.python_variable}",
)


@needs_torch
def test_both_precisions_are_timed_for_each_number_of_clips(tiny_mono: Path) -> None:
    """A few steps of the tiny checkpoint, for one clip and for two."""
    found = torch_reference.measure(tiny_mono, users=[1, 2], steps=4, seconds=0.1, threads=1)
    assert [(each.precision, each.users) for each in found] == [
        ("fp32", 1),
        ("fp32", 2),
        ("bf16", 1),
        ("bf16", 2),
    ]
    assert all(each.ms_per_step > 0 for each in found)
    assert all(each.text_seconds > 0 and each.sound_seconds > 0 for each in found)


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_a_missing_pytorch_is_explained(tiny_mono, monkeypatch, python) -> None:
    """The sentence names the failed command and the environment variable that helps."""
    monkeypatch.setenv(torch_reference.ENVIRONMENT.python_variable, python)
    with pytest.raises(ResourceError, match="PyTorch could not be run") as caught:
        torch_reference.measure(tiny_mono, users=[1], steps=4, seconds=0.1, threads=1)
    assert torch_reference.ENVIRONMENT.python_variable in str(caught.value.sentence)
