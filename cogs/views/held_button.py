"""The button that fetches a clip that could not be posted."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.clip_cards import cards_for, send_card
from cogs.requests.clip_recall import check_held_server
from cogs.requests.responses import thinking
from cogs.requests.secrecy import is_secret
from cogs.views.clip_buttons import clip_view
from cogs.views.persistent_button import PersistentButton


class HeldButton(PersistentButton, template=r"zhiyin:held:(?P<id>\d+)"):
    """Posts a clip that could not be posted when it was generated."""

    def __init__(self, clip_id: int, render: Renderer | None = None) -> None:
        label = (render or Renderer())(Sentence("Get clip {id}", id=clip_id))
        super().__init__(discord.ui.Button(label=label, custom_id=f"zhiyin:held:{clip_id}"))
        self.clip_id = clip_id

    async def press(self, interaction: Interaction) -> None:
        """Post the clip where its author is now."""
        await hand_over(interaction, self.clip_id)


async def hand_over(interaction: Interaction, clip_id: int) -> None:
    """Post a held clip with its card and buttons; to its person alone while it is secret.

    Raises RequestError and Refused.
    """
    bot = interaction.client
    clips = bot.service.clips

    async def post(clip: Clip) -> int:
        check_held_server(interaction, clip)
        secret = await is_secret(bot, clip)
        render = own_renderer(interaction) if secret else shared_renderer(interaction)
        async with thinking(interaction, ephemeral=secret):
            embeds = await cards_for(bot, render, clip, interaction.guild_id)
            packed = await clips.pack(clip, interaction.filesize_limit)
            return await send_card(
                interaction,
                embeds,
                packed,
                clip_view(render, clip),
                content=f"<@{interaction.user.id}>",
                ephemeral=secret,
            )

    await clips.hand_over(clip_id, interaction.user.id, interaction.channel_id or 0, post)
