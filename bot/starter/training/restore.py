"""Go on from a checkpoint: the inverse of export, for a folder that no training has been in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from bot.starter.training.codec_network import Codec, CodecSize
from bot.starter.training.export import codec_names, language_name, quantizer_name
from bot.starter.training.language_network import Language, LanguageSize
from bot.starter.training.quantizer import Quantizer

_Weights = Mapping[str, NDArray[np.float16]]


def restore(checkpoint: Path, folder: Path) -> None:
    """Write a checkpoint's weights and tokenizer to a folder, as a stopped training leaves them.

    What the optimizers knew is not in a checkpoint: they begin anew, with the full rate.
    """
    weights = load_file(checkpoint / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    tokenizer.save(str(folder / "tokenizer.json"))
    size = CodecSize()
    codec = Codec(size)
    quantizer = Quantizer(size.codebooks, size.codebook_size, size.hidden_size)
    language = Language(LanguageSize(text_tokens=tokenizer.get_vocab_size()))
    _fill(quantizer, {name: weights[quantizer_name(name)] for name in quantizer.state_dict()})
    _fill(language, {name: weights[language_name(name)] for name in language.state_dict()})
    _fill(codec, {name: _kernel(weights, name) for name in codec.state_dict()})
    begun = {"step": 0, "seconds_used": 0.0}
    parts = {"codec": codec.state_dict(), "quantizer": quantizer.state_dict()}
    torch.save(parts | begun, folder / "codec.pt")
    torch.save({"model": language.state_dict(), **begun}, folder / "language.pt")


def _kernel(weights: _Weights, name: str) -> NDArray[np.float32]:
    values = [weights[full].astype(np.float32) for full in codec_names(name)]
    if len(values) == 1:
        return values[0]
    length, direction = values
    norm = np.sqrt(np.square(direction).sum(axis=(1, 2), keepdims=True))
    return np.asarray(direction * (length / norm), np.float32)


def _fill(
    module: nn.Module, values: Mapping[str, NDArray[np.float32] | NDArray[np.float16]]
) -> None:
    for name, tensor in module.state_dict().items():
        found: Tensor = torch.from_numpy(np.array(values[name], np.float32))
        tensor.copy_(found.view_as(tensor))
