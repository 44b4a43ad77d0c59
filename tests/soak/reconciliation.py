"""Reconciliation after a soak: the database against what people saw on Discord."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from bot.domain.clips import Clip
from bot.domain.jobs import Job, JobState
from bot.store.retention import EVERY_SECONDS, sweep
from bot.store.store import open_store
from cogs.presentation import jam_messages, messages
from tests.support.discord_wire.server import clips

QUIET_SECONDS = 600.0
PROMISES = (
    str(messages.IN_LINE),
    str(messages.LISTENING),
    str(messages.LOOPING),
    str(messages.MIXING),
    str(jam_messages.MIXING_DOWN),
)


@dataclass
class Books:
    """The final content of the database and its files."""

    jobs: list[Job]
    clips: dict[int, Clip | None]
    """By the ids of their jobs."""
    sounds: set[str]
    uploads: set[str]
    charged_seconds: float
    wrong: list[str]
    """Broken invariants of the database: ledger, stars, battles, jams."""


def asked(folder, sql):
    """Run a query on the database of a bot that may be running."""
    with closing(sqlite3.connect(f"file:{folder}/zhiyin.db?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


async def quiet(folder):
    """Wait until the queue is empty and no command is about to add to it.

    Return what is left.
    """
    until = time.monotonic() + QUIET_SECONDS
    sql = (
        "SELECT id, state FROM jobs WHERE state NOT IN ('delivered', 'failed', 'cancelled', 'held')"
    )
    # A file may still be decoded; its order is accepted after that.
    sql += " UNION ALL SELECT key, 'an open answer' FROM open_answers"
    while (left := asked(folder, sql)) and time.monotonic() < until:
        await asyncio.sleep(0.5)
    return left


async def read(folder):
    """Read the database of a bot that has ended, after the cleanup that would run an hour later."""
    async with open_store(folder, time.time) as store:
        await sweep(store, 30, time.time() + EVERY_SECONDS + 60)
        numbers = [number for (number,) in asked(folder, "SELECT id FROM jobs ORDER BY id")]
        jobs = [job for number in numbers if (job := await store.jobs.get(number)) is not None]
        ((charged,),) = asked(
            folder, "SELECT COALESCE(SUM(seconds), 0) FROM ledger WHERE entry = 'commit'"
        )
        return Books(
            jobs,
            {job.id: await store.clips.of_job(job.id) for job in jobs},
            {path.name for path in store.clips_folder.iterdir()},
            {path.name for path in store.uploads_folder.iterdir()},
            charged,
            [str(each) for each in await store.check()],
        )


def audit(books, wire):
    """Compare the database with Discord; return the rows of a table, and what is wrong."""
    wrong, counts = list(books.wrong), Counter[str]()
    seen = Counter(
        int(file.name.split("-")[1].split(".")[0])
        for message in wire.with_clips()
        if not _plays_it_again(message)
        for file in clips(message)
    )
    for job in books.jobs:
        clip = books.clips[job.id]
        counts[job.state] += 1
        shown = 0 if clip is None else seen[clip.id]
        is_deleted = clip is not None and clip.is_deleted
        if job.state is JobState.DELIVERED:
            counts["deleted"] += is_deleted
            counts["kept its message"] += is_deleted and shown == 1
            counts["twice"] += shown > 1
            counts["lost"] += shown == 0 and not is_deleted
            if shown != 1 and not (is_deleted and shown == 0):
                wrong.append(f"job {job.id} was delivered {shown} times")
        elif shown:
            wrong.append(f"job {job.id} is {job.state} but its clip was posted {shown} times")
        if clip is not None and not is_deleted and clip.file not in books.sounds:
            wrong.append(f"the sound of clip {clip.id} is gone")
    known = {clip.file for clip in books.clips.values() if clip and not clip.is_deleted}
    wrong += [f"{name} belongs to no clip" for name in books.sounds - known]
    wrong += [f"upload {name} is left" for name in books.uploads]
    of_clips = sum(job.order.seconds for job in books.jobs if job.state is JobState.DELIVERED)
    if of_clips != books.charged_seconds:
        wrong.append(f"{books.charged_seconds} s were charged for {of_clips} s of clips")
    hanging = [each for each in wire.interactions.values() if still_promises(each)]
    by_key = {job.order.key: job for job in books.jobs}
    ordered = {each.id: by_key.get(f"{each.id}/0") for each in hanging}
    wrong += [
        f"the message of interaction {id_} still makes a promise, but job {job.id} is {job.state}"
        for id_, job in ordered.items()
        if job is not None and not was_notified(wire, job)
    ]
    wrong += [
        f"the message of interaction {id_} makes a promise that no job stands behind"
        for id_, job in ordered.items()
        if job is None
    ]
    silent = [each for each in wire.interactions.values() if each.answered_at is None]
    rows = {
        "orders accepted": len(books.jobs),
        "delivered": counts[JobState.DELIVERED],
        "of these deleted by their people": counts["deleted"],
        "of these with a message that a kill has left": counts["kept its message"],
        "failed, told why, refunded": counts[JobState.FAILED],
        "cancelled, refunded": counts[JobState.CANCELLED],
        "held, refunded": counts[JobState.HELD],
        "lost": counts["lost"],
        "delivered twice": counts["twice"],
        "seconds charged / delivered": f"{books.charged_seconds:g} / {of_clips:g}",
        "interactions never acknowledged (bot dead)": len(silent),
    }
    return rows, wrong


def _plays_it_again(message):
    """Whether a message plays existing music again to one person: a jam's whole track."""
    asked = message.interaction
    return asked is not None and str(asked.data.get("custom_id", "")).endswith(":hear")


def still_promises(interaction):
    """Whether the message that answers an interaction says that something is still to come."""
    message = interaction.message
    # A button's message belongs to another interaction; a deleted one does not count.
    if message is None or message.interaction is not interaction:
        return False
    is_there = message.id in interaction.channel.messages
    return is_there and message.content.startswith(PROMISES)


def was_notified(wire, job):
    """Whether the result was posted in another message because the first was out of reach."""
    if job.state is JobState.DELIVERED:
        return True
    owner = f"<@{job.order.origin.user_id}>"
    messages = wire.channels[job.order.origin.channel_id].messages.values()
    return any(owner in each.content and "charged" in each.content for each in messages)
