"""The origin of a request, and the limits that apply there."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jobs import RequestOrigin
from bot.domain.limits import Limits
from bot.errors import Refused
from bot.i18n.sentence import short_listing
from cogs.presentation import messages


def origin_of(interaction: discord.Interaction) -> RequestOrigin:
    """Return who asked, and where."""
    return RequestOrigin(
        user_id=interaction.user.id,
        channel_id=interaction.channel_id or 0,
        guild_id=interaction.guild_id,
    )


def is_reached_by_token_only(interaction: discord.Interaction) -> bool:
    """Return whether only the interaction token reaches the person: the bot is no member."""
    if interaction.guild_id is None:
        return interaction.context.private_channel
    return not interaction.is_guild_integration()


async def resolve_limits(
    bot: ZhiyinBot,
    origin: RequestOrigin,
    user: discord.abc.User,
    *,
    parent_channel_id: int | None = None,
    anywhere: bool = False,
) -> tuple[Limits, float]:
    """Return the limits of a person in a place, and the longest clip in seconds.

    Raises Refused where the bot is not allowed, and in a channel that is not for music, unless
    `anywhere`.
    """
    config, guilds = bot.config.limits, bot.service.guilds
    guilds.check_place(origin.guild_id)
    bounds = guilds.bounds
    daily, waiting, longest, of_guild = config.daily_seconds, bounds.waiting, None, None
    pause_seconds, uploaders = bounds.cooldown_seconds, frozenset[int]()
    if origin.guild_id is not None:
        settings = await guilds.settings(origin.guild_id)
        allowed = settings.channel_ids
        if allowed and not anywhere and not {origin.channel_id, parent_channel_id} & allowed:
            channels = [f"<#{id_}>" for id_ in sorted(allowed)]
            raise Refused(messages.WRONG_CHANNEL.fill(channels=short_listing(channels)))
        if settings.daily_seconds is not None:
            daily = settings.daily_seconds
        roles = {role.id for role in user.roles} if isinstance(user, discord.Member) else set()
        daily = max([daily, *(settings.tiers[role] for role in roles & settings.tiers.keys())])
        waiting = int(settings.waiting) if settings.waiting is not None else waiting
        longest, of_guild = settings.max_seconds, settings.guild_daily_seconds
        if settings.cooldown_seconds is not None:
            pause_seconds = settings.cooldown_seconds
        if not roles & settings.upload_role_ids and not _manages(user):
            uploaders = settings.upload_role_ids
        if of_guild is None:
            of_guild = bounds.guild_daily_seconds
    limits = Limits(
        daily_seconds=daily,
        waiting_per_user=config.waiting_per_user,
        waiting_per_guild=waiting,
        waiting=config.waiting,
        guild_daily_seconds=of_guild,
        most_daily_seconds=bounds.daily_seconds,
        cooldown_seconds=pause_seconds,
        upload_role_ids=uploaders,
    )
    return limits, longest or bounds.max_seconds


def _manages(user: discord.abc.User) -> bool:
    return isinstance(user, discord.Member) and user.guild_permissions.manage_guild
