"""Rows of the tables to frozen values and back."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from typing import Any

from bot.domain.clips import Clip
from bot.domain.generation import Sampling
from bot.domain.jobs import Job, JobState, Kind, MessageHandle, Order, RequestOrigin, Source
from bot.i18n.sentence import from_json


def job_of(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    source = json.loads(row["source"]) if row["source"] else None
    return Job(
        id=row["id"],
        order=Order(
            key=row["key"],
            place=_place(row),
            kind=Kind(row["kind"]),
            seconds=row["seconds"],
            seed=row["seed"],
            prompt=row["prompt"],
            sampling=Sampling(**json.loads(row["sampling"])),
            source=_source(source) if source else None,
            parent_ids=tuple(json.loads(row["parent_ids"])),
            as_loop=bool(row["as_loop"]),
            locale=row["locale"],
        ),
        state=JobState(row["state"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        answer=MessageHandle(
            token=row["token"],
            expires_at=row["token_expires_at"],
            message_id=row["message_id"],
            max_bytes=row["max_bytes"],
        ),
        clip_id=row["clip_id"],
        sentence=None if row["sentence"] is None else from_json(row["sentence"]),
    )


def clip_of(row: sqlite3.Row, parent_ids: tuple[int, ...]) -> Clip:
    """Return the clip of a row."""
    return Clip(
        id=row["id"],
        job_id=row["job_id"],
        place=_place(row),
        kind=Kind(row["kind"]),
        prompt=row["prompt"],
        seconds=row["seconds"],
        seconds_before=row["seconds_before"],
        seed=row["seed"],
        sampling=Sampling(**json.loads(row["sampling"])),
        model=row["model"],
        file=row["file"],
        parent_ids=parent_ids,
        created_at=row["created_at"],
        made_in_seconds=row["made_in_seconds"],
        message_id=row["message_id"],
        is_deleted=bool(row["is_deleted"]),
        bpm=row["bpm"],
        key=row["key"],
        loops=bool(row["loops"]),
        stems=tuple(json.loads(row["stems"])),
    )


def written(value: Sampling | Source | None) -> str | None:
    """Return a small value as JSON."""
    return None if value is None else json.dumps(dataclasses.asdict(value))


def _source(facts: dict[str, Any]) -> Source:
    return Source(**facts | {"keep_stems": tuple(facts.get("keep_stems", ()))})


def _place(row: sqlite3.Row) -> RequestOrigin:
    return RequestOrigin(
        user_id=row["user_id"], channel_id=row["channel_id"], guild_id=row["guild_id"]
    )
