"""The decoder on MindSpore's own operations: for devices and machines without our kernels.

Several times slower than the kernels on a CPU, with the same tokens. Every step computes all
slots, so that the shapes, and with them the results, never depend on how many requests run.
"""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder.builtin_graphs import CopyPast, KeepText, Layers, Step
from bot.musicgen.decoder.interface import Conditioning, Floats, Rows

_SPANS = (256, 512, 1024)
_TEXT_SPANS = (64, 512)
_DTYPES: dict[Precision, type[np.floating[Any]]] = {"fp32": np.float32, "fp16": np.float16}


class BuiltinDecoder:
    """A decoder of MindSpore operations, compiled once per shape."""

    def __init__(
        self,
        weights: dict[str, Any],
        config: DecoderConfig,
        *,
        slots: int,
        positions: int,
        precision: Precision = "fp32",
        fixed: bool = False,
    ) -> None:
        """Take the weights (and empty the mapping) and make room for `slots` sequences.

        `precision` is fp32 or fp16. If `fixed`, every step is over the whole KV cache, whatever is
        in it, and all graphs are compiled in the warm-up: for devices, which take minutes for a
        graph and read memory fast. Otherwise a step is over the shortest span that will do.
        """
        self.precision = precision
        self.description = "MindSpore's own operations"
        self.slots = slots
        self.max_rows = slots
        self.graphs = 0
        """The number of graphs requested so far; each is compiled at its first call."""
        self._config = config
        # Inactive slots write to one position that is never read.
        self._idle = positions
        self._layers = Layers(
            weights,
            config,
            slots=slots,
            positions=positions + 1,
            text_tokens=_TEXT_SPANS[-1],
            dtype=_DTYPES[precision],
        )
        whole = positions + 1
        self._spans = [whole] if fixed else [*(s for s in _SPANS if s < whole), whole]
        self._text_spans = _TEXT_SPANS if config.has_cross_attention else _TEXT_SPANS[:1]
        self._is_fixed = fixed
        self._compiled: dict[tuple[str, int, int], Any] = {}

    def warm_up(self) -> None:
        """Compile the shortest step, or all graphs if shapes are fixed; slot 0 is used."""
        width = self._config.hidden_size
        spans = self._text_spans if self._is_fixed else self._text_spans[:1]
        for span in spans:
            length = span if self._config.has_cross_attention else 0
            self.set_conditioning(
                0, Conditioning(text_states=np.zeros((length, width), np.float32))
            )
            self.step(
                Rows(
                    tokens=np.zeros((1, self._config.codebooks), np.int32),
                    slots=np.zeros(1, np.int32),
                    # If fixed, a position that is never read: the slot may hold a prefix.
                    positions=np.full(1, self._idle if self._is_fixed else 0, np.int32),
                    text_lengths=np.array([length], np.int32),
                )
            )
        if self._is_fixed:
            self.copy_past(0, 0, range(0))

    def set_conditioning(self, slot: int, conditioning: Conditioning) -> None:
        """Compute the keys and values of a slot's cross-attention."""
        if not self._config.has_cross_attention:
            return
        states = conditioning.text_states
        span = next(span for span in self._text_spans if span >= len(states))
        padded = np.zeros((span, self._config.hidden_size), np.float32)
        padded[: len(states)] = states
        keep = self._graph("text", span, 0)
        keep(Tensor(padded), Tensor(np.array([[slot]], np.int32))).asnumpy()

    def copy_past(self, source: int, target: int, positions: range) -> None:
        """Copy the KV cache at some positions from one slot to another."""
        chosen = np.zeros((1, 1, self._idle + 1, 1), np.bool_)
        chosen[0, 0, positions.start : positions.stop] = True
        slots = (np.array(shape, np.int32) for shape in ([source], [[target]]))
        self._graph("past", 0, 0)(*map(Tensor, slots), Tensor(chosen)).asnumpy()

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the logits [rows, codebooks, vocab_size]."""
        logits = np.zeros((len(rows), self._config.codebooks, self._config.vocab_size), np.float32)
        left = np.arange(len(rows))
        while len(left):
            # Rows of one slot are computed in sequence, since each attends to those before it.
            _, first = np.unique(rows.slots[left], return_index=True)
            logits[left[first]] = self._one_row_a_slot(rows, left[first])
            left = np.delete(left, first)
        return logits

    def _one_row_a_slot(self, rows: Rows, chosen: Any) -> Floats:
        slots = rows.slots[chosen]
        tokens = np.zeros((self.slots, self._config.codebooks), np.int32)
        positions = np.full(self.slots, self._idle, np.int32)
        lengths = np.zeros(self.slots, np.int32)
        tokens[slots] = rows.tokens[chosen]
        given = np.zeros((self.slots, self._config.hidden_size), np.float32)
        is_given = tokens[:, :1] < 0
        if rows.given is not None:
            given[is_given[:, 0]] = rows.given[-1 - tokens[is_given[:, 0], 0]]
        tokens[is_given[:, 0]] = 0
        positions[slots] = rows.positions[chosen]
        lengths[slots] = rows.text_lengths[chosen]
        reach = int(rows.positions[chosen].max()) + 1
        span = next(span for span in self._spans if span >= reach)
        text_span = next(span for span in self._text_spans if span >= lengths.max())
        inputs = (tokens, positions, lengths, given, is_given)
        made = self._graph("step", span, text_span)(*map(Tensor, inputs))
        by_slot = made.asnumpy().reshape(
            self.slots, self._config.codebooks, self._config.vocab_size
        )
        logits: Floats = by_slot[slots]
        return logits

    def _graph(self, kind: str, span: int, text_span: int) -> Any:
        """Return a graph; its first call compiles it."""
        name = (kind, span, text_span)
        if name not in self._compiled:
            cell: Any
            if kind == "step":
                cell = Step(self._config, self._layers, span, text_span)
            elif kind == "text":
                cell = KeepText(self._config, self._layers, span)
            else:
                cell = CopyPast(self._config, self._layers)
            self._compiled[name] = ms.jit(cell.construct)
            self.graphs += 1
        return self._compiled[name]
