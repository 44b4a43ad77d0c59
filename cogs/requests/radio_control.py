"""Permissions and actions of people with the radio of their server."""

from __future__ import annotations

from typing import cast

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import radio_messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.radio_session import RadioSession
from cogs.requests.radio_sessions import RadioSessions
from cogs.requests.responses import thinking
from cogs.requests.voice_places import ON_SERVERS, listeners_in


def radios_of(bot: ZhiyinBot) -> RadioSessions:
    """Return the running radios."""
    found = bot.get_cog("Radio")
    assert found is not None
    return cast(RadioSessions, found.radios)  # type: ignore[attr-defined]


def require_radio(interaction: Interaction) -> RadioSession:
    """Return the radio of this server. Raises RequestError if there is none."""
    if interaction.guild_id is None:
        raise RequestError(ON_SERVERS)
    radio = radios_of(interaction.client).of(interaction.guild_id)
    if radio is None:
        raise RequestError(radio_messages.NOT_ON)
    return radio


def may_control_alone(person: discord.abc.User, radio: RadioSession) -> bool:
    """Return whether a person needs no vote: the starter, and managers of the channel."""
    if person.id == radio.plan.user_id:
        return True
    rights = (
        radio.channel.permissions_for(person)
        if isinstance(person, discord.Member)
        else discord.Permissions.none()
    )
    return rights.move_members or rights.manage_channels


async def require_listener(bot: ZhiyinBot, person: discord.abc.User, radio: RadioSession) -> None:
    """Raise RequestError unless a person listens or may control it, Refused for a blocked one."""
    await bot.service.guilds.check_person(radio.plan.guild_id, person.id)
    if person.id not in listeners_in(radio.channel) and not may_control_alone(person, radio):
        raise RequestError(radio_messages.NOT_THERE.fill(channel=radio.channel.mention))


async def skip_by_vote(interaction: Interaction, radio: RadioSession) -> Sentence:
    """Skip the clip, or count a vote; return the answer. Raises RequestError.

    More than half of the listeners skip it.
    """
    await require_listener(interaction.client, interaction.user, radio)
    if radio.plays_live:
        raise RequestError(radio_messages.NO_NEXT_LIVE)
    listeners = listeners_in(radio.channel)
    radio.votes.add(interaction.user.id)
    have, need = len(radio.votes & listeners), len(listeners) // 2 + 1
    if have < need and not may_control_alone(interaction.user, radio):
        return radio_messages.VOTED.fill(have=have, need=need)
    radio.skip()
    return radio_messages.SKIPPED


async def stop_radio(interaction: Interaction, radio: RadioSession) -> None:
    """Stop the radio, and answer. Raises RequestError without permission."""
    await require_listener(interaction.client, interaction.user, radio)
    is_alone = listeners_in(radio.channel) == {interaction.user.id}
    if not is_alone and not may_control_alone(interaction.user, radio):
        who = f"<@{radio.plan.user_id}>"
        raise RequestError(radio_messages.NOT_YOURS_TO_STOP.fill(who=who))
    # Leaving waits for Discord's confirmation, longer than an interaction may wait.
    async with thinking(interaction, ephemeral=True):
        await radio.stop()
        answer = own_renderer(interaction)(radio_messages.SWITCHED_OFF)
        await interaction.followup.send(answer, ephemeral=True)
