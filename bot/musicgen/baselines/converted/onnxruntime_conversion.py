"""Convert MusicGen from PyTorch to ONNX: text and sound exported, the step in fused operations."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from bot.musicgen.baselines.converted.clip_loop import Extent
from bot.musicgen.baselines.converted.onnx_step import write_step
from bot.musicgen.baselines.converted.torch_parts import SoundPart, TextPart

_BLOCK_SIZE = 256
"""Weights per scale: the fastest of 32 to 256."""

_OPSET = 17


def write(model: Any, folder: Path, extent: Extent) -> None:
    """Write text.onnx, step.onnx and sound.onnx, the first two in the extent's precision."""
    rounded = extent.precision == "int8"
    words = torch.zeros(1, extent.tokens, dtype=torch.int64)
    # Tracing a single request takes a fraction of the time.
    codes = torch.zeros(1, extent.codebooks, extent.frames, dtype=torch.int64)
    with torch.inference_mode():
        _export(SoundPart(model).eval(), codes, folder / "sound.onnx")
        exact = folder / ("exact.onnx" if rounded else "text.onnx")
        _export(TextPart(model).eval(), words, exact)
        if rounded:
            _round_text(exact, folder / "text.onnx")
        write_step(
            model,
            folder / "step.onnx",
            rows=extent.rows,
            block_size=_BLOCK_SIZE if rounded else None,
        )


def _round_text(exact: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        exact,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul"],
        use_external_data_format=True,
    )


def _export(module: Any, example: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The newer exporter splits an LSTM into thousands of small operations.
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=["input"],
            dynamic_axes={"input": {0: "requests"}},
            opset_version=_OPSET,
            dynamo=False,
        )
