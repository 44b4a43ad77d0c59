"""Stars: /favourites, /top, and the ⭐ reaction, which works like the button."""

from __future__ import annotations

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.app.services.stars import Period
from bot.domain.clips import Clip
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import star_messages
from cogs.presentation.renderers import own_renderer, server_renderer
from cogs.requests.named_choice import NamedChoice
from cogs.requests.rights import sight_of
from cogs.views.clip_buttons import clip_view

PERIODS = NamedChoice(
    {Period.DAY: "the last day", Period.WEEK: "the last week", Period.ALL: "all time"}
)
ON_SERVERS = Sentence("Stars only work on servers.")

_STAR = "⭐"
_SHOWN = 15

log = logging.getLogger(__name__)


class Stars(commands.Cog):
    """What people like."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def favourites(self, interaction: Interaction) -> None:
        """List the clips that you have starred."""
        shown = await self.bot.service.stars.favourites(
            interaction.user.id, sight_of(interaction), _SHOWN
        )
        text = star_messages.favourites(own_renderer(interaction), shown)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command()
    async def top(
        self,
        interaction: Interaction,
        period: app_commands.Transform[Period, PERIODS] = Period.WEEK,
    ) -> None:
        """List this server's clips with the most stars.

        Parameters
        ----------
        period:
            Count the stars of the last day, of the last week, or all of them.
        """
        if interaction.guild_id is None:
            raise RequestError(ON_SERVERS)
        shown = await self.bot.service.stars.top(
            interaction.guild_id, sight_of(interaction), period, _SHOWN
        )
        text = star_messages.top(own_renderer(interaction), shown)
        await interaction.response.send_message(text, ephemeral=True)

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Star the clip that got a ⭐ reaction; those of bots, such as this one, don't count."""
        # Discord tells the member; reactions in direct messages it doesn't tell this bot at all.
        if payload.member is None or not payload.member.bot:
            await self._react(payload, is_given=True)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Remove the star when the reaction is removed."""
        await self._react(payload, is_given=False)

    async def _react(self, payload: discord.RawReactionActionEvent, *, is_given: bool) -> None:
        if str(payload.emoji) != _STAR:
            return
        service = self.bot.service
        shown = await service.clips.find_by_message(payload.message_id)
        kept = [clip for clip in shown if not clip.is_deleted]
        if len(kept) != 1:
            return  # a reaction can't say which of several takes is meant
        (clip,) = kept
        try:
            service.guilds.check_place(payload.guild_id)
            await service.guilds.check_person(payload.guild_id, payload.user_id)
        except Refused:
            return  # a reaction can't be answered
        change = service.stars.give if is_given else service.stars.take_back
        if await change(clip, payload.user_id):
            await self._show_number(clip, payload)
            self.bot.dispatch("clip_changed", clip.id)

    async def _show_number(self, clip: Clip, payload: discord.RawReactionActionEvent) -> None:
        fresh = await self.bot.service.clips.find(clip.id)
        if fresh is None or fresh.stars == clip.stars:
            return
        render = server_renderer(self.bot, payload.guild_id)
        channel = self.bot.get_partial_messageable(payload.channel_id)
        try:
            message = channel.get_partial_message(payload.message_id)
            await message.edit(view=clip_view(render, fresh))
        except (discord.HTTPException, *NETWORK_ERRORS) as error:
            # The next press of the button updates it.
            log.debug("star.not_shown clip=%d %s", clip.id, error)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Stars(bot))
