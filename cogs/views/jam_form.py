"""The form for the words of a turn, and its answers.

Its custom id names the jam, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re

import discord

from bot.app.client import Interaction
from bot.domain.jams import JamSnapshot
from bot.i18n.sentence import Sentence
from cogs.presentation import jam_messages
from cogs.presentation.renderers import own_renderer

CUSTOM_ID = re.compile(r"zhiyin:jam-turn:(?P<id>\d{1,19})")
MAX_WORDS_CHARACTERS = 200

_TITLE_CHARACTERS, _DESCRIPTION_CHARACTERS = 45, 100


async def show_jam_form(interaction: Interaction, snapshot: JamSnapshot) -> None:
    """Show the form for a turn."""
    render, jam = own_renderer(interaction), snapshot.jam
    form = discord.ui.Modal(
        title=_shorten(render(Sentence("Your turn in jam {id}", id=jam.id)), _TITLE_CHARACTERS),
        custom_id=f"zhiyin:jam-turn:{jam.id}",
    )
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        max_length=MAX_WORDS_CHARACTERS,
        placeholder=render(
            Sentence("soft piano, calm drums")
            if snapshot.head is None
            else Sentence("with drums, loud")
        ),
    )
    form.add_item(
        discord.ui.Label(
            text=render(
                Sentence("How does it begin?")
                if snapshot.head is None
                else Sentence("What comes next?")
            ),
            description=_shorten(render(jam_messages.facts(snapshot)), _DESCRIPTION_CHARACTERS),
            component=words,
        )
    )
    # discord.py would keep it in memory until it is sent, which may be never.
    form.stop()
    await interaction.response.send_modal(form)


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
