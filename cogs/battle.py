"""Battles: /battle and /ladder, and the events and timer that advance them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot import failpoints
from bot.app.client import Interaction, ZhiyinBot
from bot.domain.battles import BattleState, Entrants
from bot.errors import RequestError
from cogs.battles.progress import BattleProgress
from cogs.posting.afterwards import afterwards
from cogs.posting.due_loop import DueLoop
from cogs.presentation import battle_messages, battle_results
from cogs.presentation.errors import report_error
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.battles import check_battle, enter_battle, require_battle
from cogs.requests.suggestions import Prompt, suggest_clips, suggest_prompts
from cogs.views.battle_buttons import BattleButton, battle_view
from cogs.views.battle_form import CUSTOM_ID, read_battle_answers
from cogs.views.form_fields import id_in_form

Minutes = app_commands.Range[int, 1, 1440]

_RUNGS = 10

log = logging.getLogger(__name__)


class Battle(commands.Cog):
    """People make clips from the same words, or of the same clip, and everybody votes."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self.progress = BattleProgress(bot)
        self._due_loop = DueLoop(
            "battles",
            self.progress.run_due,
            self.progress.seconds_to_next,
            bot.service.retry_due_seconds,
        )

    async def cog_unload(self) -> None:
        """Stop; the next run of the bot continues."""
        await self._due_loop.stop()
        await self.progress.stop()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Continue battles that a previous run left, and catch up on missed events."""
        await self.run_due()

    @app_commands.command()
    @app_commands.autocomplete(prompt=suggest_prompts, clip=suggest_clips)
    async def battle(
        self,
        interaction: Interaction,
        prompt: Prompt | None = None,
        clip: app_commands.Range[str, 1, 20] | None = None,
        minutes: Minutes = 10,
        voting: Minutes = 10,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
    ) -> None:
        """Begin a battle: all make a clip from the same words, or of one clip; then all vote.

        Parameters
        ----------
        prompt:
            The words that everybody's entry is made from.
        clip:
            Or the clip that everybody remixes: its number; yours are listed.
        minutes:
            How long entries are taken.
        voting:
            How many minutes the vote lasts.
        seconds:
            How long each entry is.
        """
        new, sample = await check_battle(
            interaction,
            prompt=prompt,
            clip=clip,
            seconds=seconds,
            entry_seconds=60.0 * minutes,
            voting_seconds=60.0 * voting,
        )
        battles, render = self.bot.service.battles, shared_renderer(interaction)
        async with afterwards(self.bot, self.run_due):
            with self.progress.announcing(new.key):
                battle = await battles.begin(new)
                await failpoints.reached("battle.begun")
                card = battle_messages.announcement(
                    render, battle, sample, Entrants(ready=0, pending=0)
                )
                view = battle_view(render, battle)
                assert view is not None
                # If this fails, `run_due` finds the message or deletes the battle.
                sent = await interaction.response.send_message(embed=card, view=view)
                await failpoints.reached("battle.announced")
                if sent.message_id is not None:
                    await battles.record_card(battle.id, sent.message_id)
            found = await battles.find(battle.id)
            if (
                sample is not None
                and found is not None
                and found.message_id is not None
                and not await self.progress.stage.show_sample(found, sample)
            ):
                answer = own_renderer(interaction)(battle_messages.SAMPLE_NOT_SHOWN)
                await interaction.followup.send(answer, ephemeral=True)

    @app_commands.command()
    async def ladder(self, interaction: Interaction) -> None:
        """Show who has won the most battles on this server."""
        if interaction.guild_id is None:
            raise RequestError(battle_messages.ON_SERVERS)
        rungs = await self.bot.service.battles.ladder(interaction.guild_id, _RUNGS)
        text = battle_results.ladder(own_renderer(interaction), rungs)
        await interaction.response.send_message(text, ephemeral=True)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order the entry from a submitted form, also from before a restart."""
        id_ = id_in_form(interaction, CUSTOM_ID)
        if id_ is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            battle = await require_battle(interaction, id_)
            words, seed = read_battle_answers(cast(Mapping[str, Any], interaction.data))
            await enter_battle(interaction, battle, words, seed)
        except Exception as error:
            await report_error(interaction, error)

    @commands.Cog.listener()
    async def on_battle_changed(self, battle_id: int) -> None:
        """Advance battles: an entry was ordered, generated or dropped, or a button was pressed."""
        log.debug("battle.changed id=%d", battle_id)
        await self.run_due()

    @commands.Cog.listener()
    async def on_clip_changed(self, clip_id: int) -> None:
        """Withdraw a deleted entry at once."""
        if await self.bot.service.battles.hidden([clip_id]):
            await self.run_due()

    @commands.Cog.listener()
    async def on_person_forgotten(self, user_id: int) -> None:
        """Call off the battles of a person whose data was deleted, and withdraw their entries."""
        log.debug("battle.person_forgotten user=%d", user_id)
        await self.run_due()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Count the votes when Discord posts that a poll has ended."""
        if message.type is discord.MessageType.poll_result and message.reference is not None:
            await self._note_poll(message.reference.message_id)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Count the votes when a poll is finalized."""
        poll = cast(Mapping[str, Any], payload.data).get("poll") or {}
        if (poll.get("results") or {}).get("is_finalized"):
            await self._note_poll(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """End a battle whose poll was deleted."""
        await self._note_poll(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """End a battle whose poll was deleted with other messages."""
        for message_id in payload.message_ids:
            await self._note_poll(message_id)

    async def _note_poll(self, message_id: int | None) -> None:
        battle = None
        if message_id is not None:
            battle = await self.bot.service.battles.find_by_poll(message_id)
        if battle is not None and battle.state is BattleState.VOTING:
            self.progress.note_over(battle.id)
            await self.run_due()

    async def run_due(self) -> bool:
        """Advance every battle as far as possible; return whether all succeeded."""
        return await self._due_loop.run_now()


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons of battles."""
    bot.add_dynamic_items(BattleButton)
    await bot.add_cog(Battle(bot))
