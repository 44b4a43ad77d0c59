"""Load a MusicGen checkpoint through MindNLP and return its weights as plain arrays.

Importing this file costs nothing; `load` imports MindNLP, so only a worker process calls it.
The arrays are memory-mapped wherever the file holds fp32, so they take memory only as they are
read and free it when dropped: take each out of the dictionaries when packing it.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision, Sampling
from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.hub import resolve
from bot.musicgen.checkpoint.inspection import Contents, inspect
from bot.musicgen.checkpoint.memory import check_memory, memory_needed
from bot.musicgen.checkpoint.mindnlp_patches import import_mindnlp, mapped_weights, quiet
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.tensor_names import TRAINING_ONLY
from bot.musicgen.checkpoint.tokenizer import Tokenizer

Weights = dict[str, NDArray[np.float32]]
"""Arrays by their names in the part's own state dict."""

_LENGTH = ".parametrizations.weight.original0"
_DIRECTION = ".parametrizations.weight.original1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A loaded MusicGen model: its dimensions, its weights, its tokenizer, its defaults.

    `codec` has the weight norm folded in (`decoder.layers.0.conv.weight`) and keeps of each
    codebook what inference needs (`quantizer.layers.0.codebook.embed`). `text` has the embeddings
    once, as `shared.weight`. `projection` holds `weight` and `bias`, and is empty where the text
    encoder is as wide as the decoder. `melody_projection` holds the same for pitch classes, and is
    empty for a model that takes no melody.
    """

    name: str
    config: ModelConfig
    sampling: Sampling
    tokenizer: Tokenizer
    decoder: Weights
    text: Weights
    codec: Weights
    projection: Weights
    melody_projection: Weights


def load(
    model: str | Path,
    *,
    slots: int = 1,
    seconds: float = 30.0,
    precision: Precision = "fp32",
    words: int = 0,
    hub: str | None = None,
    cache: Path | None = None,
) -> Checkpoint:
    """Load a model from a folder, or by its hub id from the hub's cache.

    First the free memory is checked, for the use given by `slots`, `seconds`, `precision` and
    `words`. Nothing is downloaded; `hub` keeps MindNLP from choosing a hub for the process. Raises
    CheckpointError for a model that can't be loaded, ResourceError for too little memory.
    """
    contents = inspect(resolve(model, cache=cache))
    check_memory(
        memory_needed(
            contents.config, slots=slots, seconds=seconds, precision=precision, words=words
        )
    )
    import_mindnlp(hub)
    with quiet():
        tokenizer = _load_tokenizer(contents.folder)
        network = _load_network(contents)
        has_melody = contents.config.melody is not None
        checkpoint = Checkpoint(
            name=model_name(model),
            config=contents.config,
            sampling=contents.sampling,
            tokenizer=tokenizer,
            decoder=_arrays(network.decoder),
            text=_text_arrays(network.text_encoder),
            codec=_codec_arrays(network.audio_encoder),
            projection=_arrays(network.enc_to_dec_proj) if contents.config.projected else {},
            melody_projection=_arrays(network.audio_enc_to_dec_proj) if has_melody else {},
        )
    del network
    # The modules form reference cycles, which hold the arrays until they are collected.
    gc.collect()
    return checkpoint


def model_name(model: str | Path) -> str:
    """Return a model's name: its hub id, or the name of its folder."""
    folder = Path(model).expanduser()
    return folder.resolve().name if folder.is_dir() else str(model)


def network_class_of(config: ModelConfig) -> Any:
    """Return transformers' class for a model."""
    import transformers

    if config.melody is not None:
        return transformers.MusicgenMelodyForConditionalGeneration
    return transformers.MusicgenForConditionalGeneration


def _load_tokenizer(folder: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    try:
        tokenizer: Tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # The library's parsers can raise any exception.
        raise CheckpointError(
            Sentence(
                "The tokenizer in {folder} can't be read: download the model again.", folder=folder
            )
        ) from error
    return tokenizer


def _load_network(contents: Contents) -> Any:
    network_class = network_class_of(contents.config)
    with mapped_weights():
        network, report = network_class.from_pretrained(
            contents.folder,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    # The files were checked before, so a missing tensor is a bug of ours or MindNLP's, which would
    # otherwise be heard as noise.
    missing = [name for name in report["missing_keys"] if not name.endswith(TRAINING_ONLY)]
    assert not missing, missing
    return network


def _arrays(part: Any) -> Weights:
    return {name: tensor.asnumpy() for name, tensor in part.state_dict().items()}


def _text_arrays(part: Any) -> Weights:
    weights = _arrays(part)
    weights.pop("encoder.embed_tokens.weight", None)
    return weights


def _codec_arrays(part: Any) -> Weights:
    weights = {n: a for n, a in _arrays(part).items() if not n.endswith(TRAINING_ONLY)}
    # Weight norm is folded in here: mindtorch takes 20 s and much memory for it.
    for name in [name for name in weights if name.endswith(_LENGTH)]:
        length = weights.pop(name)
        kernel = weights.pop(name.removesuffix(_LENGTH) + _DIRECTION)
        norm = np.sqrt(np.square(kernel).sum(axis=(1, 2), keepdims=True))
        weights[name.removesuffix(_LENGTH) + ".weight"] = kernel * (length / norm)
    return weights
