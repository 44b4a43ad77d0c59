"""Deliver interactions to the bot, and end those not answered in time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bot.demo.discord.commands import IN_BOT_DM, IN_GUILD, IN_PRIVATE
from bot.demo.discord.interactions import Interaction, InteractionType
from bot.demo.discord.message_json import message_json
from bot.demo.discord.state import TOKEN_SECONDS, Discord


def remember(discord: Discord, interaction: Interaction) -> Interaction:
    """Store an interaction that is about to be sent."""
    discord.interactions[interaction.token] = interaction
    discord.used.keep(interaction.user, interaction.nonce, interaction)
    return interaction


async def send(discord: Discord, interaction: Interaction) -> None:
    """Send an interaction to the bot, and start the time limit of its answer."""
    event = interaction_json(discord, interaction)
    interaction.expires_at = discord.clock() + TOKEN_SECONDS
    interaction.sent_at = time.perf_counter()
    loop = asyncio.get_running_loop()
    interaction.deadline = loop.call_later(discord.ack_seconds, _fail, discord, interaction)
    if interaction.type is not InteractionType.AUTOCOMPLETE:
        discord.feeds.tell(interaction.user, "interaction_sent", **interaction.as_event())
    await discord.gateway.dispatch("INTERACTION_CREATE", event)


def acknowledge(discord: Discord, interaction: Interaction, at: float) -> None:
    """Record that the bot answered in time; `at` is on the clock of `time.perf_counter`."""
    interaction.answered_at = at
    if interaction.deadline is not None:
        interaction.deadline.cancel()
    interaction.acknowledged.set()
    if interaction.type is InteractionType.AUTOCOMPLETE:
        return
    if interaction.is_deferred:
        loop = asyncio.get_running_loop()
        interaction.deadline = loop.call_later(
            TOKEN_SECONDS, _give_up_thinking, discord, interaction
        )
    discord.feeds.tell(interaction.user, "interaction_done", **interaction.as_event())
    parent = interaction.parent
    if parent is not None and discord.open_modals.get(interaction.user.id) is parent:
        del discord.open_modals[interaction.user.id]


def _fail(discord: Discord, interaction: Interaction) -> None:
    interaction.has_failed = True
    if interaction.answered_at is None and interaction.type is not InteractionType.AUTOCOMPLETE:
        discord.feeds.tell(interaction.user, "interaction_failed", **interaction.as_event())


def _give_up_thinking(discord: Discord, interaction: Interaction) -> None:
    """Mark a deferred response as failed, since its token has expired."""
    if interaction.is_deferred:
        interaction.has_failed = True
        discord.feeds.tell(interaction.user, "interaction_failed", **interaction.as_event())


def interaction_json(discord: Discord, interaction: Interaction) -> dict[str, Any]:
    """Return an interaction as Discord's JSON for the bot."""
    channel, user = interaction.channel, interaction.user
    guild = channel.guild
    rights = discord.rights_of(discord.me, channel)
    event: dict[str, Any] = {
        "id": str(interaction.id),
        "application_id": str(discord.application_id),
        "type": int(interaction.type),
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel.as_json(discord.me)
        | {"permissions": str(int(discord.rights_of(user, channel)))},
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(int(rights)),
        "locale": user.locale,
        "entitlements": [],
        "authorizing_integration_owners": _owners(discord, interaction),
        "attachment_size_limit": discord.max_file_bytes(channel),
    }
    if guild is not None:
        member = guild.members[user.id].as_json()
        member["permissions"] = str(int(discord.rights_of(user, channel)))
        event |= {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "features": [], "locale": guild.locale},
            "guild_locale": guild.locale,
            "member": member,
            "context": IN_GUILD,
        }
    else:
        with_bot = discord.me in channel.recipients
        event |= {"user": user.as_json(), "context": IN_BOT_DM if with_bot else IN_PRIVATE}
    if interaction.source is not None:
        event["message"] = message_json(interaction.source, discord.base, discord.me)
    return event


def _owners(discord: Discord, interaction: Interaction) -> dict[str, str]:
    """Return the installations that make the app available, by type."""
    channel = interaction.channel
    owners = {}
    if channel.guild is not None and discord.me.id in channel.guild.members:
        owners["0"] = str(channel.guild.id)
    elif channel.guild is None and discord.me in channel.recipients:
        owners["0"] = "0"
    if interaction.user.has_app:
        owners["1"] = str(interaction.user.id)
    return owners


def is_by_user_install(discord: Discord, interaction: Interaction) -> bool:
    """Return whether the app is available through the person's installation only."""
    return "0" not in _owners(discord, interaction)
