"""Advance battles step by step; each step is retried until done, and done once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import discord

from bot import failpoints
from bot.app.client import ZhiyinBot
from bot.domain.battles import Battle, BattleOutcome, BattleState, BattleStep
from cogs.battles.channel import BattleChannel, ChannelLost
from cogs.battles.posts import BattlePosts
from cogs.battles.result import BattleResult
from cogs.battles.votes import PollLost, fetch_votes
from cogs.posting.keyed_runner import KeyedRunner
from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)


class BattleProgress:
    """Advances battles; what happened meanwhile is read from the store."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot
        self._place = BattleChannel(bot)
        self.stage = BattlePosts(bot, self._place)
        self._result = BattleResult(bot, self._place)
        self._runner = KeyedRunner()
        self._announced: set[str] = set()
        self._over: set[int] = set()
        """Battles whose polls were reported as ended."""
        self._without_card: set[int] = set()
        """Battles that continue without a card, which was deleted."""

    @contextmanager
    def announcing(self, key: str) -> Iterator[None]:
        """Exclude a battle that is being announced, for the duration of the block."""
        self._announced.add(key)
        try:
            yield
        finally:
            self._announced.discard(key)

    def note_over(self, battle_id: int) -> None:
        """Note that the poll of a battle was reported as ended or deleted."""
        self._over.add(battle_id)

    async def run_due(self) -> bool:
        """Advance every battle concurrently; return whether all succeeded."""
        battles = await self._bot.service.battles.unfinished()
        return await self._runner.run_each([battle.id for battle in battles], self._try)

    async def stop(self) -> None:
        """Stop; the next run of the bot continues."""
        await self._runner.stop()

    async def _try(self, battle_id: int) -> bool:
        """Advance one battle; failures are logged and don't affect others."""
        try:
            return await self._go_on(battle_id)
        except Exception as error:
            self._place.mark_uncertain(battle_id)
            if is_outage(error):
                log.warning("battle.postponed id=%d %r", battle_id, error)
            else:
                log.exception("battle.failed id=%d", battle_id)
            return False

    async def seconds_to_next(self, most: float) -> float:
        """Return for how long nothing is due, at most `most`."""
        now = self._bot.clock()
        due = await self._bot.service.battles.next_times()
        return max(0.0, min([most, *(at - now for at in due if at > now)]))

    async def _go_on(self, battle_id: int) -> bool:
        battles = self._bot.service.battles
        while (battle := await battles.find(battle_id)) is not None:
            if battle.state is BattleState.ENDED:
                return True
            if battle.message_id is None and not await self._find_card(battle):
                return True
            step = await battles.next_step(battle)
            is_over = battle.id in self._over and battle.state is BattleState.VOTING
            if step is BattleStep.WAIT and not is_over:
                await self._show(battle)
                return True
            try:
                if not await self._take(BattleStep.COUNT if is_over else step, battle):
                    return False
            except (ChannelLost, discord.HTTPException) as error:
                if is_outage(error):
                    raise
                # A definite refusal, which would be the same on each retry.
                log.warning("battle.place_lost id=%d %r", battle.id, error)
                if not await battles.end_without_votes(battle.id, BattleOutcome.PLACE_LOST):
                    # The result can't be posted either.
                    await battles.end(battle.id)
                    self._forget(battle)
                    return True
        return True

    async def _take(self, step: BattleStep, battle: Battle) -> bool:
        """Take a step; return whether the next one may follow at once."""
        battles = self._bot.service.battles
        match step:
            case BattleStep.CLOSE:
                await battles.close(battle.id)
            case BattleStep.LINE_UP:
                self._place.begin(battle)
                await battles.line_up(battle.id)
                await failpoints.reached("battle.lined_up")
            case BattleStep.GIVE_UP:
                await battles.end_without_votes(battle.id, BattleOutcome.TOO_FEW)
            case BattleStep.CALL_OFF:
                await battles.end_without_votes(battle.id, BattleOutcome.CALLED_OFF)
            case BattleStep.POST:
                await self._show(battle)
                await self.stage.post_players(battle)
                await self.stage.post_poll(battle)
            case BattleStep.COUNT:
                return await self._count(battle)
            case BattleStep.TELL:
                if battle.outcome is BattleOutcome.CALLED_OFF:
                    await self._result.stop_poll(battle)
                message_id = await self._result.post(battle)
                await failpoints.reached("battle.told")
                over = replace(battle, state=BattleState.ENDED, result_message_id=message_id)
                await self.stage.show(over, await battles.entrants(battle.id))
                await battles.end(battle.id, message_id)
                self._forget(battle)
            case BattleStep.WAIT:
                pass
        return True

    async def _count(self, battle: Battle) -> bool:
        battles = self._bot.service.battles
        self._over.discard(battle.id)
        try:
            votes = await fetch_votes(self._bot, battle, self._bot.clock())
        except PollLost:
            await battles.end_without_votes(battle.id, BattleOutcome.POLL_LOST)
            return True
        except Exception as error:
            if is_outage(error):
                raise
            raise ChannelLost from error
        if votes is None:
            return False
        await self.stage.withdraw_players(battle)
        await battles.count(battle.id, votes)
        await failpoints.reached("battle.counted")
        return True

    def _forget(self, battle: Battle) -> None:
        """Drop the in-memory state of a finished battle."""
        self.stage.forget(battle)
        self._place.mark_uncertain(battle.id)
        self._over.discard(battle.id)
        self._without_card.discard(battle.id)

    async def _show(self, battle: Battle) -> None:
        if battle.state is BattleState.VOTING:
            await self.stage.withdraw_players(battle)
        await self.stage.show(battle, await self._bot.service.battles.entrants(battle.id))

    async def _find_card(self, battle: Battle) -> bool:
        """Find the card that a previous run may have posted; return whether the battle continues.

        Without a card nobody can enter, so the battle is deleted. One that takes no more entries
        once had a card, and continues without it.
        """
        if battle.id in self._without_card:
            return True
        if self._announced and battle.created_at >= self._bot.begun_at:
            return False
        found = await self.stage.find_card(battle)
        if found is None and battle.state is not BattleState.OPEN:
            log.info("battle.without_card id=%d", battle.id)
            self._without_card.add(battle.id)
            return True
        if found is None:
            log.info("battle.never_shown id=%d", battle.id)
            await self._bot.service.battles.delete_unannounced(battle.id)
            return False
        await self._bot.service.battles.record_card(battle.id, found)
        return True
