"""A folder for commands to work in."""

from __future__ import annotations

import pytest


@pytest.fixture
def place(tmp_path, monkeypatch, cache_home):
    """A folder to work in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
