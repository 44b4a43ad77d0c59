"""Lists of starred clips."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.clips import Clip
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation.messages import join_fitting, link
from cogs.presentation.prompts import quote_prompt

NO_FAVOURITES = Sentence("You haven't starred anything yet: press ⭐ under a clip.")
NO_STARS = Sentence("Nobody has starred anything here in that time. Press ⭐ under what you like.")

_LISTED_PROMPT = 60


def favourites(render: Renderer, clips: Sequence[Clip]) -> str:
    """Return the list of clips that a person has starred."""
    if not clips:
        return render(NO_FAVOURITES)
    return join_fitting([render(_line(verbatim("⭐"), clip)) for clip in clips])


def top(render: Renderer, found: Sequence[tuple[Clip, int]]) -> str:
    """Return the list of clips with the most stars, and their counts."""
    if not found:
        return render(NO_STARS)
    return join_fitting([render(_line(verbatim(f"⭐ {given}"), clip)) for clip, given in found])


def _line(mark: Sentence, clip: Clip) -> Sentence:
    return Sentence(
        "{mark} · {link} · {what} · by {who}",
        mark=mark,
        link=link(clip),
        what=quote_prompt(clip.prompt, _LISTED_PROMPT),
        who=f"<@{clip.origin.user_id}>",
    )
