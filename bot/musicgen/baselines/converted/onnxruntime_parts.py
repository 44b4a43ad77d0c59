"""MusicGen on ONNX Runtime, from the files that `onnxruntime_conversion` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bot.musicgen.baselines.converted.clip_loop import Codes, Extent, Floats


class OnnxRuntimeParts:
    """The converted model; the step writes into a KV cache of fixed size."""

    def __init__(self, folder: Path, extent: Extent, *, threads: int) -> None:
        """Load the model from a folder."""
        import onnxruntime as ort

        self.extent = extent
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._text, self._step, self._sound = (
            ort.InferenceSession(
                str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
            )
            for name in ("text", "step", "sound")
        )
        rows = extent.rows
        self._tokens = np.zeros((rows, extent.codebooks), np.int64)
        self._position = np.zeros(1, np.int64)
        self._lengths = np.zeros(rows, np.int32)
        self._total = np.ones((), np.int32)
        self._logits = np.zeros((rows, 1, extent.codebooks * extent.vocabulary), np.float32)
        self._binding = self._step.io_binding()
        self._bind_input("tokens", self._tokens)
        self._bind_input("position", self._position)
        self._bind_input("lengths", self._lengths)
        self._bind_input("total", self._total)
        self._bind_output("logits", self._logits)
        shape = (rows, extent.heads, extent.frames + extent.codebooks, extent.head_size)
        self._caches = [np.zeros(shape, np.float32) for _ in range(2 * extent.layers)]
        for number, cache in enumerate(self._caches):
            self._bind_input(f"past_{_of(number)}", cache)
            self._bind_output(f"present_{_of(number)}", cache)
        self._texts: list[Floats] = []

    def _bind_input(self, name: str, array: Any) -> None:
        self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def _bind_output(self, name: str, array: Any) -> None:
        self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def begin(self, tokens: Codes) -> None:
        """Encode the texts and reset the KV cache."""
        self._texts = self._text.run(None, {"input": tokens})
        for number, cache in enumerate(self._texts):
            self._bind_input(f"text_{_of(number)}", cache)
        self._position[:] = 0

    def step(self, tokens: Codes) -> Floats:
        """Return the logits after the tokens."""
        self._tokens[:] = tokens
        self._lengths[:] = self._position
        self._total[...] = self._position[0] + 1
        self._step.run_with_iobinding(self._binding)
        self._position += 1
        extent = self.extent
        return self._logits.reshape(extent.rows, extent.codebooks, extent.vocabulary)

    def sound(self, codes: Codes) -> Floats:
        """Return the sound of codes."""
        sound: Floats = self._sound.run(None, {"input": codes})[0]
        return sound


def _of(number: int) -> str:
    """Return the name of a cache, from its index over keys and values of all layers."""
    return f"{('key', 'value')[number % 2]}.{number // 2}"
