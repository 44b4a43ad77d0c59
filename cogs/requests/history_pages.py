"""Look up a page of /history, limited to what the person may see."""

from __future__ import annotations

import dataclasses

import discord

from bot.app.client import Interaction
from bot.domain.history import HistoryPage, HistoryQuery, HistoryScope
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.requests.places import can_see
from cogs.requests.rights import is_shown_to

ON_SERVERS = Sentence("Everybody's clips can only be listed on servers.")


async def find_page(interaction: Interaction, query: HistoryQuery) -> HistoryPage:
    """Return a page. Raises RequestError for a server's clips outside of servers."""
    if query.whose is HistoryScope.EVERYONE and interaction.guild_id is None:
        raise RequestError(ON_SERVERS)
    seen = _seen(interaction) if query.whose is HistoryScope.EVERYONE else ()
    page = await interaction.client.service.history.page(
        query, interaction.user.id, interaction.guild_id, seen
    )
    shown = tuple(clip for clip in page.clips if is_shown_to(interaction, clip))
    return dataclasses.replace(page, clips=shown)


def _seen(interaction: Interaction) -> set[int]:
    """Return the channels and threads of this server that the person can see."""
    guild, person = interaction.guild, interaction.user
    here = {interaction.channel_id or 0}
    if guild is None or not isinstance(person, discord.Member):
        return here
    places = [*guild.channels, *guild.threads]
    return here | {place.id for place in places if can_see(place, person)}
