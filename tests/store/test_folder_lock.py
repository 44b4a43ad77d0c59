"""Why a folder can't be used for the database: each cause has its own error."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3

import pytest

from bot.errors import ConfigError
from bot.store.database import open_database
from bot.store.folder_lock import describe_failure

NOON = 1_700_000_000.0


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOLCK, "without the locks that a database needs (a network share?)"),
        (errno.EOPNOTSUPP, "choose another folder as storage.folder"),
        (errno.EACCES, "The bot can't write to"),
        (errno.ENOSPC, "can't be used: No space left on device."),
    ],
)
async def test_locking_errors_are_explained(tmp_path, monkeypatch, number, sentence):
    """A share without locks, a missing permission and a full disk need different remedies."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(ConfigError) as caught:
        async with open_database(tmp_path, NOON):
            pass
    assert sentence in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_sqlite_s_network_share_errors_are_explained(tmp_path):
    """SQLite names them by codes; its other errors are passed on."""
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorname = "SQLITE_PROTOCOL"
    assert "network share" in str(describe_failure(error, tmp_path))
    other = sqlite3.OperationalError("unable to open database file")
    assert "can't be used: unable to open" in str(describe_failure(other, tmp_path))
