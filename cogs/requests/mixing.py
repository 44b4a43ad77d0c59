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
    """Order two clips as one; the second follows the beat and the key of the first.

    Costs no quota: nothing is generated. Raises RequestError for tempi that are too far apart.
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
    """Order a mix once more, the clip leading that followed: the same one would be the same.

    Raises RequestError where one of the two is gone.
    """
    assert clip.mixed is not None
    lead = await require_clip(interaction, clip.mixed.other_id)
    other = await require_clip(interaction, clip.mixed.lead_id)
    await order_mix(interaction, lead, other, 1 - clip.mixed.balance)
