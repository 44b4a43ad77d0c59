"""Moderation: kicks, bans, and settings of the whole server."""

from __future__ import annotations

from bot.demo.discord.actions.managing import require_above
from bot.demo.discord.actions.membership import remove_member
from bot.demo.discord.command_limits import LOCALES
from bot.demo.discord.gateway import Intent
from bot.demo.discord.people import Person
from bot.demo.discord.posting import remove
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.i18n.sentence import Sentence


async def kick(discord: Discord, person: Person, member_id: int) -> None:
    """Kick a member, who may rejoin. Raises Refusal."""
    other = discord.person_of(member_id)
    require_above(discord.guild, person, other, Right.KICK_MEMBERS)
    await remove_member(discord, discord.guild, other)


async def ban(
    discord: Discord, person: Person, member_id: int, *, delete_messages: bool = False
) -> None:
    """Ban a member. Raises Refusal."""
    guild, other = discord.guild, discord.person_of(member_id)
    require_above(guild, person, other, Right.BAN_MEMBERS)
    guild.banned.add(other.id)
    await remove_member(discord, guild, other)
    event = {"guild_id": str(guild.id), "user": other.as_json()}
    await discord.gateway.dispatch("GUILD_BAN_ADD", event, Intent.GUILD_MODERATION)
    if not delete_messages:
        return
    for channel in list(discord.channels.values()):
        if channel.guild is guild:
            for message in [each for each in channel.messages.values() if each.author is other]:
                await remove(discord, message)


async def unban(discord: Discord, person: Person, member_id: int) -> None:
    """Lift a ban. Raises Refusal."""
    guild = discord.guild
    member = guild.members.get(person.id)
    if member is None or not guild.rights_of(member) & Right.BAN_MEMBERS:
        raise Refusal(403, 50013)
    if member_id not in guild.banned:
        raise Refusal(404, 10026)
    guild.banned.discard(member_id)
    event = {"guild_id": str(guild.id), "user": discord.person_of(member_id).as_json()}
    await discord.gateway.dispatch("GUILD_BAN_REMOVE", event, Intent.GUILD_MODERATION)


async def set_guild(
    discord: Discord,
    person: Person,
    *,
    name: str | None = None,
    locale: str | None = None,
    tier: int | None = None,
) -> None:
    """Change the server's name, language or boost level. Raises Refusal."""
    guild = discord.guild
    member = guild.members.get(person.id)
    if member is None or not guild.rights_of(member) & Right.MANAGE_GUILD:
        raise Refusal(403, 50013)
    problems = Problems()
    if name is not None:
        problems.text("name", name, 100, least=2, required=True)
    if locale is not None and locale not in LOCALES:
        problems.add("preferred_locale", "BASE_TYPE_CHOICES", Sentence("No such language."))
    if tier is not None:
        problems.choice("premium_tier", tier, frozenset(range(4)))
    problems.check()
    guild.name = guild.name if name is None else name
    guild.locale = guild.locale if locale is None else locale
    guild.tier = guild.tier if tier is None else tier
    for each in discord.member_event_receivers(guild):
        discord.feeds.tell(each, "guild_update", guild=guild.as_json())
    await discord.gateway.dispatch("GUILD_UPDATE", guild.as_json(), Intent.GUILDS)
