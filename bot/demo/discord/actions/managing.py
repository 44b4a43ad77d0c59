"""Management of a server's members, roles and channels by its staff."""

from __future__ import annotations

from collections.abc import Sequence

from bot.demo.discord.actions.membership import send_member_event
from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.gateway import Intent
from bot.demo.discord.guild import Guild
from bot.demo.discord.people import Member, Person, Role
from bot.demo.discord.posting import send_channel_event
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import NONE, Overwrite, Right
from bot.demo.discord.state import Discord
from bot.demo.discord.visibility import visibility_events
from bot.demo.discord.voice.moves import disconnect_all

_MOST_NAME_CHARACTERS = 100


def _require(guild: Guild, person: Person, needed: Right) -> Member:
    """Return a person's membership if they have the needed rights. Raises Refusal."""
    member = guild.members.get(person.id)
    if member is None:
        raise Refusal(403, 50001)
    if needed & ~guild.rights_of(member):
        raise Refusal(403, 50013)
    return member


def _rank(guild: Guild, person: Person) -> int:
    """Return the position of a person's highest role; only lower members can be managed."""
    if person is guild.owner:
        return 1 << 30
    member = guild.members[person.id]
    roles = [guild.roles[each].position for each in member.role_ids if each in guild.roles]
    return max(roles, default=0)


def require_above(guild: Guild, person: Person, other: Person, needed: Right) -> Member:
    """Return the member `other` if `person` may manage them. Raises Refusal."""
    _require(guild, person, needed)
    member = guild.members.get(other.id)
    if member is None:
        raise Refusal(404, 10007)
    if person is not other and _rank(guild, person) <= _rank(guild, other):
        raise Refusal(403, 50013)
    return member


async def set_roles(
    discord: Discord, person: Person, member_id: int, role_ids: Sequence[int]
) -> None:
    """Replace a member's roles. Raises Refusal."""
    guild = discord.guild
    member = require_above(guild, person, discord.person_of(member_id), Right.MANAGE_ROLES)
    changed = set(role_ids) ^ set(member.role_ids)
    if any(each not in guild.roles or each == guild.id for each in changed):
        raise Refusal(404, 10011)
    highest = max((guild.roles[each].position for each in changed), default=-1)
    if any(guild.roles[each].is_managed for each in changed) or highest >= _rank(guild, person):
        raise Refusal(403, 50013)
    with visibility_events(discord):
        member.role_ids = list(role_ids)
    await send_member_event(discord, guild, member, "update")
    discord.feeds.tell(member.person, "commands_update")


async def time_out(discord: Discord, person: Person, member_id: int, seconds: float) -> None:
    """Time a member out; 0 ends the timeout. Raises Refusal."""
    guild = discord.guild
    other = discord.person_of(member_id)
    member = require_above(guild, person, other, Right.MODERATE_MEMBERS)
    if guild.rights_of(member) & Right.ADMINISTRATOR or seconds > 28 * 86_400:
        raise Refusal(403, 50013)
    member.timed_out_until = discord.clock() + seconds if seconds else 0.0
    await send_member_event(discord, guild, member, "update")


async def create_role(
    discord: Discord, person: Person, name: str, rights: Right = NONE, *, color: int = 0
) -> Role:
    """Create a role, with no rights that its creator lacks. Raises Refusal."""
    guild = discord.guild
    member = _require(guild, person, Right.MANAGE_ROLES)
    if rights & ~guild.rights_of(member):
        raise Refusal(403, 50013)
    _check_name(name)
    role = discord.add_role(name, rights, color=color)
    _send_role_events(discord, guild)
    event = {"guild_id": str(guild.id), "role": role.as_json()}
    await discord.gateway.dispatch("GUILD_ROLE_CREATE", event, Intent.GUILDS)
    return role


async def create_channel(
    discord: Discord,
    person: Person,
    name: str,
    *,
    type: ChannelType = ChannelType.TEXT,
    topic: str | None = None,
) -> Channel:
    """Create a channel. Raises Refusal."""
    _require(discord.guild, person, Right.MANAGE_CHANNELS)
    _check_name(name)
    channel = discord.add_channel(name, type=type, topic=topic)
    await send_channel_event(discord, "create", channel)
    return channel


async def rename_channel(discord: Discord, person: Person, channel_id: int, name: str) -> None:
    """Rename a channel. Raises Refusal."""
    channel = _managed(discord, person, channel_id, Right.MANAGE_CHANNELS)
    _check_name(name)
    channel.name = name
    await send_channel_event(discord, "update", channel)


async def delete_channel(discord: Discord, person: Person, channel_id: int) -> None:
    """Delete a channel, its threads and all their messages. Raises Refusal."""
    channel = _managed(discord, person, channel_id, Right.MANAGE_CHANNELS)
    inside = [each for each in discord.channels.values() if each.parent is channel]
    # Before anybody is told: who is sent away may be back at once.
    for each in (*inside, channel):
        each.is_deleted = True
    await disconnect_all(discord, channel)
    for each in (*inside, channel):
        await send_channel_event(discord, "delete", each)


async def set_channel_rights(
    discord: Discord,
    person: Person,
    channel_id: int,
    target_id: int,
    *,
    allow: Right = NONE,
    deny: Right = NONE,
) -> None:
    """Set the overwrite of a channel for a role or a member. Raises Refusal."""
    channel = _managed(discord, person, channel_id, Right.MANAGE_ROLES)
    guild = channel.guild
    assert guild is not None
    is_member = target_id in guild.members
    if not is_member and target_id not in guild.roles:
        raise Refusal(404, 10011)
    with visibility_events(discord):
        channel.overwrites[target_id] = Overwrite(target_id, is_member, allow, deny)
    _send_commands_update(discord, guild)
    await send_channel_event(discord, "update", channel)


async def set_slow_mode(discord: Discord, person: Person, channel_id: int, seconds: int) -> None:
    """Set a channel's slow mode: the seconds between two messages of a person. Raises Refusal."""
    channel = _managed(discord, person, channel_id, Right.MANAGE_CHANNELS)
    channel.slow_seconds = seconds
    await send_channel_event(discord, "update", channel)


async def set_command_rights(
    discord: Discord, person: Person, command_id: int, target_id: int, allowed: bool
) -> None:
    """Allow or deny a command to a role, a member or a channel. Raises Refusal."""
    guild = discord.guild
    _require(guild, person, Right.MANAGE_GUILD | Right.MANAGE_ROLES)
    discord.commands.find(command_id)
    guild.command_rights.setdefault(command_id, {})[target_id] = allowed
    _send_commands_update(discord, guild)


def _send_commands_update(discord: Discord, guild: Guild) -> None:
    """Tell clients that the available commands may have changed."""
    for each in discord.member_event_receivers(guild):
        discord.feeds.tell(each, "commands_update")


def _managed(discord: Discord, person: Person, channel_id: int, needed: Right) -> Channel:
    """Return a channel that a person may manage. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    if channel.guild is None:
        raise Refusal(403, 50003)
    if needed & ~discord.rights_of(person, channel):
        raise Refusal(403, 50013)
    return channel


def _check_name(name: str) -> None:
    problems = Problems()
    problems.text("name", name, _MOST_NAME_CHARACTERS, required=True)
    problems.check()


def _send_role_events(discord: Discord, guild: Guild) -> None:
    roles = [role.as_json() for role in guild.roles.values()]
    for person in discord.member_event_receivers(guild):
        discord.feeds.tell(person, "roles_update", roles=roles)
