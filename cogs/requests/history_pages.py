"""Look up a page of /history, limited to what the person may see."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.domain.history import HistoryPage, HistoryQuery, HistoryScope
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.requests.rights import sight_of

ON_SERVERS = Sentence("Everybody's clips can only be listed on servers.")


async def find_page(interaction: Interaction, query: HistoryQuery) -> HistoryPage:
    """Return a page. Raises RequestError for a server's clips outside of servers."""
    if query.whose is HistoryScope.EVERYONE and interaction.guild_id is None:
        raise RequestError(ON_SERVERS)
    return await interaction.client.service.history.page(
        query, interaction.user.id, sight_of(interaction), interaction.guild_id
    )
