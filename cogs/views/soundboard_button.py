"""The button that removes a sound from a soundboard."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.requests.soundboard import take_off_soundboard
from cogs.views.persistent_button import PersistentButton

TAKE_OFF = Sentence("Take it off again")


def soundboard_view(render: Renderer, sound_id: int, person_id: int) -> discord.ui.View:
    """Return the button under the answer to the person who added a sound."""
    view = discord.ui.View(timeout=None)
    view.add_item(SoundboardButton(sound_id, str(person_id), render))
    return view


class SoundboardButton(PersistentButton, template=r"zhiyin:soundboard:(?P<id>\d+):(?P<person>\d+)"):
    """Removes a sound; its ids are those of the sound and of its person."""

    def __init__(self, sound_id: int, person: str, render: Renderer | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(TAKE_OFF),
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:soundboard:{sound_id}:{person}",
            )
        )
        self.sound_id, self.person_id = sound_id, int(person)

    async def press(self, interaction: Interaction) -> None:
        """Remove it."""
        await take_off_soundboard(interaction, self.sound_id, self.person_id)
