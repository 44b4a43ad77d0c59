"""MusicGen on OpenVINO, from the files that `openvino_conversion` wrote."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from bot.musicgen.baselines.converted.clip_loop import Codes, Extent, Floats

_GROUP_SIZE = 1024
"""Activations per scale: the fastest of 32 to 1024."""


class OpenVinoParts:
    """The converted model."""

    def __init__(self, folder: Path, extent: Extent, *, threads: int) -> None:
        """Compile the model in a folder."""
        # OpenVINO otherwise sends telemetry.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino as ov

        self.extent = extent
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # The default, bf16, has no 8-bit activation products, which are faster.
            "INFERENCE_PRECISION_HINT": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP_SIZE,
        }
        if extent.precision == "fp32":
            settings |= {"KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
        core = ov.Core()
        self._text, self._step, self._sound = (
            core.compile_model(folder / f"{name}.xml", "CPU", settings).create_infer_request()
            for name in ("text", "step", "sound")
        )
        self._tensor = ov.Tensor
        self._position = np.zeros(1, np.int64)
        self._step.set_tensor("order", ov.Tensor(np.arange(extent.rows, dtype=np.int32)))

    def begin(self, tokens: Codes) -> None:
        """Encode the texts and reset the KV cache."""
        self._text.infer([tokens], share_inputs=True)
        for number in range(2 * self.extent.layers):
            self._step.set_tensor(f"text.{number}", self._text.get_output_tensor(number))
        self._step.reset_state()
        self._position[:] = 0

    def step(self, tokens: Codes) -> Floats:
        """Return the logits after the tokens."""
        self._step.set_tensor("tokens", self._tensor(tokens))
        self._step.set_tensor("position", self._tensor(self._position))
        self._step.infer()
        self._position += 1
        logits: Floats = self._step.get_output_tensor(0).data
        return logits

    def sound(self, codes: Codes) -> Floats:
        """Return the sound of codes."""
        self._sound.infer([codes], share_inputs=True)
        sound: Floats = self._sound.get_output_tensor(0).data
        return sound
