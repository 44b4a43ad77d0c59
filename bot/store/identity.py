"""Whose database a file is: ours has a signature; that of another program is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

SIGNATURE = int.from_bytes(b"zhyn")
"""The `application_id` of our databases."""

SIGNED_SINCE = 4
"""The first version that writes the signature into its databases."""

_FIRST_TABLES = {"jobs", "ledger", "clips", "facts"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a database file says of itself."""

    application_id: int
    version: int
    tables: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Return whether it is a new file."""
        return self.application_id == self.version == 0 and not self.tables

    @property
    def is_unsigned(self) -> bool:
        """Return whether it is one of ours from before they were signed, known by its tables."""
        is_early = self.application_id == 0 and 0 < self.version < SIGNED_SINCE
        return is_early and self.tables >= _FIRST_TABLES


IDENTITY_QUERY = (
    "SELECT (SELECT application_id FROM pragma_application_id), "
    "(SELECT user_version FROM pragma_user_version), "
    "(SELECT group_concat(name, '/') FROM sqlite_master WHERE type = 'table')"
)
"""Reads what `identity` takes; changes nothing in the file."""


def identity(row: Sequence[Any]) -> Identity:
    """Return the identity in a row of `IDENTITY_QUERY`."""
    application_id, version, tables = row
    return Identity(application_id, version, frozenset((tables or "").split("/")) - {""})


def check_identity(found: Identity, path: Path, newest_version: int) -> None:
    """Raise ConfigError where a database is another program's, or newer than a version of ours."""
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
