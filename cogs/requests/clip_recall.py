"""Post an existing clip again, and show its family."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import PurePath

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused, RequestError
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_refusal
from cogs.presentation import messages
from cogs.presentation.clip_tree import TREE_PICTURE, tree_embed
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.clip_cards import cards_for, send_card
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.rights import is_shown_to, require_clip
from cogs.requests.secrecy import require_out_of_battle

# A longer picture would not fit a phone.
_MOST_SHOWN = 15
_MOST_DIGITS = 18
_MOST_HELD = 1000


async def find_typed_clip(interaction: Interaction, text: str) -> Clip:
    """Return the clip whose number was typed or chosen. Raises RequestError."""
    number = text.strip().removeprefix("#")
    if not number.isdecimal() or len(number) > _MOST_DIGITS:
        raise RequestError(messages.UNKNOWN_CLIP)
    return await require_clip(interaction, int(number))


async def post_again(interaction: Interaction, clip: Clip, view: discord.ui.View) -> None:
    """Post a clip again with its card, for everybody. Costs no quota.

    A private clip becomes public, and a held one is fetched by its person. Raises Refused if no
    music may be posted here, SoundError if its sound is deleted, and RequestError if it is secret
    for now or belongs to another server.
    """
    clips, person = interaction.client.service.clips, interaction.user
    await require_out_of_battle(interaction.client, clip)
    is_held = any(each.id == clip.id for each in await clips.held(person.id, _MOST_HELD))
    if clip.is_private:
        _check_server(interaction, clip)
    elif is_held:
        check_held_server(interaction, clip)
    async with _posting(interaction, clip, view) as (post, _):
        here = interaction.channel_id or 0
        if clip.is_private and await clips.publish(
            clip, here, _find_nothing, post, is_refusal=is_refusal
        ):
            return
        if is_held and not clip.is_private:
            await clips.hand_over(clip.id, person.id, here, lambda _: post())
        else:
            await post()


async def post_for_all(interaction: Interaction, clip: Clip, view: discord.ui.View) -> None:
    """Publish a private clip, once, however often the button is pressed.

    Otherwise as `post_again`. Raises RequestError if it is posted already.
    """
    if clip.origin.user_id != interaction.user.id:
        raise RequestError(messages.NOT_YOURS)
    _check_server(interaction, clip)
    clips = interaction.client.service.clips
    if not await clips.is_unposted(clip.id):
        raise RequestError(messages.POSTED_ALREADY.fill(id=clip.id))
    here = interaction.channel_id or 0
    async with _posting(interaction, clip, view) as (post, find):
        if not await clips.publish(clip, here, find, post, is_refusal=is_refusal):
            raise RequestError(messages.POSTED_ALREADY.fill(id=clip.id))
    interaction.client.dispatch("clip_changed", clip.id)


def check_held_server(interaction: Interaction, clip: Clip) -> None:
    """Raise RequestError where a held clip can't be fetched: on another server.

    Direct messages also reach people on whose server the bot is not any more.
    """
    if interaction.guild_id not in (None, clip.origin.guild_id):
        raise RequestError(messages.GET_ELSEWHERE.fill(id=clip.id))


def _check_server(interaction: Interaction, clip: Clip) -> None:
    """Raise RequestError unless a private clip was made on this server.

    Its message must be where its server's people and managers are.
    """
    if interaction.guild_id == clip.origin.guild_id:
        return
    if interaction.guild_id is None:
        raise RequestError(messages.POST_THERE.fill(id=clip.id))
    raise RequestError(messages.POST_ELSEWHERE.fill(id=clip.id))


async def _find_nothing() -> None:
    """Return None: the clip can't have been posted before."""


@asynccontextmanager
async def _posting(
    interaction: Interaction, clip: Clip, view: discord.ui.View
) -> AsyncIterator[tuple[Callable[[], Awaitable[int]], Callable[[], Awaitable[int | None]]]]:
    """Check that a clip may be posted and pack it; yield functions that post and find it."""
    bot, origin, render = interaction.client, origin_of(interaction), shared_renderer(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    await bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    async with thinking(interaction):
        for_all = dataclasses.replace(clip, is_private=False)
        embeds = await cards_for(bot, render, for_all, interaction.guild_id)
        packed = await bot.service.clips.pack(clip, interaction.filesize_limit)

        async def post() -> int:
            # Others can't see the private message with the button, so name the person.
            named = f"<@{interaction.user.id}>" if clip.is_private else discord.utils.MISSING
            return await send_card(interaction, embeds, packed, view, content=named)

        async def find() -> int | None:
            return await find_own(
                bot,
                bot.get_partial_messageable(interaction.channel_id or 0),
                lambda message: any(
                    PurePath(file.filename).stem == PurePath(packed.name).stem
                    for file in message.attachments
                ),
                since_id=clip.message_id,
            )

        yield post, find


async def show_tree(interaction: Interaction, clip: Clip) -> None:
    """Show a clip's ancestors and descendants to the person alone."""
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
        render = own_renderer(interaction)
        picture = await clips.draw_tree(family, shown, render)
        await interaction.followup.send(
            embed=tree_embed(render, family, shown),
            files=[discord.File(io.BytesIO(picture), TREE_PICTURE)],
            ephemeral=True,
        )
