"""Battles: begin, enter, count and end them. All steps are idempotent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from bot.domain.battles import (
    Battle,
    BattleOutcome,
    BattleState,
    BattleStep,
    Entrants,
    Entry,
    LadderEntry,
    NewBattle,
)
from bot.domain.clips import Clip
from bot.jams.battles import decide, due_at, line_up, next_step, rank
from bot.store.store import Store


class BattleService:
    """Begins battles and advances them; every step is idempotent."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._battles, self._clock = store.battles, clock

    async def begin(self, new: NewBattle) -> Battle:
        """Begin a battle before it is announced. Raises Refused if one is running there."""
        return await self._battles.begin(new)

    async def record_card(self, battle_id: int, message_id: int) -> None:
        """Record the message that announces a battle."""
        await self._battles.record_card(battle_id, message_id)

    async def delete_unannounced(self, battle_id: int) -> None:
        """Delete a battle that was never announced."""
        await self._battles.delete_unannounced(battle_id)

    async def find(self, battle_id: int) -> Battle | None:
        """Return a battle."""
        return await self._battles.get(battle_id)

    async def find_by_poll(self, message_id: int) -> Battle | None:
        """Return the battle whose poll a message is."""
        return await self._battles.by_poll(message_id)

    async def unfinished(self) -> list[Battle]:
        """Return the battles that have not ended."""
        return await self._battles.unfinished()

    async def entrants(self, battle_id: int) -> Entrants:
        """Return the number of entries, ready and pending."""
        return await self._battles.entrants(battle_id)

    async def entries(self, battle_id: int) -> list[Entry]:
        """Return the numbered entries."""
        return await self._battles.entries(battle_id)

    async def revealed(self, battle_id: int, number: int) -> Clip | None:
        """Return an entry's clip once its battle is over; None before, or if it is deleted."""
        battle = await self._battles.get(battle_id)
        if battle is None or battle.state is not BattleState.ENDED:
            return None
        entries = await self._battles.entries(battle_id)
        return next((each.clip for each in entries if each.number == number), None)

    async def is_in_time(self, battle_id: int, job_id: int) -> bool:
        """Return whether a job's clip is, or can still become, an entry of a battle."""
        battle = await self._battles.get(battle_id)
        if battle is not None and battle.state in (BattleState.OPEN, BattleState.CLOSED):
            return True
        entries = await self._battles.entries(battle_id)
        return any(entry.clip is not None and entry.clip.job_id == job_id for entry in entries)

    async def next_step(self, battle: Battle) -> BattleStep:
        """Return the next step of a battle now."""
        return next_step(battle, await self._battles.entrants(battle.id), self._clock())

    async def next_times(self) -> list[float]:
        """Return when unfinished battles become due."""
        times = (due_at(battle) for battle in await self._battles.unfinished())
        return [at for at in times if at is not None]

    async def close(self, battle_id: int) -> bool:
        """Close a battle for entries; return False if it is closed already."""
        return await self._battles.close(battle_id)

    async def line_up(self, battle_id: int) -> None:
        """Assign numbers to the entries."""
        await self._battles.line_up(battle_id, line_up)

    async def record_player(self, battle_id: int, number: int, message_id: int | None) -> None:
        """Record the message of an entry; None if the entry was deleted."""
        await self._battles.record_player(battle_id, number, message_id)

    async def record_poll(self, battle: Battle, message_id: int) -> None:
        """Record the poll's message: the vote has begun."""
        ends_at = self._clock() + battle.voting_seconds
        await self._battles.record_poll(battle.id, message_id, ends_at)

    async def count(self, battle_id: int, votes: Mapping[int, int]) -> None:
        """Record votes by entry number, and the winners."""
        entries = await self._battles.entries(battle_id)
        present = [entry.number for entry in entries if entry.clip is not None]
        outcome, winners = decide(votes, present)
        counts = {entry.number: votes.get(entry.number, 0) for entry in entries}
        await self._battles.record_outcome(battle_id, outcome, counts, winners)

    async def end_without_votes(self, battle_id: int, outcome: BattleOutcome) -> bool:
        """Record another outcome; return False if it has one already."""
        return await self._battles.record_outcome(battle_id, outcome)

    async def end(self, battle_id: int, message_id: int | None = None) -> None:
        """Record that the result was posted, or can't be."""
        await self._battles.end(battle_id, message_id)

    async def hidden(self, clip_ids: Collection[int]) -> frozenset[int]:
        """Return which of these clips are entries of running battles."""
        return await self._battles.hidden(clip_ids)

    async def ladder(self, guild_id: int, most: int) -> list[LadderEntry]:
        """Return the top of a server's ladder, at most `most` people."""
        return rank(await self._battles.ladder(guild_id))[:most]
