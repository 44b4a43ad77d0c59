"""Order a clip from a daily prompt."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.domain.dailies import Daily
from bot.domain.jobs import Kind
from bot.errors import RequestError
from cogs.presentation import daily_messages
from cogs.requests.draft import RequestDraft
from cogs.requests.submit import submit_request


async def require_daily(interaction: Interaction, daily_id: int) -> Daily:
    """Return a prompt of this channel. Raises RequestError."""
    daily = await interaction.client.service.dailies.find(daily_id)
    if daily is None or daily.channel_id != interaction.channel_id:
        raise RequestError(daily_messages.NOT_HERE)
    return daily


async def make_from_daily(interaction: Interaction, daily: Daily, words: str | None) -> None:
    """Order a clip from a prompt and the person's own words. Raises RequestError."""
    draft = RequestDraft(
        kind=Kind.MUSIC,
        prompt=", ".join(filter(None, (daily.prompt, words))),
        daily_id=daily.id,
    )
    await submit_request(interaction, draft)
