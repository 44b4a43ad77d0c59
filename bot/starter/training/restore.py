"""Read a checkpoint back into the networks that it was exported from, to train them further.

A checkpoint holds sums of code vectors (see `data/code_factors.py`): they all become the vectors of
single codes, and those of the factors begin at zero. It holds no optimizer.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from bot.starter.training.codec.latent_layout import key_dimensions, vector_dimensions
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.export import (
    FIRST_LAYER,
    LAST_LAYER,
    LOGIT_SCALES,
    codec_names,
    language_name,
    latent_scale,
)
from bot.starter.training.language.network import Language, LanguageSize

_Weights = dict[str, NDArray[np.float32]]


def read_codec(checkpoint: Path) -> StemCodec:
    """Return the codec of a checkpoint; its sharpness, which only training uses, is not in it."""
    weights, codec = _read(checkpoint), StemCodec(codec_size())
    state, size = codec.state_dict(), codec.codec.size
    for name in codec.codec.state_dict():
        tensor = _kernel(weights, name)
        if name == FIRST_LAYER:
            tensor = tensor * torch.from_numpy(latent_scale(size))[:, None]
        elif name in (LAST_LAYER, LAST_LAYER.replace("weight", "bias")):
            tensor = tensor[size.hidden_size - size.key_size :]
        state[f"codec.{name}"] = tensor.reshape(state[f"codec.{name}"].shape)
    for book in codec.vectors:
        entries = weights[f"audio_encoder.quantizer.layers.{book}.codebook.embed"]
        entries = entries / latent_scale(size)
        own = {
            "vectors": entries[:, vector_dimensions(int(book))],
            "keys": entries[:, key_dimensions(int(book))],
        }
        for part, table in own.items():
            state[f"{part}.{book}.own"] = torch.from_numpy(np.ascontiguousarray(table))
            shared = f"{part}.{book}.shared"
            state[shared] = torch.zeros_like(state[shared])
    codec.load_state_dict(state)
    return codec


def read_language(checkpoint: Path) -> Language:
    """Return the text encoder and decoder of a checkpoint."""
    weights = _read(checkpoint)
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    size = LanguageSize(
        layers=config["decoder"]["num_hidden_layers"],
        text_tokens=read_tokenizer(checkpoint).get_vocab_size(),
    )
    language = Language(size)
    state = language.state_dict()
    for name in state:
        if name.endswith(".shared") and name.startswith(("decoder.embeddings", "decoder.heads")):
            state[name] = torch.zeros_like(state[name])
        elif name.startswith("decoder.embeddings"):
            key = f"decoder.model.decoder.embed_tokens.{name.split('.')[2]}.weight"
            state[name] = torch.from_numpy(weights[key])
        elif name.startswith("decoder.heads"):
            book = int(name.split(".")[2])
            head = weights[f"decoder.lm_heads.{book}.weight"] / LOGIT_SCALES.get(book, 1.0)
            state[name] = torch.from_numpy(head)
        else:
            state[name] = torch.from_numpy(weights[language_name(name)])
    language.load_state_dict(state)
    return language


def read_tokenizer(checkpoint: Path) -> Tokenizer:
    """Return the tokenizer of a checkpoint."""
    return Tokenizer.from_file(str(checkpoint / "tokenizer.json"))


def _read(checkpoint: Path) -> _Weights:
    stored = load_file(checkpoint / "model.safetensors")
    return {name: np.asarray(tensor, np.float32) for name, tensor in stored.items()}


def _kernel(weights: _Weights, name: str) -> torch.Tensor:
    """Return a tensor of the codec, put together from length and direction where it has both."""
    names = codec_names(name)
    if len(names) == 1:
        return torch.from_numpy(weights[names[0]])
    length, direction = (weights[each] for each in names)
    norm = np.sqrt(np.square(direction).sum(axis=(1, 2), keepdims=True))
    return torch.from_numpy(length * direction / norm)
