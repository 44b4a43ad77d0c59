"""The form for one's own words to a daily prompt; they may be left out.

Its custom id names the prompt, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord

from bot.app.client import Interaction
from bot.domain.dailies import Daily
from bot.domain.jobs import MAX_PROMPT_CHARACTERS
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation.renderers import own_renderer
from cogs.views.form_fields import read_answers

CUSTOM_ID = re.compile(r"zhiyin:daily-clip:(?P<id>\d{1,19})")


async def show_daily_form(interaction: Interaction, daily: Daily) -> None:
    """Show the form for a clip from a prompt."""
    form = _build(own_renderer(interaction), daily)
    # discord.py would keep it in memory until it is sent, which may be never.
    form.stop()
    await interaction.response.send_modal(form)


def read_daily_words(data: Mapping[str, Any]) -> str | None:
    """Return the words of a submitted form."""
    return read_answers(data).get("words", "").strip() or None


def _build(render: Renderer, daily: Daily) -> discord.ui.Modal:
    form = discord.ui.Modal(
        title=render(Sentence("Make one")), custom_id=f"zhiyin:daily-clip:{daily.id}"
    )
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        max_length=MAX_PROMPT_CHARACTERS - len(daily.prompt) - 2,
        placeholder=render(Sentence("with a saxophone, 90 BPM")),
        required=False,
    )
    form.add_item(
        discord.ui.Label(
            text=render(Sentence("Your own words, if you like")),
            description=render(Sentence("After: {theme}", theme=daily.prompt)),
            component=words,
        )
    )
    return form
