"""Orders, jobs and clips in a store, at a time that a test sets."""

from __future__ import annotations

import dataclasses

from bot.domain.jobs import (
    Kind,
    MessageHandle,
    Order,
    RequestOrigin,
)
from bot.domain.limits import Limits
from bot.store.new_clips import NewClip

NOON = 1_790_000_000.0


ANSWER = MessageHandle(token="secret-token", expires_at=NOON + 900, message_id=77)


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def limits(**changes):
    usual = Limits(daily_seconds=100, waiting_per_user=50, waiting_per_guild=50, waiting=50)
    return dataclasses.replace(usual, **changes)


def order(key="1", user=1, guild=10, seconds=10.0, **changes):
    place = RequestOrigin(user_id=user, channel_id=5, guild_id=guild)
    usual = Order(key=key, origin=place, kind=Kind.MUSIC, seconds=seconds, seed=3, prompt="rock")
    return dataclasses.replace(usual, **changes)


def new_clip(job, **changes):
    usual = NewClip(
        job_id=job.id,
        origin=job.order.origin,
        kind=job.order.kind,
        prompt=job.order.prompt,
        seconds=job.order.seconds,
        seconds_before=0.0,
        seed=job.order.seed,
        sampling=job.order.sampling,
        model="starter",
        file=f"{job.id}.flac",
        parent_ids=job.order.parent_ids,
        made_in_seconds=2.0,
    )
    return dataclasses.replace(usual, **changes)


async def accepted(store, *, allowed=None, **about):
    return await store.jobs.accept(order(**about), allowed or limits(), ANSWER)


async def delivered(store, *, stems=(), **about):
    job = await accepted(store, **about)
    await store.jobs.start(job.id)
    clip = await store.jobs.record_clip(job.id, new_clip(job, stems=stems))
    await store.jobs.begin_delivery(job.id)
    await store.jobs.finish_delivery(job.id, 900 + job.id)
    await store.clips.set_message(clip.id, 900 + job.id)
    return job, await store.clips.get(clip.id)


async def used(store, user=1):
    return (await store.ledger.quota(user, 100)).used_seconds
