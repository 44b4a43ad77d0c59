"""MusicGen on OpenVINO: converted from PyTorch, its KV cache a state of the compiled step.

Weights in 8 bits by NNCF, activations rounded by the runtime as it sees fit.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import torch

from bot.musicgen.baselines.converted.clip_loop import Codes, Floats
from bot.musicgen.baselines.converted.torch_parts import SoundPart, StepPart, TextPart

# Before OpenVINO and NNCF are imported: without it they report their use to their maker.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
os.environ.setdefault("NNCF_CI", "1")

_GROUP_SIZE = 1024
"""Activations that share a scale: the fastest of 32 to 1024."""


class OpenVinoParts:
    """The converted model for so many requests at once."""

    def __init__(
        self, model: Any, *, requests: int, tokens: int, frames: int, threads: int, precision: str
    ) -> None:
        """Convert and compile; `precision` is fp32 or int8."""
        import openvino as ov

        config = model.config.decoder
        self.codebooks = config.num_codebooks
        self.vocabulary = config.vocab_size
        self._rows = 2 * requests
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Its own choice, bf16, has no products of 8-bit activations, which are faster.
            "INFERENCE_PRECISION_HINT": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP_SIZE,
        }
        if precision == "fp32":
            settings |= {"KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
        core = ov.Core()

        def compiled(converted: Any, *, rounded: bool) -> Any:
            if rounded and precision == "int8":
                import nncf

                symmetric = nncf.CompressWeightsMode.INT8_SYM
                converted = nncf.compress_weights(converted, mode=symmetric)
            return core.compile_model(converted, "CPU", settings).create_infer_request()

        words = torch.zeros(requests, tokens, dtype=torch.int64)
        # One request is traced in a fraction of the time, and the shape of all is set afterwards.
        codes = torch.zeros(1, self.codebooks, frames, dtype=torch.int64)
        with torch.inference_mode():
            text = ov.convert_model(TextPart(model).eval(), example_input=(words,))
            text.reshape([requests, tokens])
            self._text = compiled(text, rounded=True)
            step = _stateful(model, self._rows, tokens)
            self._layers = config.num_hidden_layers
            self._step = compiled(step, rounded=True)
            sound = ov.convert_model(SoundPart(model).eval(), example_input=(codes,))
            sound.reshape([requests, self.codebooks, frames])
            # Its convolutions are small beside the sound that passes through them.
            self._sound = compiled(sound, rounded=False)
        self._position = np.zeros(1, np.int64)
        self._step.set_tensor("order", ov.Tensor(np.arange(self._rows, dtype=np.int32)))
        self._tensor = ov.Tensor

    def begin(self, tokens: Codes) -> None:
        """Encode the texts and forget what was decoded before."""
        self._text.infer([tokens], share_inputs=True)
        for number in range(2 * self._layers):
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


def _stateful(model: Any, rows: int, tokens: int) -> Any:
    """Return the step with its KV cache as states."""
    import openvino as ov
    import openvino.opset13
    from openvino._offline_transformations import apply_make_stateful_transformation

    config = model.config.decoder
    heads, size = config.num_attention_heads, config.hidden_size // config.num_attention_heads
    count = 2 * config.num_hidden_layers
    example = (
        torch.zeros(rows, config.num_codebooks, dtype=torch.int64),
        torch.zeros(1, dtype=torch.int64),
        torch.arange(rows, dtype=torch.int32),
        *(torch.zeros(rows, heads, tokens, size) for _ in range(count)),
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
    # The runtime fuses the cache into the attention only where it is told what a state begins with.
    empty = ov.opset13.constant(np.zeros((rows, heads, 0, size), np.float32))
    for node in step.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([empty])
    step.validate_nodes_and_infer_types()
    return step
