"""The buttons under clips. They hold an id and nothing else: a restart costs none."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.requests.clip_actions import again, cut_loop, delete, details, go_on, known_clip
from cogs.requests.clip_stems import post_stems
from cogs.views.persistent_button import LastingButton
from cogs.views.remix_modal import remix_form

_LABELS = {
    "again": (Sentence("Again"), discord.ButtonStyle.primary),
    "continue": (Sentence("Continue"), discord.ButtonStyle.primary),
    "remix": (Sentence("Remix"), discord.ButtonStyle.primary),
    "loop": (Sentence("Loop"), discord.ButtonStyle.secondary),
    "stems": (Sentence("Stems"), discord.ButtonStyle.secondary),
    "details": (Sentence("Details"), discord.ButtonStyle.secondary),
    "delete": (Sentence("Delete"), discord.ButtonStyle.danger),
}
_ABOUT_THE_CLIP = {"details", "delete"}


def clip_view(read: Reader, clip: Clip) -> discord.ui.View:
    """Return the buttons under a clip; *Stems* only under one that can be taken apart."""
    view = discord.ui.View(timeout=None)
    for action in _LABELS:
        if action != "stems" or clip.stems:
            view.add_item(ClipButton(clip.id, action, read))
    return view


class ClipButton(LastingButton, template=r"zhiyin:clip:(?P<id>\d+):(?P<action>[a-z]+)"):
    """One of the buttons under a clip."""

    def __init__(self, clip_id: int, action: str, read: Reader | None = None) -> None:
        label, style = _LABELS[action]
        super().__init__(
            discord.ui.Button(
                label=(read or Reader())(label),
                style=style,
                custom_id=f"zhiyin:clip:{clip_id}:{action}",
            ),
            # What makes music is in the first row, what is about the clip in the second.
            row=int(action in _ABOUT_THE_CLIP),
        )
        self.clip_id, self.action = clip_id, action

    async def pressed(self, interaction: Interaction) -> None:
        """Do what the button says."""
        clip = await known_clip(interaction.client, self.clip_id)
        match self.action:
            case "again":
                await again(interaction, clip)
            case "continue":
                await go_on(interaction, clip)
            case "remix":
                form = await remix_form(interaction, clip)
                await interaction.response.send_modal(form)
            case "loop":
                await cut_loop(interaction, clip)
            case "stems":
                await post_stems(interaction, clip)
            case "details":
                await details(interaction, clip)
            case "delete":
                await delete(interaction, clip)
