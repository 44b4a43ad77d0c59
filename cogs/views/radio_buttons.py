"""The buttons under the radio's card: skip, star, more like this, words, stop."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation import radio_messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.clip_actions import order_again
from cogs.requests.radio_control import require_radio, skip_by_vote, stop_radio
from cogs.requests.radio_steering import check_steering
from cogs.requests.rights import require_clip
from cogs.requests.stars import toggle_star
from cogs.views.clip_buttons import UNKNOWN_BUTTON
from cogs.views.persistent_button import PersistentButton
from cogs.views.radio_words_form import show_words_form

CLIP_ACTIONS = ("skip", "favour", "more", "off")
LIVE_ACTIONS = ("words", "off")
_LABELS = {
    "skip": (Sentence("Skip"), discord.ButtonStyle.primary),
    "favour": (verbatim("⭐"), discord.ButtonStyle.secondary),
    "more": (Sentence("More like this"), discord.ButtonStyle.secondary),
    "words": (Sentence("Words"), discord.ButtonStyle.primary),
    "off": (Sentence("Stop"), discord.ButtonStyle.danger),
}


def radio_view(render: Renderer, clip_id: int) -> discord.ui.View:
    """Return the buttons for the playing clip; 0 is live music."""
    view = discord.ui.View(timeout=None)
    for action in CLIP_ACTIONS if clip_id else LIVE_ACTIONS:
        view.add_item(RadioButton(clip_id, action, render))
    return view


class RadioButton(PersistentButton, template=r"zhiyin:radio:(?P<id>\d+):(?P<action>[a-z]+)"):
    """One of the buttons under the radio's card; the id is the clip's."""

    def __init__(self, clip_id: int, action: str, render: Renderer | None = None) -> None:
        label, style = _LABELS.get(action, (verbatim(action), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:radio:{clip_id}:{action}",
            )
        )
        self.clip_id, self.action = clip_id, action

    async def press(self, interaction: Interaction) -> None:
        """Run the action of the button."""
        match self.action:
            case "skip":
                radio = require_radio(interaction)
                if radio.clip_id != self.clip_id:
                    raise RequestError(radio_messages.PLAYED_ALREADY)
                await self._say(interaction, await skip_by_vote(interaction, radio))
            case "favour":
                clip = await require_clip(interaction, self.clip_id)
                await self._say(interaction, await toggle_star(interaction, clip))
            case "more":
                await order_again(interaction, await require_clip(interaction, self.clip_id))
            case "words":
                radio = require_radio(interaction)
                await check_steering(interaction.client, interaction.user, radio)
                await show_words_form(interaction)
            case "off":
                await stop_radio(interaction, require_radio(interaction))
            case _:
                raise RequestError(UNKNOWN_BUTTON)

    async def _say(self, interaction: Interaction, sentence: Sentence) -> None:
        await interaction.response.send_message(own_renderer(interaction)(sentence), ephemeral=True)
