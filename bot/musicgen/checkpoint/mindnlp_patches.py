"""All patches for MindNLP 0.5.1 and mindtorch.

Each explains the fault, and is undone if possible. Review this file when the pinned versions
change.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bot.musicgen.checkpoint.hub import hub_address


def import_mindnlp(hub: str | None = None) -> None:
    """Import MindNLP, which makes transformers use MindSpore instead of torch.

    Must be called before anything imports transformers. Takes seconds the first time.
    """
    if "mindnlp" in sys.modules:
        return
    # MindNLP points the whole process at a mirror when no endpoint is set.
    os.environ["HF_ENDPOINT"] = hub_address(hub)
    # MindNLP imports every model of diffusers, which takes four seconds and prints a notice. An
    # empty module in its place is removed again, so that a later import finds the real one.
    unwanted = "mindnlp.diffusers"
    sys.modules[unwanted] = types.ModuleType(unwanted)
    try:
        with quiet():
            import mindnlp
    finally:
        del sys.modules[unwanted]
    vars(mindnlp).pop("diffusers", None)


@contextmanager
def quiet() -> Iterator[None]:
    """Hide the libraries' notices and progress bars; errors still show."""
    names = ("transformers", "mindnlp", "datasets")
    before = {name: logging.getLogger(name).level for name in names}
    notices = sys.modules.get("transformers.utils.logging")
    bars = notices is not None and notices.is_progress_bar_enabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        if notices is not None and bars:
            notices.disable_progress_bar()
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)
            if notices is not None and bars:
                notices.enable_progress_bar()


@contextmanager
def mapped_weights() -> Iterator[None]:
    """Let `from_pretrained` memory-map tensors instead of copying them twice.

    MindNLP reads each tensor into a new buffer, and mindtorch's `to("cpu")` copies what is on the
    CPU already: musicgen-small takes 11 s and 2.4 GB in place of 1 s and reclaimable pages. Each
    tensor has a mapping of its own, freed with its last user. Mappings are copy-on-write. bfloat16
    is widened, which MindNLP narrows to float16.
    """
    import mindtorch
    from mindnlp.utils import safetensors_patch

    tensor, piece = mindtorch.Tensor, safetensors_patch.PySafeSlice
    copying_move, copying_get = tensor._move_to, piece.get

    def move(self: Any, device: Any, non_blocking: bool = False) -> Any:
        if self.device.type == device.type == "cpu":
            return self
        return copying_move(self, device, non_blocking)

    def get(self: Any, index: Any = None) -> Any:
        dtype = np.dtype(np.uint16) if self.info["dtype"] == "BF16" else np.dtype(self.dtype)
        array: np.ndarray[Any, Any] = np.memmap(
            self.bufferfile.name,
            dtype=dtype,
            mode="c",
            offset=self.start_offset,
            shape=tuple(self.shape),
        )
        if self.info["dtype"] == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return mindtorch.from_numpy(array if index is None else array[index])

    tensor._move_to, piece.get = move, get
    try:
        yield
    finally:
        tensor._move_to, piece.get = copying_move, copying_get


@contextmanager
def numeric_products() -> Iterator[None]:
    """Let a product of booleans and numbers be numeric, as MusicGen's own `generate` needs.

    mindtorch casts such a product to the narrower type if the booleans come first. That turns the
    token ids of the delay pattern into booleans, and the samples that EnCodec encodes, too, which
    then fails in the padding.
    """
    import mindtorch
    from mindtorch import ops

    narrowing = ops.mul

    def mul(left: Any, right: Any) -> Any:
        if isinstance(right, mindtorch.Tensor) and left.dtype == mindtorch.bool:
            left = left.to(right.dtype)
        return narrowing(left, right)

    ops.mul = mul
    try:
        yield
    finally:
        ops.mul = narrowing


@contextmanager
def conditioned_first_step() -> Iterator[None]:
    """Make MusicGen Melody's `generate` apply its conditioning.

    transformers 4.57 gives the model an empty cache at the first step, and the method that prepares
    a step omits text and melody if there is a cache (transformers#45647). `generate` inspects the
    method's signature, so the patch keeps it.
    """
    from transformers import MusicgenMelodyForConditionalGeneration as Network

    forgetful = Network.prepare_inputs_for_generation

    @functools.wraps(forgetful)
    def prepare(
        self: Any,
        ids: Any,
        encoder_hidden_states: Any = None,
        past_key_values: Any = None,
        **others: Any,
    ) -> Any:
        is_empty = past_key_values is not None and past_key_values.get_seq_length() == 0
        made = forgetful(
            self,
            ids,
            encoder_hidden_states=encoder_hidden_states,
            past_key_values=None if is_empty else past_key_values,
            **others,
        )
        made["past_key_values"] = past_key_values
        return made

    Network.prepare_inputs_for_generation = prepare
    try:
        yield
    finally:
        Network.prepare_inputs_for_generation = forgetful


@contextmanager
def exact_relative_buckets() -> Iterator[None]:
    """Let T5 compute its relative position buckets exactly.

    MindSpore's logarithm is too imprecise for transformers' formula: it puts the distances 16, 32
    and 64, where a bucket begins, into the bucket before, which changes the states of longer
    prompts by up to 12 %.
    """
    from transformers.models.t5.modeling_t5 import T5Attention

    name = "_relative_position_bucket"
    coarse = vars(T5Attention)[name]
    setattr(T5Attention, name, staticmethod(exact_buckets))
    try:
        yield
    finally:
        setattr(T5Attention, name, coarse)


def exact_buckets(
    relative_position: Any,
    bidirectional: bool = True,
    num_buckets: int = 32,
    max_distance: int = 128,
) -> Any:
    """Return T5's bucket for each distance, computed in integers."""
    import mindtorch

    assert bidirectional
    half = num_buckets // 2
    exact = half // 2
    powers = half - exact
    positions = relative_position.numpy()
    found = []
    for distance in map(int, np.abs(positions).ravel()):
        steps = 0
        # log(distance / exact) / log(max_distance / exact) * powers >= steps + 1, in integers.
        while distance**powers >= exact**powers * (max_distance // exact) ** (steps + 1):
            steps += 1
        found.append(distance if distance < exact else min(exact + steps, half - 1))
    sides = (positions > 0) * half
    return mindtorch.tensor(np.array(found).reshape(sides.shape) + sides)


def relink_lstms(network: Any) -> None:
    """Make every LSTM of a loaded network use its loaded weights.

    mindtorch's LSTM computes with lists of parameters made at construction; loading a checkpoint
    replaces the parameters but not the lists, so that EnCodec would run with its random initial
    weights.
    """
    for module in network.modules():
        if not hasattr(module, "w_ih_list"):
            continue
        for kind in ("w_ih", "w_hh", "b_ih", "b_hh"):
            long = kind.replace("w_", "weight_").replace("b_", "bias_")
            count = len(getattr(module, f"{kind}_list"))
            loaded = [getattr(module, f"{long}_l{layer}") for layer in range(count)]
            setattr(module, f"{kind}_list", loaded)
