"""Inspect a checkpoint folder without loading it and without a model library.

All faults of a folder are found here, before gigabytes are read: of the weights only the headers
are read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.generation import Sampling
from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.tensor_names import COMPUTED, TRAINING_ONLY, hub_name, tensor_sizes

_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".th")
_STORED_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_LARGEST_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A complete checkpoint folder of a supported kind.

    `weight_files` are all files of weights, `stored_bytes` their size on disk, and `sampling` the
    defaults recommended by the model's authors.
    """

    folder: Path
    config: ModelConfig
    sampling: Sampling
    weight_files: tuple[Path, ...]
    stored_bytes: int


def inspect(folder: Path) -> Contents:
    """Return the contents of a checkpoint folder.

    Raises CheckpointError for the first fault.
    """
    if not (folder / "config.json").is_file():
        raise CheckpointError(
            Sentence(
                "There is no config.json in {folder}: give the folder of a MusicGen model in "
                "the Hugging Face format.",
                folder=folder,
            )
        )
    config = parse_config(read_json(folder / "config.json"))
    files = _weight_files(folder)
    _check_tensors(config, files)
    if not any((folder / name).is_file() for name in ("tokenizer.json", "spiece.model")):
        raise CheckpointError(
            Sentence(
                "There is no tokenizer in {folder} (tokenizer.json or spiece.model): download "
                "the model again.",
                folder=folder,
            )
        )
    return Contents(
        folder=folder,
        config=config,
        sampling=_sampling(folder / "generation_config.json"),
        weight_files=files,
        stored_bytes=sum(file.stat().st_size for file in files),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises CheckpointError for anything else.
    """
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CheckpointError(
            Sentence("{path} can't be read as JSON: download the model again.", path=path)
        ) from error
    if not isinstance(contents, dict):
        raise CheckpointError(
            Sentence("{path} doesn't hold a JSON object: download the model again.", path=path)
        )
    return contents


def _weight_files(folder: Path) -> tuple[Path, ...]:
    if (folder / _SINGLE).is_file():
        return (folder / _SINGLE,)
    if (folder / _INDEX).is_file():
        shards = read_json(folder / _INDEX).get("weight_map")
        if not isinstance(shards, Mapping) or not shards:
            raise CheckpointError(
                Sentence("{file} names no files: download the model again.", file=folder / _INDEX)
            )
        # A downloaded file gives the names: take only the last part, against path traversal.
        files = tuple(folder / Path(str(name)).name for name in sorted(set(shards.values())))
        for file in files:
            if not file.is_file():
                raise CheckpointError(
                    Sentence(
                        "The weights are incomplete: {file} is missing. Download the model again.",
                        file=file,
                    )
                )
        return files
    pickled = [file.name for file in sorted(folder.iterdir()) if file.suffix in _PICKLED]
    if pickled:
        raise CheckpointError(
            Sentence(
                "The weights in {folder} are a pickle file ({pickled}), which can run any "
                "code when opened, so it is refused: use a version of the model with "
                "model.safetensors.",
                folder=folder,
                pickled=pickled[0],
            )
        )
    raise CheckpointError(
        Sentence(
            "There are no weights in {folder} (model.safetensors): download the model again.",
            folder=folder,
        )
    )


def _check_tensors(config: ModelConfig, files: tuple[Path, ...]) -> None:
    wanted = tensor_sizes(config)
    found: set[str] = set()
    for file in files:
        for stored_name, entry in read_header(file).items():
            name = hub_name(stored_name)
            if stored_name.endswith(COMPUTED):
                continue
            if name not in wanted:
                raise CheckpointError(
                    Sentence(
                        "{file} holds the tensor {stored_name}, which a MusicGen model of "
                        "this config.json doesn't have.",
                        file=file,
                        stored_name=stored_name,
                    )
                )
            if tuple(entry["shape"]) != wanted[name]:
                raise CheckpointError(
                    Sentence(
                        "{file} has the tensor {stored_name} with dimensions {entry}, where "
                        "its config.json asks for {wanted}.",
                        file=file,
                        stored_name=stored_name,
                        entry=entry["shape"],
                        wanted=list(wanted[name]),
                    )
                )
            found.add(name)
    needed = (name for name in wanted if not name.endswith(TRAINING_ONLY))
    missing = next((name for name in needed if name not in found), None)
    if missing is not None:
        raise CheckpointError(
            Sentence(
                "The weights in {parent} lack the tensor {missing}: download the model again.",
                parent=files[0].parent,
                missing=missing,
            )
        )


def read_header(file: Path) -> dict[str, dict[str, Any]]:
    """Return a safetensors header by tensor, after checking it against the file's size."""
    size_bytes = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        if start.startswith(b"version "):
            raise CheckpointError(
                Sentence(
                    "{file} is a placeholder that Git LFS left, without the weights: run 'git "
                    "lfs pull' in its folder or download the model again.",
                    file=file,
                )
            )
        length = int.from_bytes(start, "little")
        if length > min(size_bytes - 8, _LARGEST_HEADER_BYTES):
            raise _damaged(file)
        text = stream.read(length)
    try:
        header = json.loads(text)
        header.pop("__metadata__", None)
        end = max((_end(entry) for entry in header.values()), default=0)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(file) from error
    if 8 + length + end != size_bytes:
        raise _damaged(file)
    return dict(header)


def _end(entry: Mapping[str, Any]) -> int:
    """Return the end offset of a tensor. Raises ValueError for an inconsistent entry."""
    start, end = (int(offset) for offset in entry["data_offsets"])
    if end - start != math.prod(entry["shape"]) * _STORED_BYTES[entry["dtype"]]:
        raise ValueError(entry)
    return end


def _damaged(file: Path) -> CheckpointError:
    return CheckpointError(
        Sentence(
            "{file} is damaged or was not downloaded completely: download the model again.",
            file=file,
        )
    )


def _sampling(path: Path) -> Sampling:
    settings = read_json(path) if path.is_file() else {}
    usual = Sampling()

    def number(key: str, default: float) -> float:
        value = settings.get(key)
        if value is None:
            # transformers' own default for top_k is 50; the authors of MusicGen use 250.
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CheckpointError(
                Sentence(
                    "{path} gives {key} as {value}, which is not a number.",
                    path=path,
                    key=key,
                    value=repr(value),
                )
            )
        return value

    return Sampling(
        greedy=settings.get("do_sample", True) is False,
        guidance=float(number("guidance_scale", usual.guidance)),
        temperature=float(number("temperature", usual.temperature)),
        top_k=int(number("top_k", usual.top_k)),
        top_p=float(number("top_p", usual.top_p)),
    )
