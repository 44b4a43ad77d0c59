"""Nobody gets more music than the limits allow, in whatever order things happen."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from bot.domain.limits import Limits
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.store.store import open_store
from tests.support.stored_jobs import ANSWER, Clock, new_clip, order

DAILY, MOST, OF_GUILD = 100.0, 150.0, 220.0
LIMITS = Limits(
    daily_seconds=DAILY,
    most_daily_seconds=MOST,
    guild_daily_seconds=OF_GUILD,
    waiting_per_user=50,
    waiting_per_guild=50,
    waiting=1000,
)
ACTIONS = ("order",) * 6 + ("deliver",) * 4 + (
    "cancel", "cancel", "fail", "hold", "fetch", "manager resets", "owner resets",
)  # fmt: skip


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, Clock()) as opened:
        yield opened


class Play:
    """A few people on two servers and in direct messages, acting at random."""

    def __init__(self, store, seed):
        self.store, self.random, self.seed = store, random.Random(seed), seed
        # These people and servers are new: one store serves for many plays.
        self.people = [10 * seed + 1, 10 * seed + 2]
        self.guilds = [10 * seed + 3, 10 * seed + 4, None]
        self.open, self.held, self.received, self.fetched = [], [], [], set()
        self.orders, self.events, self.resets, self.done = 0, 0, [], []

    async def act(self):
        action = self.random.choice(ACTIONS)
        self.events += 1
        user, guild = self.random.choice(self.people), self.random.choice(self.guilds)
        self.done.append((action, user, guild))
        if action == "order":
            await self._order(user, guild)
        elif action == "fetch" and self.held:
            self.received.append(self.held.pop())
            self.fetched.add(self.received[-1][1].id)
        elif action == "manager resets" and guild is not None:
            await self.store.ledger.reset(user, guild)
            self.resets.append((self.events, user, guild))
        elif action == "owner resets" and self.random.random() < 0.3:
            await self.store.ledger.reset(user, None)
            self.resets.append((self.events, user, "everything"))
        elif action in ("deliver", "cancel", "fail", "hold") and self.open:
            await self._end(action, self.open.pop(self.random.randrange(len(self.open))))

    async def finish(self):
        """Deliver running jobs, and fetch held clips."""
        while self.open:
            await self._end("deliver", self.open.pop())
        self.fetched.update(job.id for _, job in self.held)
        self.received += self.held

    async def _order(self, user, guild):
        self.orders += 1
        seconds = self.random.choice([10.0, 30.0, 60.0, 100.0])
        wanted = order(key=f"{self.seed}/{self.orders}", user=user, guild=guild, seconds=seconds)
        with suppress(Refused):
            job = await self.store.jobs.accept(wanted, LIMITS, ANSWER)
            self.open.append((self.events, job))

    async def _end(self, action, entry):
        jobs, (_, job) = self.store.jobs, entry
        if action == "cancel":
            assert await jobs.cancel(job.id, Sentence("x"))
        elif action == "fail":
            assert await jobs.fail(job.id, Sentence("x"))
        else:
            await jobs.start(job.id)
            await jobs.record_clip(job.id, new_clip(job, file=f"{job.id}.flac"))
            await jobs.begin_delivery(job.id)
            if action == "deliver":
                await jobs.finish_delivery(job.id, 900 + job.id)
                self.received.append(entry)
            else:
                assert await jobs.hold(job.id, Sentence("x"))
                self.held.append(entry)

    def paid(self, guild, after, user=None):
        """Seconds delivered, and not held, of orders after an event."""
        return sum(
            job.order.seconds
            for at, job in self.received
            if job.id not in self.fetched
            and job.order.origin.guild_id == guild
            and user in (None, job.order.origin.user_id)
            and at > after
        )

    def last_reset(self, user, *guilds):
        """When a person's seconds on one of these were last reset."""
        return max((at for at, who, g in self.resets if who == user and g in guilds), default=0)

    def check(self):
        for user in self.people:
            since = self.last_reset(user, "everything")
            received = [job for at, job in self.received if at > since]
            theirs = [job for job in received if job.order.origin.user_id == user]
            assert sum(job.order.seconds for job in theirs) <= MOST, self.done
            # On each server, what was ordered since it was last reset there.
            fresh = (
                self.paid(guild, self.last_reset(user, guild, "everything"), user)
                for guild in self.guilds
            )
            assert sum(fresh) <= DAILY, self.done
        for guild in self.guilds[:2]:
            assert self.paid(guild, 0) <= OF_GUILD, self.done


@pytest.mark.parametrize("seed", range(1, 7))
async def test_no_sequence_of_operations_creates_credit(store, seed):
    """Delivered seconds stay within the limits of a person and of a server."""
    for part in range(5):
        play = Play(store, 100 * seed + part)
        for _ in range(40):
            await play.act()
        await play.finish()
        play.check()
    assert await store.ledger.check() == []
