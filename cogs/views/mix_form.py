"""The form for mixing a clip with another, and its answers.

Its custom id holds all it needs, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.rights import clips_in_sight
from cogs.requests.suggestions import name_clip
from cogs.views.form_fields import UNKNOWN_CHOICE, read_answers, select

CUSTOM_ID = re.compile(r"zhiyin:mix:(?P<id>\d{1,19})")

# Discord takes 25 choices.
_CHOICES = 25
_MOST_DIGITS = 18
_LEADS = {
    "this": Sentence("this clip's: the other one follows"),
    "other": Sentence("the other one's: this clip follows"),
}
_BALANCES = {
    "50": Sentence("as much of one as of the other"),
    "30": Sentence("more of this clip"),
    "70": Sentence("more of the other one"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixAnswers:
    """The answers of the form."""

    other_id: int
    this_leads: bool
    balance: float
    """The share of the following clip."""


async def show_mix_form(interaction: Interaction, clip: Clip) -> None:
    """Show the form for a clip. Raises RequestError if there is no other clip."""
    found = await clips_in_sight(interaction, _CHOICES + 1)
    others = [each for each in found if each.id != clip.id][:_CHOICES]
    if not others:
        raise RequestError(messages.NOTHING_TO_MIX)
    form = _build(own_renderer(interaction), clip, others)
    # As for every form here: the submitted data is read from the interaction.
    form.stop()
    await interaction.response.send_modal(form)


def read_mix_answers(data: Mapping[str, Any]) -> MixAnswers:
    """Return the answers of a submitted form. Raises RequestError for invalid ones."""
    given = read_answers(data)
    other, lead = given.get("other", ""), given.get("lead", "this")
    balance = given.get("balance", "50")
    if not other.isdecimal() or len(other) > _MOST_DIGITS:
        raise RequestError(messages.UNKNOWN_CLIP)
    if lead not in _LEADS or balance not in _BALANCES:
        raise RequestError(UNKNOWN_CHOICE)
    share = int(balance) / 100
    return MixAnswers(
        other_id=int(other),
        this_leads=lead == "this",
        balance=share if lead == "this" else 1 - share,
    )


def _build(render: Renderer, clip: Clip, others: Sequence[Clip]) -> discord.ui.Modal:
    form = discord.ui.Modal(
        title=render(Sentence("Mix clip {id} with …", id=clip.id)),
        custom_id=f"zhiyin:mix:{clip.id}",
    )
    named = {str(each.id): name_clip(render, each) for each in others}
    fields = (
        (Sentence("The other clip"), select(render, "other", named, None)),
        (Sentence("Whose beat and key"), select(render, "lead", _LEADS, "this")),
        (Sentence("How much of each"), select(render, "balance", _BALANCES, "50")),
    )
    for label, component in fields:
        form.add_item(discord.ui.Label(text=render(label), component=component))
    return form
