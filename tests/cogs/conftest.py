"""Tests of cogs run on a simulated Discord that refuses what the real one refuses."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import strict


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)
