"""MusicGen on ONNX Runtime: text and sound exported by PyTorch, the step in its own operations."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bot.musicgen.baselines.converted.clip_loop import Codes, Floats
from bot.musicgen.baselines.converted.onnx_step import write_step
from bot.musicgen.baselines.converted.torch_parts import SoundPart, TextPart

_BLOCK_SIZE = 256
"""Weights that share a scale: the fastest of 32 to 256."""

_OPSET = 17


class OnnxRuntimeParts:
    """The converted model for so many requests at once."""

    def __init__(
        self, model: Any, *, requests: int, tokens: int, frames: int, threads: int, precision: str
    ) -> None:
        """Convert and load; `precision` is fp32 or int8."""
        import onnxruntime as ort

        config = model.config.decoder
        self.codebooks = config.num_codebooks
        self.vocabulary = config.vocab_size
        self._rows, self._layers = 2 * requests, config.num_hidden_layers
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3

        def session(path: Path) -> Any:
            return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

        with tempfile.TemporaryDirectory() as name, torch.inference_mode():
            folder = Path(name)
            words = torch.zeros(requests, tokens, dtype=torch.int64)
            self._text = session(_text(model, words, folder, rounded=precision == "int8"))
            # One request is traced in a fraction of the time.
            codes = torch.zeros(1, self.codebooks, frames, dtype=torch.int64)
            self._sound = session(_export(SoundPart(model).eval(), codes, folder / "sound.onnx"))
            write_step(
                model,
                folder / "step.onnx",
                rows=self._rows,
                block_size=_BLOCK_SIZE if precision == "int8" else None,
            )
            self._step = session(folder / "step.onnx")
        heads, size = config.num_attention_heads, config.hidden_size // config.num_attention_heads
        shape = (self._rows, heads, frames + self.codebooks, size)
        self._tokens = np.zeros((self._rows, self.codebooks), np.int64)
        self._position = np.zeros(1, np.int64)
        self._lengths = np.zeros(self._rows, np.int32)
        self._total = np.ones((), np.int32)
        self._logits = np.zeros((self._rows, 1, self.codebooks * self.vocabulary), np.float32)
        value = ort.OrtValue.ortvalue_from_numpy
        self._binding = self._step.io_binding()
        for key, array in (
            ("tokens", self._tokens),
            ("position", self._position),
            ("lengths", self._lengths),
            ("total", self._total),
        ):
            self._bind_input(key, array)
        self._caches = [np.zeros(shape, np.float32) for _ in range(2 * self._layers)]
        for number, cache in enumerate(self._caches):
            kind = ("key", "value")[number % 2]
            self._bind_input(f"past_{kind}.{number // 2}", cache)
            self._bind_output(f"present_{kind}.{number // 2}", cache)
        self._bind_output("logits", self._logits)
        self._value = value
        self._texts: list[Floats] = []

    def _bind_input(self, name: str, array: Any) -> None:
        self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def _bind_output(self, name: str, array: Any) -> None:
        self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def begin(self, tokens: Codes) -> None:
        """Encode the texts and forget what was decoded before."""
        self._texts = self._text.run(None, {self._text.get_inputs()[0].name: tokens})
        for number, cache in enumerate(self._texts):
            self._bind_input(f"text_{('key', 'value')[number % 2]}.{number // 2}", cache)
        self._position[:] = 0

    def step(self, tokens: Codes) -> Floats:
        """Return the logits after the tokens."""
        self._tokens[:] = tokens
        self._lengths[:] = self._position
        self._total[...] = self._position[0] + 1
        self._step.run_with_iobinding(self._binding)
        self._position += 1
        return self._logits.reshape(self._rows, self.codebooks, self.vocabulary)

    def sound(self, codes: Codes) -> Floats:
        """Return the sound of codes."""
        sound: Floats = self._sound.run(None, {self._sound.get_inputs()[0].name: codes})[0]
        return sound


def _text(model: Any, words: Any, folder: Path, *, rounded: bool) -> Path:
    exact = _export(TextPart(model).eval(), words, folder / "text.onnx")
    if not rounded:
        return exact
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        exact,
        folder / "text_int8.onnx",
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul"],
        use_external_data_format=True,
    )
    return folder / "text_int8.onnx"


def _export(module: Any, example: Any, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The newer exporter writes an LSTM as thousands of small operations.
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=["input"],
            dynamic_axes={"input": {0: "requests"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    return path
