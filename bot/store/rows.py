"""Convert database rows to frozen values and back."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from typing import Any

from bot.domain.bar_grid import BarGrid
from bot.domain.battles import Battle, BattleOutcome, BattleState
from bot.domain.clips import Clip
from bot.domain.generation import Sampling
from bot.domain.jams import Jam, JamState
from bot.domain.jobs import (
    ClipSource,
    Job,
    JobState,
    Keep,
    Kind,
    MessageHandle,
    Order,
    RequestOrigin,
    Source,
    UploadSource,
)
from bot.domain.mixes import Mixed, MixOrder
from bot.i18n.sentence import from_json

CLIP_COLUMNS = (
    "clips.*, (SELECT json_group_array(parent_id) FROM clip_parents WHERE clip_id = clips.id) "
    "AS parent_ids"
)
"""The columns that `clip_of` reads."""


def job_of(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    source = json.loads(row["source"]) if row["source"] else None
    return Job(
        id=row["id"],
        order=Order(
            key=row["key"],
            origin=_origin(row),
            kind=Kind(row["kind"]),
            seconds=row["seconds"],
            seed=row["seed"],
            prompt=row["prompt"],
            sampling=Sampling(**json.loads(row["sampling"])),
            source=_source(source) if source and "lead_id" not in source else None,
            mix=MixOrder(**source) if source and "lead_id" in source else None,
            parent_ids=tuple(json.loads(row["parent_ids"])),
            as_loop=bool(row["as_loop"]),
            locale=row["locale"],
            battle_id=row["battle_id"],
            jam_id=row["jam_id"],
            group_key=row["group_key"],
            daily_id=row["daily_id"],
            is_private=bool(row["is_private"]),
        ),
        state=JobState(row["state"]),
        attempts=row["attempts"],
        interruptions=row["interruptions"],
        created_at=row["created_at"],
        message=MessageHandle(
            token=row["token"],
            expires_at=row["token_expires_at"],
            message_id=row["message_id"],
            max_bytes=row["max_bytes"],
        ),
        clip_id=row["clip_id"],
        sentence=None if row["sentence"] is None else from_json(row["sentence"]),
        notice_pending=bool(row["untold"]),
    )


def clip_of(row: sqlite3.Row) -> Clip:
    """Return the clip of a row, whose `parent_ids` is a JSON array."""
    return Clip(
        id=row["id"],
        job_id=row["job_id"],
        origin=_origin(row),
        kind=Kind(row["kind"]),
        prompt=row["prompt"],
        seconds=row["seconds"],
        seconds_before=row["seconds_before"],
        seed=row["seed"],
        sampling=Sampling(**json.loads(row["sampling"])),
        model=row["model"],
        file=row["file"],
        parent_ids=tuple(sorted(json.loads(row["parent_ids"]))),
        created_at=row["created_at"],
        made_in_seconds=row["made_in_seconds"],
        message_id=row["message_id"],
        is_deleted=bool(row["is_deleted"]),
        bpm=row["bpm"],
        key=row["key"],
        loops=bool(row["loops"]),
        stars=row["stars"],
        upload_name=row["upload_name"],
        mixed=None if row["mixed"] is None else Mixed(**json.loads(row["mixed"])),
        stems=tuple(json.loads(row["stems"])),
        is_private=bool(row["is_private"]),
        grid=None if row["grid"] is None else BarGrid(**json.loads(row["grid"])),
    )


def battle_of(row: sqlite3.Row) -> Battle:
    """Return the battle of a row."""
    return Battle(
        id=row["id"],
        key=row["key"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        user_id=row["user_id"],
        prompt=row["prompt"],
        clip_id=row["clip_id"],
        seconds=row["seconds"],
        created_at=row["created_at"],
        closes_at=row["closes_at"],
        voting_seconds=row["voting_seconds"],
        locale=row["locale"],
        state=BattleState(row["state"]),
        outcome=None if row["outcome"] is None else BattleOutcome(row["outcome"]),
        message_id=row["message_id"],
        poll_message_id=row["poll_message_id"],
        poll_ends_at=row["poll_ends_at"],
        result_message_id=row["result_message_id"],
    )


def jam_of(row: sqlite3.Row) -> Jam:
    """Return the jam of a row, whose columns are named as the fields."""
    fields = {each.name: row[each.name] for each in dataclasses.fields(Jam)}
    fields["in_rotation"] = bool(fields["in_rotation"])
    return Jam(**fields | {"state": JamState(fields["state"])})


def sampling_json(sampling: Sampling) -> str:
    """Return sampling settings as JSON."""
    return json.dumps(dataclasses.asdict(sampling))


def fields_json(value: Mixed | BarGrid | None) -> str | None:
    """Return a dataclass, such as a mix or a bar grid, as JSON; None for None."""
    return None if value is None else json.dumps(dataclasses.asdict(value))


def source_json(source: Source | None, mix: MixOrder | None = None) -> str | None:
    """Return a clip's source as JSON, the same form for clips and uploads."""
    if mix is not None:
        return json.dumps(dataclasses.asdict(mix))
    if source is None:
        return None
    fields = dataclasses.asdict(source)
    upload = fields.pop("file", None)
    return json.dumps({"clip_id": None, "upload": upload, "whole": False} | fields)


def _source(fields: dict[str, Any]) -> Source:
    keep = fields.get("keep")
    common = {
        "keep": None if keep is None else Keep(keep),
        "keep_seconds": fields["keep_seconds"],
        "keep_harmony": fields.get("keep_harmony", False),
        "include": fields.get("include", True),
        "keep_stems": tuple(fields.get("keep_stems", ())),
    }
    if fields.get("clip_id") is None:
        return UploadSource(file=fields["upload"], name=fields.get("name"), **common)
    return ClipSource(clip_id=fields["clip_id"], whole=fields.get("whole", False), **common)


def _origin(row: sqlite3.Row) -> RequestOrigin:
    return RequestOrigin(
        user_id=row["user_id"], channel_id=row["channel_id"], guild_id=row["guild_id"]
    )
