"""The buttons under clips. Custom ids hold clip and action, so they survive a restart."""

from __future__ import annotations

import dataclasses

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.clip_actions import (
    order_again,
    order_continuation,
    order_loop,
    show_details,
)
from cogs.requests.clip_recall import post_for_all, show_tree
from cogs.requests.clip_stems import post_stems
from cogs.requests.rights import require_clip
from cogs.requests.stars import toggle_star
from cogs.views.delete_question import ask_to_delete
from cogs.views.export_button import export_view
from cogs.views.mix_form import show_mix_form
from cogs.views.persistent_button import PersistentButton
from cogs.views.remix_form import show_remix_form

UNKNOWN_BUTTON = Sentence("This button is from another version of me: I don't know what it does.")
ACTIONS = (
    "again",
    "continue",
    "remix",
    "loop",
    "stems",
    "mix",
    "star",
    "tree",
    "details",
    "delete",
    "post",
)
_LABELS = {
    "again": (Sentence("Again"), discord.ButtonStyle.primary),
    "continue": (Sentence("Continue"), discord.ButtonStyle.primary),
    "remix": (Sentence("Remix"), discord.ButtonStyle.primary),
    "loop": (Sentence("Loop"), discord.ButtonStyle.secondary),
    "stems": (Sentence("Stems"), discord.ButtonStyle.secondary),
    "mix": (Sentence("Mix"), discord.ButtonStyle.secondary),
    "star": (verbatim("⭐"), discord.ButtonStyle.secondary),
    "tree": (Sentence("Tree"), discord.ButtonStyle.secondary),
    "details": (Sentence("Details"), discord.ButtonStyle.secondary),
    "delete": (Sentence("Delete"), discord.ButtonStyle.danger),
    "post": (Sentence("Post it"), discord.ButtonStyle.success),
}
_LATER_ROWS = {"mix": 1, "star": 1, "tree": 1, "details": 1, "delete": 1, "post": 2}


def clip_view(render: Renderer, clip: Clip) -> discord.ui.View:
    """Return the buttons under a clip; *Stems* only if it has some, the star with its count.

    A private clip can be posted.
    """
    view = discord.ui.View(timeout=None)
    left_out = {"stems": not clip.stems, "post": not clip.is_private}
    for action in ACTIONS:
        if not left_out.get(action):
            view.add_item(ClipButton(clip.id, action, render, stars=clip.stars))
    return view


def posted_view(render: Renderer, clip: Clip) -> discord.ui.View:
    """Return the buttons under a clip that becomes public."""
    return clip_view(render, dataclasses.replace(clip, is_private=False))


def _with_others(view: discord.ui.View, message: discord.Message | None) -> discord.ui.View:
    """Return a clip's buttons with those of another kind that a message has below them."""
    others = [] if message is None else discord.ui.View.from_message(message).children
    for item in others:
        if isinstance(item, discord.ui.Button) and not _is_of_clip(item.custom_id):
            item.row = 2
            view.add_item(item)
    # discord.py would keep it in memory for good.
    view.stop()
    return view


def _is_of_clip(custom_id: str | None) -> bool:
    return ClipButton.__discord_ui_compiled_template__.fullmatch(custom_id or "") is not None


class ClipButton(PersistentButton, template=r"zhiyin:clip:(?P<id>\d+):(?P<action>[a-z]+)"):
    """One of the buttons under a clip."""

    def __init__(
        self, clip_id: int, action: str, render: Renderer | None = None, *, stars: int = 0
    ) -> None:
        label, style = _LABELS.get(action, (verbatim(action), discord.ButtonStyle.secondary))
        if action == "star" and stars:
            label = verbatim(f"⭐ {stars}")
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:clip:{clip_id}:{action}",
            ),
            # A row has five buttons; those that order music from the clip are in the first.
            row=_LATER_ROWS.get(action, 0),
        )
        self.clip_id, self.action = clip_id, action

    async def press(self, interaction: Interaction) -> None:
        """Run the action of the button."""
        clip = await require_clip(interaction, self.clip_id)
        match self.action:
            case "again":
                await order_again(interaction, clip)
            case "continue":
                await order_continuation(interaction, clip)
            case "remix":
                await show_remix_form(interaction, clip)
            case "loop":
                await order_loop(interaction, clip)
            case "stems":
                await post_stems(interaction, clip)
            case "mix":
                await show_mix_form(interaction, clip)
            case "star":
                answer = await toggle_star(interaction, clip)
                starred = await require_clip(interaction, clip.id)
                is_alone = interaction.message is not None and interaction.message.flags.ephemeral
                render = own_renderer(interaction) if is_alone else shared_renderer(interaction)
                # Before the answer, which may fail.
                interaction.client.dispatch("take_starred", starred, interaction.channel_id or 0)
                view = _with_others(clip_view(render, starred), interaction.message)
                await interaction.response.edit_message(view=view)
                await interaction.followup.send(own_renderer(interaction)(answer), ephemeral=True)
            case "tree":
                await show_tree(interaction, clip)
            case "details":
                await show_details(interaction, clip, export_view(own_renderer(interaction), clip))
            case "delete":
                await ask_to_delete(interaction, clip)
            case "post":
                view = posted_view(shared_renderer(interaction), clip)
                await post_for_all(interaction, clip, view)
            case "keep":
                await interaction.response.edit_message(
                    view=clip_view(shared_renderer(interaction), clip)
                )
            case _:
                raise RequestError(UNKNOWN_BUTTON)
