"""Clips that only their person may hear: private ones, and entries of running battles."""

from __future__ import annotations

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.preferences import Preferences
from bot.errors import RequestError
from cogs.presentation import battle_messages, messages
from cogs.requests.draft import RequestDraft, parents_of
from cogs.requests.limits import is_reached_by_token_only


async def is_secret(bot: ZhiyinBot, clip: Clip) -> bool:
    """Return whether only a clip's person may hear it now."""
    return clip.is_private or bool(await bot.service.battles.hidden([clip.id]))


async def require_not_secret(bot: ZhiyinBot, clip: Clip) -> None:
    """Raise RequestError if only a clip's person may hear it now."""
    if clip.is_private:
        raise RequestError(messages.ONLY_YOU_HAVE_IT)
    await require_out_of_battle(bot, clip)


async def require_out_of_battle(bot: ZhiyinBot, clip: Clip) -> None:
    """Raise RequestError if a clip is an entry of a running battle."""
    if await bot.service.battles.hidden([clip.id]):
        raise RequestError(battle_messages.IN_A_BATTLE)


async def is_ordered_privately(
    interaction: Interaction, draft: RequestDraft, preferences: Preferences
) -> bool:
    """Return whether a clip is private: by option, by preference, or because a parent is secret.

    A clip made from a secret one would reveal it. Direct messages are private anyway, battle
    entries are secret by themselves, and jams never are.
    """
    if draft.battle_id is not None or draft.jam_id is not None:
        return False
    if interaction.guild_id is None and not is_reached_by_token_only(interaction):
        return False
    if draft.is_private is not None:
        return draft.is_private
    if preferences.is_private:
        return True
    bot = interaction.client
    parents = [await bot.service.clips.find(id_) for id_ in parents_of(draft)]
    return any([clip is not None and await is_secret(bot, clip) for clip in parents])
