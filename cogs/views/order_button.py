"""The button that confirms that a message was meant as an order."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation import mention_messages
from cogs.requests.draft import order_key
from cogs.requests.mentions import read_mention
from cogs.requests.submit import submit_request
from cogs.views.persistent_button import PersistentButton


def order_view(render: Renderer, message_id: int) -> discord.ui.View:
    """Return the button below the question."""
    view = discord.ui.View(timeout=None)
    view.add_item(OrderButton(message_id, render))
    return view


class OrderButton(PersistentButton, template=r"zhiyin:order:(?P<id>\d+)"):
    """Orders what a message asks for, pressed by its author."""

    def __init__(self, message_id: int, render: Renderer | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(Sentence("Make it")),
                style=discord.ButtonStyle.primary,
                custom_id=f"zhiyin:order:{message_id}",
            )
        )
        self.message_id = message_id

    async def press(self, interaction: Interaction) -> None:
        """Order it once, as the message reads now. Raises errors for the person."""
        bot = interaction.client
        channel = bot.get_partial_messageable(interaction.channel_id or 0)
        try:
            message = await channel.fetch_message(self.message_id)
        except discord.NotFound:
            raise RequestError(mention_messages.WORDS_GONE) from None
        except discord.Forbidden:
            raise RequestError(mention_messages.WORDS_OUT_OF_SIGHT) from None
        if message.author.id != interaction.user.id:
            raise RequestError(mention_messages.NOT_YOUR_WORDS)
        meant = await read_mention(bot, message)
        known = await bot.service.requests.is_known(order_key(str(message.id), 0))
        if known:
            raise RequestError(mention_messages.WORDS_GONE)
        if meant.draft is None:
            raise RequestError(meant.sentence or mention_messages.WORDS_GONE)
        await submit_request(interaction, meant.draft, asked_by=message)
