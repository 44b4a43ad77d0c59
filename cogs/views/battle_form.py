"""The form for a battle entry, and its answers.

Its custom id names the battle, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord

from bot.app.client import Interaction
from bot.domain.battles import Battle
from bot.domain.generation import MAX_SHORT_SEED
from bot.domain.jobs import MAX_PROMPT_CHARACTERS
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation.renderers import own_renderer
from cogs.views.form_fields import read_answers

CUSTOM_ID = re.compile(r"zhiyin:battle-entry:(?P<id>\d{1,19})")
NO_SEED = Sentence("A seed is a number from 0 to {most}, or nothing.", most=MAX_SHORT_SEED)

_SEED_DIGITS = len(str(MAX_SHORT_SEED))
_THEME_CHARACTERS = 90


async def show_battle_form(interaction: Interaction, battle: Battle) -> None:
    """Show the form for an entry."""
    form = _build(own_renderer(interaction), battle)
    # discord.py would keep it in memory until it is sent, which may be never.
    form.stop()
    await interaction.response.send_modal(form)


def read_battle_answers(data: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Return the words and the seed of a submitted form. Raises RequestError."""
    given = read_answers(data)
    words, seed = given.get("words", ""), given.get("seed", "")
    if not seed.strip():
        return words.strip() or None, None
    if not seed.strip().isdecimal() or int(seed) > MAX_SHORT_SEED:
        raise RequestError(NO_SEED)
    return words.strip() or None, int(seed)


def _build(render: Renderer, battle: Battle) -> discord.ui.Modal:
    form = discord.ui.Modal(
        title=render(Sentence("Enter battle {id}", id=battle.id)),
        custom_id=f"zhiyin:battle-entry:{battle.id}",
    )
    is_remix = battle.clip_id is not None
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        max_length=MAX_PROMPT_CHARACTERS - (len(battle.prompt or "") + 2 if not is_remix else 0),
        placeholder=render(
            Sentence("make it jazzier") if is_remix else Sentence("with a saxophone, 90 BPM")
        ),
        required=is_remix,
    )
    theme = battle.prompt or ""
    if len(theme) > _THEME_CHARACTERS:
        theme = f"{theme[: _THEME_CHARACTERS - 1]}…"
    form.add_item(
        discord.ui.Label(
            text=render(
                Sentence("What should the clip become?")
                if is_remix
                else Sentence("Your own words, if you like")
            ),
            description=None if is_remix else render(Sentence("After: {theme}", theme=theme)),
            component=words,
        )
    )
    seed: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="seed", max_length=_SEED_DIGITS, required=False
    )
    form.add_item(
        discord.ui.Label(text=render(Sentence("A seed, if you want a certain one")), component=seed)
    )
    return form
