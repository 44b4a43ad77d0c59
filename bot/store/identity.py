"""Recognize our own database files by a signature; other programs' files are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

SIGNATURE = int.from_bytes(b"zhyn")
"""SQLite's `application_id` in our databases."""

SIGNED_SINCE = 4
"""The first database version with the signature."""

_FIRST_TABLES = {"jobs", "ledger", "clips", "facts"}


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a database file."""

    application_id: int
    version: int
    tables: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Return whether it is a new file."""
        return self.application_id == self.version == 0 and not self.tables

    @property
    def is_unsigned(self) -> bool:
        """Return whether it is an old database of ours, known by its tables."""
        is_early = self.application_id == 0 and 0 < self.version < SIGNED_SINCE
        return is_early and self.tables >= _FIRST_TABLES


IDENTITY_QUERY = (
    "SELECT (SELECT application_id FROM pragma_application_id), "
    "(SELECT user_version FROM pragma_user_version), "
    "(SELECT group_concat(name, '/') FROM sqlite_master WHERE type = 'table')"
)
"""Reads the row that `identity` takes, without changing the file."""


def identity(row: Sequence[Any]) -> Identity:
    """Return the identity in a row of `IDENTITY_QUERY`."""
    application_id, version, tables = row
    return Identity(application_id, version, frozenset((tables or "").split("/")) - {""})


def check_identity(found: Identity, path: Path, newest_version: int) -> None:
    """Raise ConfigError for another program's database, or one of a newer version."""
    if found.application_id != SIGNATURE and not found.is_empty and not found.is_unsigned:
        raise ConfigError(
            Sentence(
                "{path} is the database of another program and was left as it is: choose "
                "another folder as storage.folder, or move that file away.",
                path=path,
            )
        )
    if found.version > newest_version:
        raise ConfigError(
            Sentence(
                "{path} was written by a newer version of Zhiyin: run that one, or restore an "
                "older backup.",
                path=path,
            )
        )
