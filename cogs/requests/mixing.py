"""Order a mix of two clips."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, Kind
from bot.domain.mixes import EVEN_BALANCE, MixOrder
from cogs.requests.draft import RequestDraft
from cogs.requests.rights import require_clip
from cogs.requests.submit import submit_request

_BETWEEN_PROMPTS = " / "


async def order_mix(
    interaction: Interaction, lead: Clip, other: Clip, balance: float = EVEN_BALANCE
) -> None:
    """Order a mix of two clips; the second is fitted to the tempo and key of the first.

    Costs no quota, since nothing is generated. Raises RequestError for tempi too far apart.
    """
    interaction.client.service.requests.check_tempi(lead, other)
    prompts = dict.fromkeys(clip.prompt for clip in (lead, other) if clip.prompt)
    draft = RequestDraft(
        kind=Kind.MIX,
        prompt=_BETWEEN_PROMPTS.join(prompts)[:MAX_PROMPT_CHARACTERS].strip() or None,
        seed=lead.seed,
        mix=MixOrder(lead_id=lead.id, other_id=other.id, balance=balance),
    )
    await submit_request(interaction, draft)


async def order_mix_again(interaction: Interaction, clip: Clip) -> None:
    """Order a mix again with leading and following clip swapped.

    Raises RequestError if one of the two is deleted.
    """
    assert clip.mixed is not None
    lead = await require_clip(interaction, clip.mixed.other_id)
    other = await require_clip(interaction, clip.mixed.lead_id)
    await order_mix(interaction, lead, other, 1 - clip.mixed.balance)
