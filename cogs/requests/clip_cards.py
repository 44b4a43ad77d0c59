"""Build the card of a clip, with its parents and credits, and post it again."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Kind
from bot.domain.lineage import Lineage, credits_of
from bot.i18n.languages import Renderer
from bot.pipeline.packaging import PackedClip
from cogs.posting.outages import is_filtered
from cogs.presentation import cards
from cogs.presentation.clip_tree import credits_line, players_line

_MOST_ANCESTORS = 100


async def card_for(
    bot: ZhiyinBot, render: Renderer, clip: Clip, guild_id: int | None
) -> discord.Embed:
    """Return the card of a clip that is posted again, without a prompt that is unwanted there."""
    return (await cards_for(bot, render, clip, guild_id))[0]


async def cards_for(
    bot: ZhiyinBot, render: Renderer, clip: Clip, guild_id: int | None
) -> list[discord.Embed]:
    """Return the cards of a clip that is posted again, to be tried in turn.

    The last one is without its prompt; so are all if that is unwanted there: the clip may be from
    another server, or older than the word list.
    """
    with_words, without_words = await clip_cards(bot, render, clip)
    unwanted = await bot.service.word_filter.find(guild_id, clip.prompt, clip.upload_name)
    return [with_words, without_words] if unwanted is None else [without_words]


async def send_card(
    interaction: Interaction,
    embeds: Sequence[discord.Embed],
    packed: PackedClip,
    view: discord.ui.View,
    *,
    content: str = discord.utils.MISSING,
    ephemeral: bool = False,
) -> int:
    """Post a clip after the first response, with the first card that AutoMod does not block.

    Returns the message's id. Raises what discord.py raises.
    """
    for embed in embeds:
        try:
            sent = await interaction.followup.send(
                content,
                embed=embed,
                files=[
                    discord.File(io.BytesIO(packed.data), packed.name),
                    discord.File(io.BytesIO(packed.picture), cards.PICTURE),
                ],
                view=view,
                wait=True,
                ephemeral=ephemeral,
            )
        except discord.HTTPException as error:
            if not is_filtered(error) or embed is embeds[-1]:
                raise
        else:
            return sent.id
    raise AssertionError("a clip has a card")


async def clip_cards(
    bot: ZhiyinBot, render: Renderer, clip: Clip
) -> tuple[discord.Embed, discord.Embed]:
    """Return the card of a clip, and one without its prompt.

    The card is public: it credits nobody for clips made elsewhere.
    """
    parents: list[Clip | None] = [None, None]
    credited = None
    if clip.parent_ids:
        family = await bot.service.clips.lineage(clip.id, _MOST_ANCESTORS)
        # Private clips are not mentioned on a public card.
        by_id = {each.id: each for each in family.clips if clip.is_private or not each.is_private}
        parents = [*map(by_id.get, clip.parent_ids), None][:2]
        here = tuple(each for each in family.clips if each.origin.guild_id == clip.origin.guild_id)
        kin = Lineage(clip_id=clip.id, clips=here)
        credited = credits_line(render, credits_of(kin))
        if clip.kind is Kind.JAM_MIX:
            credited = players_line(render, kin)
    with_words, without_words = (
        cards.card(
            render, clip, parents[0], words=words, credits_line=credited, second_parent=parents[1]
        )
        for words in (True, False)
    )
    return with_words, without_words
