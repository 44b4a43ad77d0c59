"""Locate a checkpoint: a folder, or a downloaded model of the Hugging Face hub.

Never accesses the network.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve(model: str | Path, *, cache: Path | None = None) -> Path:
    """Return the folder of a model given as a folder or as the hub id of a downloaded model.

    `cache` is the hub's cache if not the default one. Raises CheckpointError if neither exists.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CheckpointError(
            Sentence("{folder} is a file: give the folder of a model or a hub id.", folder=folder)
        )
    if not _HUB_ID.fullmatch(str(model)):
        raise CheckpointError(
            Sentence("There is no folder {folder}: give one, or a hub id.", folder=folder)
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(model), cache_dir=cache, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise CheckpointError(
            Sentence(
                "The model {model} is not on this machine: run 'zhiyin models download {model}'.",
                model=model,
            )
        ) from error


def hub_address(configured: str | None) -> str:
    """Return the hub's address: the configured one, the environment's or the public one."""
    return configured or os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
