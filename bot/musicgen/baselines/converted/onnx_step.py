"""One step of MusicGen's decoder as a graph of ONNX Runtime's own fused operations.

PyTorch's exporter knows none of these: attention that writes into a KV cache of fixed size
(GroupQueryAttention), products of 8-bit weights and activations that are rounded while it runs
(MatMulNBits), norms that add first (SkipLayerNormalization).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_OPSET = 20
_EPSILON = 1e-5
_INT8_ACCURACY = 4
"""MatMulNBits with 8-bit activations."""

_FLOATS, _INTS, _LONGS = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


def write_step(model: Any, path: Path, *, rows: int, block_size: int | None) -> None:
    """Write the step of transformers' model for so many rows.

    Weights are in 8 bits with a scale for each block of inputs, or in fp32 where `block_size` is
    None. Inputs: tokens [rows, codebooks], position [1], lengths [rows] (of the KV cache, less
    one), total [] (the longest of them), and for each layer `text_key`, `text_value`, `past_key`
    and `past_value`, [rows, heads, length, size]. Outputs: logits [rows, 1, codebooks *
    vocabulary], and `present_key` and `present_value`, which take the same memory as the past.
    """
    graph = _Graph(block_size)
    config = model.config.decoder
    decoder = model.decoder.model.decoder
    books, heads = config.num_codebooks, config.num_attention_heads
    width = config.hidden_size
    cache = [rows, heads, None, width // heads]
    graph.take("tokens", _LONGS, [rows, books])
    graph.take("position", _LONGS, [1])
    graph.take("lengths", _INTS, [rows])
    graph.take("total", _INTS, [])

    tables = [_numbers(each.weight) for each in decoder.embed_tokens]
    first = len(tables[0]) * np.arange(books)
    index = graph.add("Add", ["tokens", graph.constant("first", first)])
    found = graph.add("Gather", [graph.constant("embeddings", np.concatenate(tables)), index])
    # A row is one position: the codebook axis becomes the sequence axis.
    summed = graph.add("ReduceSum", [found, graph.constant("books", np.array([1]))], keepdims=1)
    sinusoids = graph.constant("sinusoids", _numbers(decoder.embed_positions.weights))
    states = graph.add("Add", [summed, graph.add("Gather", [sinusoids, "position"])])
    branch = None
    for number, layer in enumerate(decoder.layers):
        names = {kind: f"{kind}.{number}" for kind in _CACHES}
        for name in names.values():
            graph.take(name, _FLOATS, cache)
        own, other = layer.self_attn, layer.encoder_attn
        known, states = graph.norm(states, branch, layer.self_attn_layer_norm)
        joint = np.concatenate([_numbers(p.weight) for p in (own.q_proj, own.k_proj, own.v_proj)])
        found = graph.add(
            "GroupQueryAttention",
            [
                *(graph.product(known, joint), "", ""),
                *(names["past_key"], names["past_value"], "lengths", "total"),
            ],
            domain=_MICROSOFT,
            outputs=["", f"present_key.{number}", f"present_value.{number}"],
            num_heads=heads,
            kv_num_heads=heads,
        )
        for name in ("present_key", "present_value"):
            graph.give(f"{name}.{number}", _FLOATS, cache)
        branch = graph.product(found, _numbers(own.out_proj.weight))
        known, states = graph.norm(states, branch, layer.encoder_attn_layer_norm)
        query = graph.product(known, _numbers(other.q_proj.weight))
        found = graph.add(
            "MultiHeadAttention",
            [query, names["text_key"], names["text_value"]],
            domain=_MICROSOFT,
            num_heads=heads,
        )
        branch = graph.product(found, _numbers(other.out_proj.weight))
        known, states = graph.norm(states, branch, layer.final_layer_norm)
        wide = graph.add("Gelu", [graph.product(known, _numbers(layer.fc1.weight))])
        branch = graph.product(wide, _numbers(layer.fc2.weight))
    known, _ = graph.norm(states, branch, decoder.layer_norm)
    logits = np.concatenate([_numbers(each.weight) for each in model.decoder.lm_heads])
    graph.product(known, logits, output="logits")
    graph.give("logits", _FLOATS, [rows, 1, len(logits)])
    graph.write(path)


_MICROSOFT = "com.microsoft"
_CACHES = ("text_key", "text_value", "past_key", "past_value")


class _Graph:
    """A graph under construction: nodes, constants, inputs and outputs."""

    def __init__(self, block_size: int | None) -> None:
        self._block_size = block_size
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def take(self, name: str, kind: int, shape: list[Any]) -> None:
        """Declare an input."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))

    def give(self, name: str, kind: int, shape: list[Any]) -> None:
        """Declare an output."""
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Store a constant under a name."""
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(
        self,
        operation: str,
        inputs: list[str],
        *,
        outputs: list[str] | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """Add a node and return the name of its first output, generated if empty."""
        name = f"{operation}.{len(self._nodes)}"
        outputs = [(outputs or [""])[0] or name, *(outputs or [""])[1:]]
        node = helper.make_node(operation, inputs, outputs, name=name, domain=domain, **attributes)
        self._nodes.append(node)
        return outputs[0]

    def norm(self, states: str, branch: str | None, norm: Any) -> tuple[str, str]:
        """Add a branch to the residual stream and normalize; return the result and the sum."""
        number = len(self._nodes)
        gain = self.constant(f"gain.{number}", _numbers(norm.weight))
        bias = self.constant(f"bias.{number}", _numbers(norm.bias))
        if branch is None:
            known = self.add("LayerNormalization", [states, gain, bias], epsilon=_EPSILON)
            return known, states
        joined = f"sum.{number}"
        known = self.add(
            "SkipLayerNormalization",
            [states, branch, gain, bias],
            outputs=["", "", "", joined],
            domain=_MICROSOFT,
            epsilon=_EPSILON,
        )
        return known, joined

    def product(self, states: str, weight: NDArray[np.float32], *, output: str = "") -> str:
        """Multiply by the transpose of a weight [outputs, inputs]."""
        number = len(self._nodes)
        if self._block_size is None:
            name = self.constant(f"weight.{number}", weight.T)
            return self.add("MatMul", [states, name], outputs=[output])
        codes, scales = quantize(weight, self._block_size)
        return self.add(
            "MatMulNBits",
            [
                states,
                self.constant(f"weight.{number}", codes),
                self.constant(f"scales.{number}", scales),
            ],
            outputs=[output],
            domain=_MICROSOFT,
            K=weight.shape[1],
            N=weight.shape[0],
            bits=8,
            block_size=self._block_size,
            accuracy_level=_INT8_ACCURACY,
        )

    def write(self, path: Path) -> None:
        """Write the graph, with its constants in a separate file."""
        graph = helper.make_graph(self._nodes, "step", self._inputs, self._outputs, self._constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        onnx.save_model(
            helper.make_model(graph, opset_imports=opsets, ir_version=10),
            str(path),
            save_as_external_data=True,
            location=f"{path.name}.data",
        )


def quantize(
    weight: NDArray[np.float32], block_size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Round [outputs, inputs] to [outputs, blocks, block_size] around 128, one scale per block."""
    outputs, inputs = weight.shape
    padded = np.pad(weight, ((0, 0), (0, -inputs % block_size)))
    blocks = padded.reshape(outputs, -1, block_size)
    scales = np.abs(blocks).max(-1) / np.float32(127)
    steps = np.where(scales == 0, np.float32(1), scales)
    codes = np.rint(blocks / steps[..., None]) + 128
    return codes.astype(np.uint8), scales.reshape(-1).astype(np.float32)


def _numbers(parameter: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = parameter.detach().numpy()
    return values
