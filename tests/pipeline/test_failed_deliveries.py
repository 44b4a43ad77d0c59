"""A clip that is made is not lost to an unexpected error while it is delivered."""

from __future__ import annotations

import sqlite3

import pytest

from bot.domain.jobs import JobState
from bot.pipeline.failure_sentences import HELD
from bot.pipeline.lifecycle import MAX_DELIVERIES
from tests.support.simulated_server import open_server, strict
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    strict(monkeypatch)


class FailingPresenter:
    """The bot's presenter, whose first posts end in an error, before or after the post itself."""

    def __init__(self, presenter, *, failures, is_posted):
        self._presenter, self._failures, self._is_posted = presenter, failures, is_posted
        self.may_be_posted = []

    def __getattr__(self, name):
        return getattr(self._presenter, name)

    async def post(self, *args, may_be_posted):
        return await self._fail(self._presenter.post, *args, may_be_posted=may_be_posted)

    async def post_takes(self, *args, may_be_posted):
        return await self._fail(self._presenter.post_takes, *args, may_be_posted=may_be_posted)

    async def _fail(self, post, *args, may_be_posted):
        self.may_be_posted.append(may_be_posted)
        fails = len(self.may_be_posted) <= self._failures
        if fails and not self._is_posted:
            raise MemoryError
        message_id = await post(*args, may_be_posted=may_be_posted)
        if fails:
            raise sqlite3.OperationalError("disk I/O error")
        return message_id


def failing(server, *, failures, is_posted):
    presenter = FailingPresenter(server.bot.presenter, failures=failures, is_posted=is_posted)
    server.pipeline.start(presenter)
    return presenter


async def states(server, jobs):
    return {await server.state(job_id) for job_id in range(1, jobs + 1)}


@pytest.mark.parametrize("takes", [1, 3])
@pytest.mark.parametrize("is_posted", [False, True])
async def test_a_delivery_that_fails_is_repeated(tmp_path, takes, is_posted):
    """The clips come in one message and are charged once; each retry may find them posted."""
    async with open_server(tmp_path, timings=quick()) as server:
        failures = MAX_DELIVERIES - 1
        presenter = failing(server, failures=failures, is_posted=is_posted)
        result = await server.music(takes=takes)
        assert presenter.may_be_posted == [False] + failures * [True]
        assert await states(server, takes) == {JobState.DELIVERED}
        (shown,) = (each for each in server.messages() if each.attachments)
        assert shown.id == result.response.id
        clips = [file for file in shown.attachments if file["filename"].startswith("zhiyin-")]
        assert len(clips) == takes
        assert await server.used() == 2.0 * takes
        assert await server.store.check() == []


@pytest.mark.parametrize("takes", [1, 3])
@pytest.mark.parametrize("is_posted", [False, True])
async def test_a_clip_that_can_never_be_delivered_is_held(tmp_path, takes, is_posted):
    """After a few tries it is free and kept: the message says so, and no longer has the clip."""
    async with open_server(tmp_path, timings=quick()) as server:
        presenter = failing(server, failures=1000, is_posted=is_posted)
        result = await server.music(takes=takes)
        assert len(presenter.may_be_posted) == MAX_DELIVERIES
        assert await states(server, takes) == {JobState.HELD}
        assert str(HELD) in result.response.content
        assert not result.response.attachments
        assert len(await server.store.clips.held_of(server.alice.id, 5)) == takes
        assert await server.used() == 0.0
        assert await server.store.check() == []
