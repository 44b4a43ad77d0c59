"""Find a model's folder by its name, and inspect it without loading."""

from __future__ import annotations

import difflib
from pathlib import Path

from bot.config import Config
from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.models import registry
from bot.models.registry import UNKNOWN_LICENCE, entries
from bot.musicgen.checkpoint.hub import resolve
from bot.musicgen.checkpoint.inspection import Contents, inspect
from bot.musicgen.checkpoint.vocabulary import read_vocabulary


def inspect_model(config: Config) -> tuple[Contents, str]:
    """Inspect the configured model without loading it; return its contents and its licence.

    Raises CheckpointError.
    """
    contents = inspect(locate(config.model.name, config))
    return contents, licence_of(config.model.name, config)


def vocabulary_of(contents: Contents) -> frozenset[str] | None:
    """Return the words that a model knows; None for one that reads every word."""
    return read_vocabulary(contents.folder)


def licence_of(name: str, config: Config) -> str:
    """Return the licence of a model by its name."""
    licences = {entry.name: entry.licence for entry in entries(config)}
    return licences.get(name, UNKNOWN_LICENCE)


def locate(name: str, config: Config) -> Path:
    """Return the folder of a model: `starter`, a folder, or a hub id that has been downloaded.

    Raises CheckpointError with what to do where there is none.
    """
    if name == registry.STARTER:
        return registry.starter_folder()
    cache = registry.model_folder(config)
    if not Path(name).is_dir() and (cache / name).is_dir():
        return cache / name
    close = difflib.get_close_matches(f"facebook/{name}", registry.PUBLISHED, n=1, cutoff=0.8)
    if close and "/" not in name and not Path(name).exists():
        raise CheckpointError(
            Sentence("There is no model {name}. Did you mean {near}?", name=name, near=close[0])
        )
    return resolve(name, cache=cache)
