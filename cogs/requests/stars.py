"""Give a clip a star, or take it back."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.i18n.sentence import Sentence

STARRED = Sentence("⭐ Clip {id} is among your `/favourites` now. Press again to take it back.")
TAKEN_BACK = Sentence("Clip {id} is not among your `/favourites` any more.")


async def toggle_star(interaction: Interaction, clip: Clip) -> Sentence:
    """Star a clip, or unstar it; return the answer. Raises Refused for a blocked person."""
    bot, person = interaction.client, interaction.user
    await bot.service.guilds.check_person(interaction.guild_id, person.id)
    is_given = await bot.service.stars.give(clip, person.id)
    if not is_given:
        await bot.service.stars.take_back(clip, person.id)
    bot.dispatch("clip_changed", clip.id)
    if is_given:
        return STARRED.fill(id=clip.id)
    return TAKEN_BACK.fill(id=clip.id)
