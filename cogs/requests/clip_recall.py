"""Bring clips back: post one once more, and show the family of one."""

from __future__ import annotations

import io

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused, RequestError
from cogs.presentation import cards, messages
from cogs.presentation.clip_tree import TREE_PICTURE, tree_embed
from cogs.presentation.readers import reader_of, readers_of
from cogs.requests.clip_cards import card_for
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.rights import is_shown_to, require_clip

# More would be too long a picture for a phone.
_MOST_SHOWN = 15
_MOST_DIGITS = 18


async def find_typed_clip(interaction: Interaction, text: str) -> Clip:
    """Return the clip whose number was typed or chosen. Raises RequestError."""
    number = text.strip().removeprefix("#")
    if not number.isdecimal() or len(number) > _MOST_DIGITS:
        raise RequestError(messages.UNKNOWN_CLIP)
    return await require_clip(interaction, int(number))


async def post_again(interaction: Interaction, clip: Clip, view: discord.ui.View) -> None:
    """Post a clip once more, for everybody, with its card. Costs no quota.

    Raises Refused where no music may be posted, and SoundError where its sound is gone.
    """
    bot, origin, read = interaction.client, origin_of(interaction), readers_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    async with thinking(interaction):
        embed = await card_for(bot, read, clip, interaction.guild_id)
        packed = await bot.service.clips.pack(clip, interaction.filesize_limit)
        await interaction.followup.send(
            embed=embed,
            files=[
                discord.File(io.BytesIO(packed.data), packed.name),
                discord.File(io.BytesIO(packed.picture), cards.PICTURE),
            ],
            view=view,
        )


async def show_tree(interaction: Interaction, clip: Clip) -> None:
    """Show what a clip came from and what was made of it, to the person alone."""
    clips = interaction.client.service.clips
    async with thinking(interaction, ephemeral=True):
        family = await clips.lineage(clip.id, _MOST_SHOWN)
        hidden = await interaction.client.service.battles.hidden(
            [each.id for each in family.clips if each.origin.user_id != interaction.user.id]
        )
        shown = frozenset(
            each.id
            for each in family.clips
            if each.id == clip.id or (each.id not in hidden and is_shown_to(interaction, each))
        )
        picture = await clips.draw_tree(family, shown)
        await interaction.followup.send(
            embed=tree_embed(reader_of(interaction), family, shown),
            files=[discord.File(io.BytesIO(picture), TREE_PICTURE)],
            ephemeral=True,
        )
