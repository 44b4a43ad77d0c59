"""Leaving and joining a server, and personal settings."""

from __future__ import annotations

from bot.demo.discord.command_limits import LOCALES
from bot.demo.discord.gateway import Intent
from bot.demo.discord.guild import Guild
from bot.demo.discord.people import Member, Person
from bot.demo.discord.ready_event import guild_create
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice import moves

_BANNED = 40_007


async def send_member_event(discord: Discord, guild: Guild, member: Member, what: str) -> None:
    """Tell clients and the bot that a member was added or updated."""
    shown = member.as_json()
    for person in discord.member_event_receivers(guild):
        discord.feeds.tell(person, f"member_{what}", member=shown)
    event = shown | {"guild_id": str(guild.id)}
    # A bot gets events about its own member without the members intent.
    intent = Intent.GUILDS if member.person is discord.me else Intent.GUILD_MEMBERS
    await discord.gateway.dispatch(f"GUILD_MEMBER_{what.upper()}", event, intent)


async def remove_member(discord: Discord, guild: Guild, person: Person) -> None:
    """Remove a member from a server, and tell clients and the bot."""
    await moves.leave(discord, person, guild.id)
    del guild.members[person.id]
    for each in discord.member_event_receivers(guild):
        discord.feeds.tell(each, "member_remove", user_id=str(person.id))
    discord.feeds.tell(person, "removed")
    if person is discord.me:
        for each in discord.member_event_receivers(guild):
            discord.feeds.tell(each, "commands_update")
        await discord.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, Intent.GUILDS)
        return
    event = {"guild_id": str(guild.id), "user": person.as_json()}
    await discord.gateway.dispatch("GUILD_MEMBER_REMOVE", event, Intent.GUILD_MEMBERS)


async def leave(discord: Discord, person: Person) -> None:
    """Leave the server; the owner can't. Raises Refusal."""
    guild = discord.guild
    if person is guild.owner:
        raise Refusal(400, 50055, body={"message": "Not by the owner"})
    if person.id not in guild.members:
        raise Refusal(404, 10004)
    await remove_member(discord, guild, person)


async def rejoin(discord: Discord, person: Person) -> None:
    """Rejoin the server unless banned. Raises Refusal."""
    guild = discord.guild
    if person.id in guild.banned:
        raise Refusal(403, _BANNED, body={"message": "Banned"})
    if person.id in guild.members:
        return
    member = discord.add_member(guild, person)
    await send_member_event(discord, guild, member, "add")


async def invite_bot(discord: Discord, person: Person) -> None:
    """Add the bot to the server again. Raises Refusal."""
    guild = discord.guild
    member = guild.members.get(person.id)
    if member is None or not guild.rights_of(member) & Right.MANAGE_GUILD:
        raise Refusal(403, 50013)
    if discord.me.id in guild.members:
        return
    own = [role for role in guild.roles.values() if role.is_managed]
    added = discord.add_member(guild, discord.me, own)
    event = guild_create(guild, discord.me, discord.channels.values())
    # `unavailable` is absent when a server is joined.
    del event["unavailable"]
    await discord.gateway.dispatch("GUILD_CREATE", event, Intent.GUILDS)
    for each in discord.member_event_receivers(guild):
        discord.feeds.tell(each, "member_add", member=added.as_json())
        discord.feeds.tell(each, "commands_update")


def set_dms(discord: Discord, person: Person, *, is_open: bool) -> None:
    """Allow or block direct messages from others."""
    person.takes_dms = is_open


def set_locale(discord: Discord, person: Person, locale: str) -> None:
    """Set the language of a person's client. Raises Refusal."""
    if locale not in LOCALES:
        raise Refusal(400, 50035)
    person.locale = locale
    discord.feeds.tell(person, "commands_update")
