"""Open answers: messages without a job are in the table, those with a job are not."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest_asyncio

from bot.domain.answers import OpenAnswer
from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.store.store import open_store

LIMITS = Limits(daily_seconds=99, waiting_per_user=9, waiting_per_guild=9, waiting=9)
ANSWER = OpenAnswer(key="7/0", channel_id=5, text="Joining …", token="t")


@pytest_asyncio.fixture
async def store(tmp_path):
    async with open_store(tmp_path, lambda: 1_700_000_000.0) as opened:
        yield opened


async def test_an_answer_is_open_until_it_is_closed(store):
    """Stored with its message and the token that reaches it."""
    await store.open_answers.open(ANSWER)
    assert await store.open_answers.all() == [ANSWER]
    await store.open_answers.record_shown("7/0", 900)
    shown = dataclasses.replace(ANSWER, message_id=900)
    assert await store.open_answers.get("7/0") == shown
    await store.open_answers.record_shown("7/0", 901, token="u")
    assert await store.open_answers.all() == [dataclasses.replace(shown, message_id=901, token="u")]
    await store.open_answers.close("7/0")
    assert await store.open_answers.all() == []


async def test_an_accepted_order_closes_its_own_answer(store):
    """In the same transaction: a message always has one of the two."""
    other = dataclasses.replace(ANSWER, key="7/1")
    for each in (ANSWER, other):
        await store.open_answers.open(each)
    order = Order(
        key="7/0", origin=RequestOrigin(user_id=1, channel_id=5), kind=Kind.MUSIC, seconds=1.0,
        seed=1,
    )  # fmt: skip
    await store.jobs.accept(order, LIMITS, MessageHandle())
    assert await store.open_answers.all() == [other]


async def test_concurrent_answers_are_all_recorded(store):
    """Waiting writers share a transaction, and continue only after its commit."""
    answers = [dataclasses.replace(ANSWER, key=f"{number}/0") for number in range(200)]

    async def open_and_look(answer):
        await store.open_answers.open(answer)
        return await store.open_answers.get(answer.key)

    assert await asyncio.gather(*map(open_and_look, answers)) == answers


async def test_a_failed_transaction_is_reported_to_all_its_writers(store):
    """Each then writes by itself: an answer that is shown is recorded."""
    answers = [dataclasses.replace(ANSWER, key=f"{number}/0") for number in range(5)]
    # An unbindable value fails the transaction that the first writer commits for all.
    broken: Any = object()
    answers[0] = dataclasses.replace(answers[0], text=broken)
    async with store.open_answers._turn:
        opening = [asyncio.create_task(store.open_answers.open(each)) for each in answers]
        await asyncio.sleep(0)
    ended = await asyncio.gather(*opening, return_exceptions=True)
    assert isinstance(ended[0], Exception)
    written = {each.key for each in await store.open_answers.all()}
    assert len(written) == 4
    assert written == {f"{number}/0" for number, end in enumerate(ended) if end is None}
