"""Reads by people's clients: the server, a channel's history, the commands."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.channels import Channel
from bot.demo.discord.commands import localized, may_use
from bot.demo.discord.guild import Guild
from bot.demo.discord.message_json import message_json
from bot.demo.discord.people import Person
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.soundboards import shown_sounds

_PAGE = 50


def channel_json(discord: Discord, person: Person, channel: Channel) -> dict[str, Any]:
    """Return a channel as JSON for a person's client, with their rights there."""
    rights = discord.rights_of(person, channel)
    return channel.as_json(person) | {"rights": str(int(rights))}


def snapshot(discord: Discord, person: Person) -> dict[str, Any]:
    """Return a client's initial state; events after its `seq` continue from there."""
    guilds = [each for each in discord.guilds.values() if person.id in each.members]
    seen = [each for each in discord.channels.values() if each.is_seen_by(person, discord.clock())]
    guild = guilds[0] if guilds else None
    open_modal = discord.open_modals.get(person.id)
    return {
        "seq": discord.feeds.of(person).seq,
        "instance": discord.instance,
        "user": person.as_json() | {"locale": person.locale, "takes_dms": person.takes_dms},
        "bot": discord.me.as_json(),
        "bot_online": discord.gateway.is_connected,
        "guild": guild.as_json() if guild else None,
        "guilds": [each.as_json() for each in guilds],
        "roles": [role.as_json() for role in guild.roles.values()] if guild else [],
        "members": [each.as_json() for each in guild.members.values()] if guild else [],
        "rights": str(int(guild.rights_of(guild.members[person.id]))) if guild else "0",
        "channels": [channel_json(discord, person, each) for each in seen],
        "voice_states": _voices(discord, guild, seen),
        "voice_statuses": {str(each.id): each.voice_status for each in seen if each.voice_status},
        "sounds": shown_sounds(discord, guild) if guild else [],
        "max_file_bytes": guild.max_file_bytes if guild else 0,
        "open_modal": (open_modal.as_event() | {"modal": open_modal.modal} if open_modal else None),
    }


def _voices(discord: Discord, guild: Guild | None, seen: list[Channel]) -> list[dict[str, Any]]:
    states = () if guild is None else discord.voice.all_in(guild.id)
    return [each.as_json() for each in states if each.channel in seen]


def history(
    discord: Discord,
    person: Person,
    channel_id: int,
    *,
    before: int | None = None,
    limit: int = _PAGE,
) -> list[dict[str, Any]]:
    """Return the latest messages in a channel that a person sees, oldest first. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    if not discord.rights_of(person, channel) & Right.READ_MESSAGE_HISTORY:
        return []
    seen = [
        each
        for each in channel.messages.values()
        if (not each.is_ephemeral or each.reader is person) and (before is None or each.id < before)
    ]
    seen.sort(key=lambda each: each.id)
    return [message_json(each, "", person) for each in seen[-limit:]]


def commands_for(discord: Discord, person: Person, channel_id: int) -> list[dict[str, Any]]:
    """Return the commands a person may use in a channel, in their language. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    rights = discord.rights_of(person, channel)
    return [
        localized(each, person.locale)
        for each in discord.commands.everything()
        if may_use(each, person, channel, rights, discord.me)
    ]
