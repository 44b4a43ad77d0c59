"""A store with a clock, for each test."""

from __future__ import annotations

import pytest

from bot.store.store import open_store
from tests.support.stored_jobs import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as opened:
        yield opened
