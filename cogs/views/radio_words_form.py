"""The form for the words of live music, and its answers.

Its custom id holds all it needs, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord

from bot.app.client import Interaction
from bot.domain.live_words import MAX_LIVE_CHARACTERS
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation import radio_messages
from cogs.presentation.renderers import own_renderer
from cogs.views.form_fields import UNKNOWN_CHOICE, read_answers, select

CUSTOM_ID = re.compile(r"zhiyin:radio-words")


async def show_words_form(interaction: Interaction) -> None:
    """Show the form."""
    form = _build(own_renderer(interaction))
    # discord.py would keep it in memory until it is sent, which may be never.
    form.stop()
    await interaction.response.send_modal(form)


def read_words(data: Mapping[str, Any]) -> tuple[str, float]:
    """Return the words, as they were typed, and the weight of a submitted form.

    Raises RequestError.
    """
    given = read_answers(data)
    words, amount = given.get("words", ""), given.get("amount", "1")
    if amount not in radio_messages.AMOUNTS:
        raise RequestError(UNKNOWN_CHOICE)
    return words, float(amount)


def _build(render: Renderer) -> discord.ui.Modal:
    form = discord.ui.Modal(
        title=render(Sentence("Steer the radio")), custom_id="zhiyin:radio-words"
    )
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        max_length=MAX_LIVE_CHARACTERS,
        placeholder=render(radio_messages.WORDS_EXAMPLE),
    )
    form.add_item(discord.ui.Label(text=render(radio_messages.WORDS_LABEL), component=words))
    amounts = select(render, "amount", radio_messages.AMOUNTS, "1")
    form.add_item(discord.ui.Label(text=render(radio_messages.HOW_MUCH), component=amounts))
    return form
