"""The path on MindSpore's operations that devices use, and how a device is chosen.

There is no Ascend here: the path runs on the processor, with the shapes used on a device.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.generation import Finished, GenerationRequest, Sampling
from bot.errors import DeviceError
from bot.musicgen.device import NO_ASCEND, PROCESSOR, UNUSABLE_ASCEND, Device, choose_device

PACKAGE = Path(__file__).parents[2] / "bot" / "musicgen"
PATH_OF_DEVICES = (
    "decoder/builtin_graphs.py",
    "kernels/operations.py",
    "conditioning/t5_layers.py",
    "codec/layers.py",
    "codec/lstm.py",
    "codec/stages.py",
)

DEVICE_HERE = Device(target="CPU", own_kernels=False)
"""A device that computes as an Ascend does, on the processor."""


def made_by(model: Any, *prompts: str) -> list[Finished]:
    """Generate greedy clips together, in the order of their prompts."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(model)
    ids = [
        engine.submit(
            GenerationRequest(seconds=0.2, seed=7, prompt=prompt, sampling=Sampling(greedy=True))
        )
        for prompt in prompts
    ]
    done: dict[int, Finished] = {}
    while engine.busy:
        done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    return [done[i] for i in ids]


def test_a_device_generates_the_same_clips_as_the_kernels(
    tiny_mono: Path, kernel_cache: Path
) -> None:
    """In fp32 tokens and sound are equal, and nothing is compiled after the warm-up."""
    from bot.musicgen.model import load_model

    clips = []
    for device in (PROCESSOR, DEVICE_HERE):
        model = load_model(
            tiny_mono, cache=kernel_cache, device=device, precision="fp32", most_words=0
        )
        assert model.decoder.precision == "fp32"
        model.warm_up(["90s rock"])
        graphs = getattr(model.decoder, "graphs", None)
        clips.append(made_by(model, "90s rock"))
        assert getattr(model.decoder, "graphs", None) == graphs
    assert graphs is not None
    for ours, theirs in zip(*clips, strict=True):
        assert np.array_equal(ours.tokens, theirs.tokens)
        assert np.allclose(ours.sound.samples, theirs.sound.samples, atol=1e-4)


def test_without_an_ascend_the_cpu_is_chosen(tmp_path: Path) -> None:
    """Also if the CPU is requested on a machine with an Ascend."""
    assert choose_device("auto", devices=tmp_path) == PROCESSOR
    (tmp_path / "davinci_manager").touch()
    assert choose_device("auto", devices=tmp_path) == PROCESSOR
    (tmp_path / "davinci0").touch()
    assert choose_device("CPU", devices=tmp_path) == PROCESSOR


def test_a_missing_ascend_gives_a_sentence(tmp_path: Path) -> None:
    """Another sentence is for a device that the system lists and MindSpore can't use."""
    with pytest.raises(DeviceError) as missing:
        choose_device("Ascend", devices=tmp_path)
    assert missing.value.sentence == NO_ASCEND
    (tmp_path / "davinci0").touch()
    with pytest.raises(DeviceError) as unusable:
        choose_device("Ascend", devices=tmp_path)
    assert unusable.value.sentence == UNUSABLE_ASCEND
    assert choose_device("auto", devices=tmp_path) == PROCESSOR


def test_every_operation_of_the_path_is_documented_for_an_ascend() -> None:
    """By the installed MindSpore, except for `Custom`, which is ours and for the processor only."""
    from mindspore import ops

    used = {
        node.attr
        for name in PATH_OF_DEVICES
        for node in ast.walk(ast.parse((PACKAGE / name).read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ops"
    }
    assert {"ScatterNdUpdate", "MatMul", "Custom"} < used
    for name in used - {"Custom"}:
        text = getattr(ops, name).__doc__
        referred = re.search(r"Refer to :func:`mindspore\.ops\.(\w+)`", text)
        if referred is not None:
            text = getattr(ops, referred[1]).__doc__
        platforms = text.partition("Supported Platforms:")[2].strip().splitlines()[0]
        assert "Ascend" in platforms, name
