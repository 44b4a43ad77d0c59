"""Convert MusicGen from PyTorch to OpenVINO, with a stateful KV cache and NNCF's weights."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bot.musicgen.baselines.converted.clip_loop import Extent
from bot.musicgen.baselines.converted.torch_parts import SoundPart, StepPart, TextPart


def write(model: Any, folder: Path, extent: Extent) -> None:
    """Write text.xml, step.xml and sound.xml, the first two in the extent's precision."""
    # OpenVINO and NNCF otherwise send telemetry.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    os.environ.setdefault("NNCF_CI", "1")
    import openvino as ov

    words = torch.zeros(extent.requests, extent.tokens, dtype=torch.int64)
    # Tracing a single request takes a fraction of the time; the batch shape is set afterwards.
    codes = torch.zeros(1, extent.codebooks, extent.frames, dtype=torch.int64)
    with torch.inference_mode():
        text = ov.convert_model(TextPart(model).eval(), example_input=(words,))
        text.reshape(list(words.shape))
        _save(_rounded(text, extent), folder / "text.xml")
        _save(_rounded(_stateful(model, extent), extent), folder / "step.xml")
        sound = ov.convert_model(SoundPart(model).eval(), example_input=(codes,))
        sound.reshape([extent.requests, extent.codebooks, extent.frames])
        # Its convolutions' weights are small compared with the activations.
        _save(sound, folder / "sound.xml")


def _save(converted: Any, path: Path) -> None:
    import openvino as ov

    ov.save_model(converted, path, compress_to_fp16=False)


def _rounded(converted: Any, extent: Extent) -> Any:
    if extent.precision == "fp32":
        return converted
    import nncf

    return nncf.compress_weights(converted, mode=nncf.CompressWeightsMode.INT8_SYM)


def _stateful(model: Any, extent: Extent) -> Any:
    """Return the step with its KV cache as states."""
    import openvino as ov
    import openvino.opset13
    from openvino._offline_transformations import apply_make_stateful_transformation

    rows, heads, size = extent.rows, extent.heads, extent.head_size
    count = 2 * extent.layers
    example = (
        torch.zeros(rows, extent.codebooks, dtype=torch.int64),
        torch.zeros(1, dtype=torch.int64),
        torch.arange(rows, dtype=torch.int32),
        *(torch.zeros(rows, heads, extent.tokens, size) for _ in range(count)),
        *(torch.zeros(rows, heads, 3, size) for _ in range(count)),
    )
    step = ov.convert_model(StepPart(model).eval(), example_input=example)
    names = ["tokens", "position", "order"]
    names += [f"text.{number}" for number in range(count)]
    names += [f"past.{number}" for number in range(count)]
    shapes = {}
    for name, port, given in zip(names, step.inputs, example, strict=True):
        port.get_tensor().set_names({name})
        shape = list(given.shape)
        if name.startswith("past."):
            shape[2] = -1
        shapes[port] = ov.PartialShape(shape)
    for number, port in enumerate(step.outputs[1:]):
        port.get_tensor().set_names({f"present.{number}"})
    step.reshape(shapes)
    apply_make_stateful_transformation(
        step, {f"past.{number}": f"present.{number}" for number in range(count)}
    )
    # The runtime fuses the cache into attention only if states have an initial value.
    empty = ov.opset13.constant(np.zeros((rows, heads, 0, size), np.float32))
    for node in step.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([empty])
    step.validate_nodes_and_infer_types()
    return step
