"""The list of models: built-in, on this machine, and Meta's published ones.

Reads names, configurations and file sizes only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config import Config, expand_path
from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.hub import resolve
from bot.musicgen.checkpoint.inspection import inspect, read_json
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.checkpoint.tensor_names import tensor_sizes

STARTER = "starter"
STARTER_LICENCE = "Apache-2.0"
META_LICENCE = "CC-BY-NC 4.0"
UNKNOWN_LICENCE = "not stated"
PUBLISHED = tuple(
    f"facebook/musicgen-{size}"
    for size in (
        "small",
        "medium",
        "large",
        "melody",
        "melody-large",
        "stereo-small",
        "stereo-medium",
        "stereo-large",
        "stereo-melody",
        "stereo-melody-large",
    )
)
"""The hub ids of Meta's models that this program runs."""

STARTER_FOLDER = Path(__file__).parents[1] / "starter" / "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model: its folder, if it is on this machine, and its size."""

    name: str
    folder: Path | None
    config: ModelConfig
    size_bytes: int
    licence: str
    is_complete: bool = True


def starter_folder(folder: Path = STARTER_FOLDER) -> Path:
    """Return the folder of the model that comes with this program.

    Raises CheckpointError where the installation lacks it.
    """
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise CheckpointError(
                Sentence(
                    "The starter model is incomplete, {file} is missing: install Zhiyin again.",
                    file=folder / name,
                )
            )
    return folder


def starter() -> Entry:
    """Describe the model that comes with this program; raises as `starter_folder` does."""
    folder = starter_folder()
    return Entry(
        name=STARTER,
        folder=folder,
        config=parse_config(read_json(folder / "config.json")),
        size_bytes=_size_bytes(folder),
        licence=STARTER_LICENCE,
    )


def published(name: str) -> Entry:
    """Describe one of Meta's models as the hub has it; the size in bytes is that in fp32."""
    config = preset(name.removeprefix("facebook/"))
    size_bytes = 4 * sum(math.prod(size) for size in tensor_sizes(config).values())
    return Entry(name=name, folder=None, config=config, size_bytes=size_bytes, licence=META_LICENCE)


def entries(config: Config) -> list[Entry]:
    """List the built-in model, every other on this machine, then Meta's others."""
    here = {entry.name: entry for entry in _local_entries(config)}
    # A folder called `starter` is hidden by the built-in model.
    here.pop(STARTER, None)
    return [starter(), *here.values(), *(published(name) for name in PUBLISHED if name not in here)]


def model_folder(config: Config) -> Path:
    """Return the folder of downloads: the configured one, or Hugging Face's own.

    Raises ConfigError for a home folder that there is not.
    """
    if config.model.folder:
        return expand_path(config.model.folder)
    from huggingface_hub import constants

    return expand_path(constants.HF_HUB_CACHE)


def _local_entries(config: Config) -> Iterator[Entry]:
    root = model_folder(config)
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        name = folder.name.removeprefix("models--").replace("--", "/", 1)
        try:
            found = folder if name == folder.name else resolve(name, cache=root)
            model_config = parse_config(read_json(found / "config.json"))
        except CheckpointError:
            # The cache is shared with other programs: skip what is not MusicGen.
            continue
        yield Entry(
            name=name,
            folder=found,
            config=model_config,
            size_bytes=_size_bytes(found),
            licence=META_LICENCE if name in PUBLISHED else _licence(found),
            is_complete=_is_complete(found),
        )


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _is_complete(folder: Path) -> bool:
    try:
        inspect(folder)
    except CheckpointError:
        return False
    return True


def _licence(folder: Path) -> str:
    from huggingface_hub import metadata_load

    try:
        card = metadata_load(folder / "README.md")
    except Exception:  # anybody wrote it, and the parser's errors have nothing in common
        return UNKNOWN_LICENCE
    return str(card.get("license", UNKNOWN_LICENCE)) if card else UNKNOWN_LICENCE
