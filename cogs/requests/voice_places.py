"""The voice channels where a radio may play, and their listeners."""

from __future__ import annotations

from collections.abc import Callable

import discord

from bot.app.client import Interaction
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.voice.connection import NO_PACKAGES, VoicePlace, missing_packages

ON_SERVERS = Sentence("The radio only works on servers.")
JOIN_FIRST = Sentence("Join a voice channel first: I play where you are.")
NO_VIEW = Sentence(
    "I can't see {channel}. I need the permissions *View Channel*, *Connect* and *Speak*."
)
NO_CONNECT = Sentence("I may not join {channel}: I need the permission *Connect* there.")
NO_SPEAK = Sentence("I may not be heard in {channel}: I need the permission *Speak* there.")
NO_STAGE = Sentence(
    "On the stage {channel} I would be in the audience: make me a moderator of it, or give me the "
    "permission *Mute Members* there, and I can speak."
)
IS_FULL = Sentence("{channel} is full: it takes {limit} people.")


def place_of(
    interaction: Interaction, missing: Callable[[], list[str]] = missing_packages
) -> VoicePlace:
    """Return the person's voice channel, if the bot may play there.

    Raises RequestError with the missing permission.
    """
    guild, person = interaction.guild, interaction.user
    if guild is None or not isinstance(person, discord.Member):
        raise RequestError(ON_SERVERS)
    if missing():
        raise RequestError(NO_PACKAGES)
    channel = None if person.voice is None else person.voice.channel
    if channel is None:
        raise RequestError(JOIN_FIRST)
    check_rights(channel)
    return channel


def check_rights(channel: VoicePlace) -> None:
    """Raise RequestError if the bot lacks permission to join or to speak."""
    me = channel.guild.me
    rights = channel.permissions_for(me)
    where = channel.mention
    if not rights.view_channel:
        raise RequestError(NO_VIEW.fill(channel=where))
    if not rights.connect:
        raise RequestError(NO_CONNECT.fill(channel=where))
    if isinstance(channel, discord.StageChannel):
        if not rights.mute_members:
            raise RequestError(NO_STAGE.fill(channel=where))
    elif not rights.speak:
        raise RequestError(NO_SPEAK.fill(channel=where))
    others = [each for each in channel.voice_states if each != me.id]
    if channel.user_limit and len(others) >= channel.user_limit and not rights.move_members:
        raise RequestError(IS_FULL.fill(channel=where, limit=channel.user_limit))


def listeners_in(channel: VoicePlace) -> set[int]:
    """Return the ids of the people in a channel, without bots."""
    guild = channel.guild
    members = {each: guild.get_member(each) for each in channel.voice_states}
    return {
        each
        for each, member in members.items()
        if each != guild.me.id and not (member is not None and member.bot)
    }
