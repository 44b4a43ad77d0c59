"""A person's data: export it, and delete it on request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from bot.domain.quota_day import QuotaDay
from bot.store.database import Database
from bot.store.erasure import (
    PIECE,
    delete_battles,
    delete_entries,
    delete_jams,
    delete_reports,
    delete_resets,
    delete_settings,
    delete_stars,
    delete_words,
    record_request,
)
from bot.store.job_states import ENDED
from bot.store.personal_data import PAGE, Page, read_pages

Clock = Callable[[], float]


class Privacy:
    """A person's rows in all tables."""

    def __init__(self, database: Database, clock: Clock, day: QuotaDay) -> None:
        self._database, self._clock, self._day = database, clock, day
        self._being_forgotten: set[int] = set()

    def export(self, user_id: int, page: int = PAGE) -> AsyncIterator[Page]:
        """Yield a person's data by kind, in pages of `page` rows."""
        return read_pages(self._database, user_id, self._day.of(self._clock()), page)

    async def forget(self, user_id: int) -> list[str] | None:
        """Delete a person's data and return the names of their clips' files.

        Returns None and deletes nothing while a job of theirs is unfinished. Once the request is
        recorded its data is hidden; `resume` continues an interrupted deletion. Today's ledger
        entries are kept until the day is over, since deleting them would give the quota back; then
        `delete_past_entries` deletes them. Server blocks stay.
        """
        # Excluded from `resume`: two concurrent runs would each return only some file names.
        self._being_forgotten.add(user_id)
        try:
            async with self._database.transaction() as connection:
                if not await record_request(connection, user_id, self._clock()):
                    return None
            files = await self._carry_out(user_id)
        finally:
            self._being_forgotten.discard(user_id)
        await self.scrub()
        return files

    async def pending(self) -> list[int]:
        """Return the people whose erasure is not complete."""
        rows = await self._database.all("SELECT user_id FROM forgotten WHERE is_pending")
        return [row["user_id"] for row in rows]

    async def resume(self) -> list[str]:
        """Continue interrupted erasures; return the names of the clips' files."""
        files = []
        for user_id in await self.pending():
            if user_id not in self._being_forgotten:
                files += await self._carry_out(user_id)
        return files

    async def scrub(self) -> None:
        """Remove deleted data from the database's files, see `Database.scrub`."""
        await self._database.scrub()

    async def delete_past_entries(self) -> None:
        """Delete ledger entries of erased people from before today."""
        today = self._day.of(self._clock())
        forgotten = await self._database.all(
            "SELECT user_id, at FROM forgotten WHERE NOT is_pending"
        )
        for row in forgotten:
            if self._day.of(row["at"]) == today:
                continue
            await self._delete_entries(row["user_id"], today)
            async with self._database.transaction() as connection:
                await connection.execute(
                    "DELETE FROM forgotten WHERE user_id = ? AND at = ? AND NOT is_pending",
                    (row["user_id"], row["at"]),
                )

    async def delete_old_texts(self, before: float) -> None:
        """Delete prompts of ended jobs and deleted clips, and reports, from before a time."""
        await self._in_pieces(
            "UPDATE jobs SET prompt = NULL, source = NULL, sentence = NULL WHERE id IN ("  # noqa: S608
            # INDEXED BY, since SQLite would otherwise read all ended jobs.
            "SELECT id FROM jobs INDEXED BY jobs_by_words WHERE created_at < ? "
            "AND (prompt IS NOT NULL OR source IS NOT NULL OR sentence IS NOT NULL) "
            f"AND {ENDED} LIMIT ?)",
            before,
        )
        await self._in_pieces(
            "UPDATE clips SET prompt = NULL WHERE id IN (SELECT id FROM clips "
            "WHERE created_at < ? AND is_deleted AND prompt IS NOT NULL LIMIT ?)",
            before,
        )
        await self._in_pieces(
            "DELETE FROM reports WHERE id IN "
            "(SELECT id FROM reports WHERE reported_at < ? LIMIT ?)",
            before,
        )
        await self._in_pieces(
            "UPDATE battles SET prompt = NULL WHERE id IN (SELECT id FROM battles "
            "WHERE created_at < ? AND state = 'ended' AND prompt IS NOT NULL LIMIT ?)",
            before,
        )

        await self._in_pieces(
            "UPDATE jams SET title = NULL, style = NULL WHERE id IN (SELECT id FROM jams "
            "WHERE created_at < ? AND state = 'closed' AND title IS NOT NULL LIMIT ?)",
            before,
        )
        await self._in_pieces(
            "DELETE FROM jam_players WHERE (jam_id, user_id) IN (SELECT jam_id, user_id "
            "FROM jam_players AS old WHERE joined_at < ? AND EXISTS (SELECT 1 FROM jams "
            "WHERE jams.id = old.jam_id AND state = 'closed') LIMIT ?)",
            before,
        )

    async def _carry_out(self, user_id: int) -> list[str]:
        """Delete the data of a request, piece by piece; return the names of the clips' files."""
        files: list[str] = []
        after = 0
        while True:
            async with self._database.transaction() as connection:
                piece = await delete_words(connection, user_id, after)
            if piece is None:
                break
            after = piece.last_job_id
            files += piece.files
        for delete in (delete_stars, delete_battles, delete_jams, delete_reports):
            more = True
            while more:
                async with self._database.transaction() as connection:
                    more = await delete(connection, user_id, self._clock())
        await self._delete_entries(user_id, self._day.of(self._clock()))
        async with self._database.transaction() as connection:
            await delete_settings(connection, user_id)
            await connection.execute(
                "DELETE FROM radios WHERE user_id = ?1 OR person_id = ?1", (user_id,)
            )
            await connection.execute(
                "UPDATE forgotten SET is_pending = 0 WHERE user_id = ?", (user_id,)
            )
        return files

    async def _delete_entries(self, user_id: int, today: str) -> None:
        after = 0
        while True:
            async with self._database.transaction() as connection:
                piece = await delete_entries(connection, user_id, after, today)
            if piece is None:
                break
            after = piece.last_job_id
        more = True
        while more:
            async with self._database.transaction() as connection:
                more = await delete_resets(connection, user_id, today)

    async def _in_pieces(self, sql: str, before: float) -> None:
        """Run a limited DELETE or UPDATE repeatedly until no row is affected."""
        changed = PIECE
        while changed == PIECE:
            async with self._database.transaction() as connection:
                changed = (await connection.execute(sql, (before, PIECE))).rowcount
