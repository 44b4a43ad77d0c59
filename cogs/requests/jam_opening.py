"""Start a jam or a fork: check it, begin it once, open its thread, answer the person."""

from __future__ import annotations

import discord

from bot import failpoints
from bot.app.client import Interaction
from bot.domain.jams import JamSnapshot, NewJam
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from cogs.posting.jam_thread import ThreadLost, open_jam_thread
from cogs.presentation import jam_answers, jam_messages, messages
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.renderers import own_renderer, shared_locale
from cogs.requests.limits import is_reached_by_token_only, origin_of, resolve_limits
from cogs.requests.responses import thinking

MAX_TITLE_CHARACTERS, MAX_STYLE_CHARACTERS = 80, 100
_NAME_CHARACTERS = 40


async def check_jam(
    interaction: Interaction,
    *,
    title: str,
    style: str | None,
    bpm: int,
    music_key: str | None,
    bars: int,
    in_rotation: bool,
    most_seconds: float,
) -> NewJam:
    """Return the requested jam. Raises RequestError and Refused."""
    if interaction.guild_id is None:
        raise RequestError(jam_messages.ON_SERVERS)
    if is_reached_by_token_only(interaction):
        raise Refused(jam_messages.NOT_A_MEMBER)
    if not isinstance(interaction.channel, discord.TextChannel):
        raise RequestError(jam_messages.IN_CHANNELS)
    longest = await _check_place(interaction)
    named, styled = clean_prompt(title), clean_prompt(style)
    if named is None:
        raise RequestError(Sentence("Give the jam a title that can be read."))
    new = NewJam(
        key=str(interaction.id),
        guild_id=interaction.guild_id,
        channel_id=interaction.channel.id,
        user_id=interaction.user.id,
        name=name_of(interaction),
        title=named,
        style=styled,
        bpm=bpm,
        music_key=music_key,
        bars=bars,
        in_rotation=in_rotation,
        most_seconds=most_seconds,
        locale=shared_locale(interaction),
    )
    seconds = bars * 240 / bpm
    if not 1 <= seconds <= min(longest, most_seconds):
        raise RequestError(
            Sentence(
                "At {bpm} BPM a turn of {bars} bars is {seconds:.1f} s long; here it may be from "
                "1 to {longest:g} s.",
                bpm=bpm,
                bars=bars,
                seconds=seconds,
                longest=min(longest, most_seconds),
            )
        )
    await interaction.client.service.word_filter.check(interaction.guild_id, named, styled)
    return new


async def check_fork(interaction: Interaction, snapshot: JamSnapshot) -> NewJam:
    """Return a new jam that starts with this track. Raises RequestError and Refused."""
    jam = snapshot.jam
    if snapshot.head is None:
        raise RequestError(jam_messages.NO_TURNS)
    await _check_place(interaction)
    render = interaction.client.languages.renderer(jam.locale)
    title = jam.title or render(jam_messages.title_of(jam))
    return NewJam(
        key=str(interaction.id),
        guild_id=jam.guild_id,
        channel_id=jam.channel_id,
        user_id=interaction.user.id,
        name=name_of(interaction),
        title=render(Sentence("{title}, another way", title=title))[:MAX_TITLE_CHARACTERS],
        style=jam.style,
        bpm=jam.bpm,
        music_key=jam.music_key,
        bars=jam.bars,
        in_rotation=jam.in_rotation,
        most_seconds=jam.most_seconds,
        locale=jam.locale,
        forked_from=jam.id,
    )


async def open_jam(interaction: Interaction, new: NewJam) -> None:
    """Begin a jam or a fork, and answer with a link to its thread.

    Raises Refused if no thread can be opened.
    """
    bot = interaction.client
    async with thinking(interaction, ephemeral=True):
        jam = await bot.service.jams.begin(new)
        await failpoints.reached("jam.begun")
        try:
            opened = await open_jam_thread(bot, jam.id)
        except ThreadLost as lost:
            raise Refused(lost.sentence) from None
        answer = own_renderer(interaction)(jam_answers.opened(opened))
        await interaction.followup.send(answer, ephemeral=True)


def name_of(interaction: Interaction) -> str:
    """Return a person's display name, for the credits."""
    return (clean_prompt(interaction.user.display_name) or "?")[:_NAME_CHARACTERS]


async def _check_place(interaction: Interaction) -> float:
    """Return the longest clip here, in seconds; raises Refused where no jam is possible."""
    bot, origin = interaction.client, origin_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    _, longest = await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    await bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
    rights = interaction.app_permissions
    if not rights.attach_files:
        raise Refused(messages.NO_FILES)
    if not (rights.create_public_threads and rights.send_messages_in_threads):
        raise Refused(jam_messages.NO_THREADS)
    return longest
