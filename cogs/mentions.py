"""Orders by mention: "@Zhiyin make me some jazz", with a file, or in reply to a clip."""

from __future__ import annotations

import logging

import discord
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.errors import RequestError
from cogs.posting.outages import is_outage
from cogs.presentation import messages
from cogs.presentation.renderers import locale_of_message
from cogs.requests.draft import order_key
from cogs.requests.mentions import Mention, is_typed, read_mention
from cogs.requests.radio_steering import steer_by_message, steered_by
from cogs.requests.submit import submit_from_message
from cogs.views.order_button import OrderButton, order_view

log = logging.getLogger(__name__)


class Mentions(commands.Cog):
    """Listens for messages that mention the bot; edits are ignored."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._answering: set[int] = set()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Order what a message asks for, ask whether it does, or say how to."""
        user = self.bot.user
        if user is None or message.author.bot or user not in message.mentions:
            return
        # A reply pings by itself; without a typed mention it is not meant for the bot.
        if message.is_system() or not is_typed(message.content, user.id):
            return
        if message.guild is not None and not self.bot.service.guilds.serves(message.guild.id):
            return  # no public refusal where the bot may not be used
        if message.id in self._answering:
            return  # Discord repeated the event
        self._answering.add(message.id)
        try:
            await self._answer(message)
        except discord.Forbidden:
            # The bot may not reply there; nothing was charged.
            return
        finally:
            self._answering.discard(message.id)

    async def _answer(self, message: discord.Message) -> None:
        if await self.bot.service.requests.is_known(order_key(str(message.id), 0)):
            return  # Discord repeated it later
        try:
            self.bot.service.guilds.check_place(message.guild.id if message.guild else None)
            live = steered_by(self.bot, message)
            if live is not None:
                answer = await steer_by_message(self.bot, message, *live)
                if answer is None:
                    return
                meant = Mention(sentence=answer)
            else:
                meant = await read_mention(self.bot, message)
        except RequestError as refused:
            meant = Mention(sentence=refused.sentence)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("mention.not_read id=%d %r", message.id, error)
            meant = Mention(sentence=messages.UNEXPECTED)
        if meant.sentence is None and meant.draft is not None:
            await submit_from_message(message, self.bot, meant.draft)
        elif meant.sentence is not None:
            render = self.bot.languages.renderer(locale_of_message(self.bot, message))
            view = order_view(render, message.id) if meant.draft else discord.utils.MISSING
            # The nonce keeps a repeated event from being answered twice.
            await message.reply(render(meant.sentence), view=view, nonce=str(message.id))


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the button that asks."""
    bot.add_dynamic_items(OrderButton)
    await bot.add_cog(Mentions(bot))
