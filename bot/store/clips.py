"""The table of clips, with the parents of each."""

from __future__ import annotations

import json
from collections.abc import Collection

from bot.domain.clips import Clip
from bot.domain.jobs import JobState
from bot.domain.lineage import Lineage
from bot.domain.sight import Sight
from bot.domain.withdrawals import Withdrawal
from bot.store.clip_visibility import IS_FOR_ALL, IS_IN_SIGHT, IS_OUT_OF_BATTLES, seen_by
from bot.store.clips_in_use import IS_NOT_IN_USE
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.job_states import in_states
from bot.store.lineage import ANCESTORS, DESCENDANTS
from bot.store.prompt_search import AMONG_LATEST, LATEST_OF_PERSON, like
from bot.store.rows import CLIP_COLUMNS, clip_of
from bot.store.withdrawals import record_withdrawals

_HELD = (
    "message_id IS NULL AND NOT is_deleted "
    "AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_id AND state = 'held')"
)


_CLIP = f"SELECT {CLIP_COLUMNS} FROM clips"  # noqa: S608 - ours
_FILES_AT_ONCE = 1000
# Only the latest are searched, since autocomplete runs at every key press.
_PROMPTS_READ = 500
_LATEST_OF_GUILD = 1000


class Clips:
    """The clips table, including deleted clips."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, clip_id: int) -> Clip | None:
        """Return a clip."""
        return await self._first("WHERE id = ?", clip_id)

    async def of_job(self, job_id: int) -> Clip | None:
        """Return the clip of a job."""
        return await self._first("WHERE job_id = ?", job_id)

    async def by_message(self, message_id: int) -> list[Clip]:
        """Return the clips posted in a message, in the order of their jobs."""
        rows = await self._database.all(
            f"{_CLIP} WHERE message_id = ? AND {NOT_FORGOTTEN}", (message_id,)
        )
        return sorted(map(clip_of, rows), key=lambda clip: clip.job_id)

    async def of_user(self, user_id: int, limit: int, text: str = "") -> list[Clip]:
        """Return a person's latest clips whose prompt contains a text, newest first."""
        rows = await self._database.all(
            f"{_CLIP} WHERE user_id = :user AND NOT is_deleted {AMONG_LATEST} "
            f"AND COALESCE(prompt, '') LIKE :text ESCAPE '\\' AND {NOT_FORGOTTEN} "
            "ORDER BY id DESC LIMIT :limit",
            {"user": user_id, "text": like(text), "limit": limit, "most": LATEST_OF_PERSON},
        )
        return [clip_of(row) for row in rows]

    async def of_guild(self, guild_id: int, sight: Sight, limit: int, text: str = "") -> list[Clip]:
        """Return posted clips of a server in sight, newest first.

        Matches by prompt, or by the start of the number, among the latest. Excludes entries of
        running battles.
        """
        rows = await self._database.all(
            f"{_CLIP} WHERE guild_id = :guild AND NOT is_deleted AND {NOT_FORGOTTEN} "  # noqa: S608
            f"AND message_id IS NOT NULL AND {IS_IN_SIGHT} "
            "AND (prompt LIKE :text ESCAPE '\\' OR id LIKE :number ESCAPE '\\') "
            "AND id >= COALESCE((SELECT id FROM clips WHERE guild_id = :guild ORDER BY id DESC "
            f"LIMIT 1 OFFSET :most), 0) AND (is_private OR {IS_FOR_ALL}) "
            "ORDER BY id DESC LIMIT :limit",
            {
                "guild": guild_id,
                "text": like(text),
                "number": like(text)[1:],
                "most": _LATEST_OF_GUILD,
                "limit": limit,
            }
            | seen_by(sight),
        )
        return [clip_of(row) for row in rows]

    async def shown_of(self, user_id: int, guild_id: int, sight: Sight, limit: int) -> list[Clip]:
        """Return a person's latest posted clips in sight that everybody may see, newest first."""
        rows = await self._database.all(
            f"{_CLIP} INDEXED BY clips_by_user "
            "WHERE user_id = :user AND guild_id = :guild AND NOT is_deleted "
            f"{AMONG_LATEST} AND message_id IS NOT NULL AND {IS_IN_SIGHT} AND {NOT_FORGOTTEN} "
            f"AND {IS_FOR_ALL} ORDER BY id DESC LIMIT :limit",
            {"user": user_id, "guild": guild_id, "limit": limit, "most": LATEST_OF_PERSON}
            | seen_by(sight),
        )
        return [clip_of(row) for row in rows]

    async def held_of(self, user_id: int, limit: int) -> list[Clip]:
        """Return a person's held clips, newest first."""
        rows = await self._database.all(
            f"{_CLIP} WHERE user_id = ? AND {_HELD} AND {NOT_FORGOTTEN} ORDER BY id DESC LIMIT ?",
            (user_id, limit),
        )
        return [clip_of(row) for row in rows]

    async def held_before(self, at: float, limit: int) -> list[Clip]:
        """Return up to `limit` held clips from before a time that nobody waits for.

        An entry of a running battle is posted by then, to be voted on.
        """
        rows = await self._database.all(
            # INDEXED BY, since SQLite would otherwise read all clips without a message.
            f"{_CLIP} INDEXED BY clips_by_wait WHERE created_at < ? AND {_HELD} "
            f"AND {IS_OUT_OF_BATTLES} ORDER BY created_at LIMIT ?",
            (at, limit),
        )
        return [clip_of(row) for row in rows]

    async def prompts_of(self, user_id: int, text: str, limit: int) -> list[str]:
        """Return a person's latest distinct prompts that contain a text."""
        about = {"user": user_id, "text": like(text), "most": LATEST_OF_PERSON}
        rows = await self._database.all(
            f"SELECT prompt FROM clips WHERE user_id = :user {AMONG_LATEST} "  # noqa: S608 - ours
            f"AND prompt LIKE :text ESCAPE '\\' AND {NOT_FORGOTTEN} "
            "ORDER BY id DESC LIMIT :limit",
            about | {"limit": _PROMPTS_READ},
        )
        return list(dict.fromkeys(row["prompt"] for row in rows))[:limit]

    async def lineage(self, clip_id: int, most: int) -> Lineage:
        """Return up to `most` ancestors and `most` descendants of a clip, nearest first."""
        ids, is_whole = {clip_id}, True
        for statement in (ANCESTORS, DESCENDANTS):
            # One for the clip itself, and one to know whether there are more.
            found = [row["id"] for row in await self._database.all(statement, (clip_id, most + 2))]
            is_whole = is_whole and len(found) <= most + 1
            ids |= set(found[: most + 1])
        rows = await self._database.all(
            f"{_CLIP} WHERE id IN (SELECT value FROM json_each(?)) "  # noqa: S608 - ours
            f"AND {NOT_FORGOTTEN} ORDER BY id",
            (json.dumps(sorted(ids)),),
        )
        return Lineage(clip_id=clip_id, clips=tuple(map(clip_of, rows)), is_whole=is_whole)

    async def older_than(self, at: float, limit: int) -> list[Clip]:
        """Return up to `limit` clips from before a time that are not deleted.

        Without those that running battles and open jams need.
        """
        rows = await self._database.all(
            f"{_CLIP} WHERE created_at < ? AND NOT is_deleted AND {IS_NOT_IN_USE} "
            "ORDER BY created_at LIMIT ?",
            (at, limit),
        )
        return [clip_of(row) for row in rows]

    async def files(self) -> list[str]:
        """Return the file names of all clips that are not deleted, sorted."""
        names: list[str] = []
        while True:
            rows = await self._database.all(
                "SELECT file FROM clips WHERE NOT is_deleted AND file > ? ORDER BY file LIMIT ?",
                (names[-1] if names else "", _FILES_AT_ONCE),
            )
            names += [row["file"] for row in rows]
            if len(rows) < _FILES_AT_ONCE:
                return names

    async def unknown_files(self, names: Collection[str]) -> set[str]:
        """Return those file names that belong to no clip, or to a deleted one."""
        rows = await self._database.all(
            "SELECT value FROM json_each(?) WHERE NOT EXISTS "
            "(SELECT 1 FROM clips WHERE file = value AND NOT is_deleted)",
            (json.dumps(list(names)),),
        )
        return {row["value"] for row in rows}

    async def set_message(
        self, clip_id: int, message_id: int, channel_id: int | None = None
    ) -> None:
        """Record the message that shows a clip, and its channel if that is another one now."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE clips SET message_id = ?, channel_id = COALESCE(?, channel_id) "
                "WHERE id = ?",
                (message_id, channel_id, clip_id),
            )

    async def publish(self, clip_id: int) -> bool:
        """Make a private clip public; return False if it is public already."""
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                "UPDATE clips SET is_private = 0 WHERE id = ? AND is_private", (clip_id,)
            )
            return changed.rowcount > 0

    async def make_private(self, clip_id: int) -> None:
        """Make a clip private again that could not be posted."""
        async with self._database.transaction() as connection:
            await connection.execute("UPDATE clips SET is_private = 1 WHERE id = ?", (clip_id,))

    async def delete(
        self, clip_id: int, shown: Collection[Withdrawal] = (), *, has_expired: bool = False
    ) -> str | None:
        """Mark a clip as deleted and return its file name; None if it was deleted before.

        Its prompt is deleted too, and that of its finished job. `shown` are the messages that show
        it, recorded for withdrawal. Its post among the best clips is due to be deleted, and the
        cards of its jams are outdated, unless it `has_expired`: posts stay then.
        """
        async with self._database.transaction() as connection:
            changed = list(
                await connection.execute_fetchall(
                    "UPDATE clips SET is_deleted = 1, prompt = NULL, upload_name = NULL "
                    "WHERE id = ? AND NOT is_deleted RETURNING file, job_id",
                    (clip_id,),
                )
            )
            if not changed:
                return None
            await record_withdrawals(connection, shown)
            if has_expired:
                await connection.execute("DELETE FROM best_of_posts WHERE clip_id = ?", (clip_id,))
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL WHERE "  # noqa: S608 - ours
                f"{in_states(JobState.DELIVERED, JobState.HELD)} "
                "AND id = ?",
                (changed[0]["job_id"],),
            )
            if not has_expired:
                # A jam with this turn now shows another track.
                await connection.execute(
                    "UPDATE jams SET version = version + 1 WHERE id IN "
                    "(SELECT jam_id FROM jam_turns WHERE job_id = ?)",
                    (changed[0]["job_id"],),
                )
        return str(changed[0]["file"])

    async def _first(self, where: str, value: int) -> Clip | None:
        row = await self._database.one(f"{_CLIP} {where} AND {NOT_FORGOTTEN}", (value,))
        return None if row is None else clip_of(row)
