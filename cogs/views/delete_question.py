"""The confirmation before a clip, or all takes of a message, are deleted."""

from __future__ import annotations

import discord

from bot import failpoints
from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.withdrawals import Withdrawal
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.posting.server_log import note
from cogs.presentation import log_messages
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.limits import is_reached_by_token_only
from cogs.requests.rights import require_clip, require_owner_or_manager
from cogs.requests.withdrawal import messages_showing, why_still_shown, withdraw
from cogs.views.persistent_button import MAX_ID, PersistentButton

ASK_CLIP = Sentence(
    "Delete clip {id}? Its sound is gone then, for everybody; what was made from it stays."
)
ASK_TAKES = Sentence(
    "Delete all takes in this message, {n} of them? Their sound is gone then, for everybody; what "
    "was made from them stays. To delete one of them, press its number first."
)
DELETED = Sentence("Deleted.")


async def ask_to_delete(interaction: Interaction, clip: Clip) -> None:
    """Ask the author or a manager whether to delete a clip. Raises RequestError."""
    require_owner_or_manager(interaction, clip.origin)
    await _ask(interaction, clip, "clip", ASK_CLIP.fill(id=clip.id))


async def ask_to_delete_takes(interaction: Interaction, clip: Clip) -> None:
    """Ask the author or a manager whether to delete all takes of a message.

    Raises RequestError.
    """
    require_owner_or_manager(interaction, clip.origin)
    takes = await interaction.client.service.clips.takes(clip)
    left = [take for take in takes if not take.is_deleted]
    await _ask(interaction, clip, "takes", ASK_TAKES.fill(n=len(left)))


async def _ask(interaction: Interaction, clip: Clip, what: str, sentence: Sentence) -> None:
    message = interaction.message
    # An ephemeral message vanishes by itself.
    is_public = message is not None and not message.flags.ephemeral
    number = message.id if message is not None and is_public else 0
    if is_public and is_reached_by_token_only(interaction):
        # Only a response to a button on the message itself can delete it.
        render = shared_renderer(interaction)
        await interaction.response.edit_message(
            view=_question(render, clip, what, number, keep=True)
        )
        return
    render = own_renderer(interaction)
    await interaction.response.send_message(
        render(sentence), view=_question(render, clip, what, number), ephemeral=True
    )


def _question(
    render: Renderer, clip: Clip, what: str, message_id: int, *, keep: bool = False
) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(DeleteButton(clip.id, what, str(message_id), render))
    if keep:
        # *Keep* has the custom id of an existing button, and restores the buttons.
        kept = f"zhiyin:{what}:{clip.id}:keep"
        view.add_item(discord.ui.Button(label=render(Sentence("Keep")), custom_id=kept))
    return view


class DeleteButton(
    PersistentButton,
    template=r"zhiyin:delete:(?P<id>\d+):(?P<what>clip|takes):(?P<message>\d{1,19})",
):
    """Deletes a clip or all takes of its message; its id names the message."""

    def __init__(
        self, clip_id: int, what: str, message: str, render: Renderer | None = None
    ) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(Sentence("Delete")),
                style=discord.ButtonStyle.danger,
                custom_id=f"zhiyin:delete:{clip_id}:{what}:{message}",
            )
        )
        self.clip_id, self.what, self.message_id = clip_id, what, min(int(message), MAX_ID)

    async def press(self, interaction: Interaction) -> None:
        """Delete, for the author or a manager. Raises RequestError and Refused."""
        clips = interaction.client.service.clips
        clip = await require_clip(interaction, self.clip_id)
        require_owner_or_manager(interaction, clip.origin)
        await interaction.response.defer()
        chosen = [clip]
        if self.what == "takes":
            takes = await clips.takes(clip)
            chosen = [take.clip for take in takes if take.clip and not take.is_deleted]
        shown = [place for each in chosen for place in self._shown_in(each, interaction)]
        for each in chosen:
            await clips.delete(each, self._shown_in(each, interaction))
            interaction.client.dispatch("clip_changed", each.id)
        await failpoints.reached("clip.deleted")
        if clip.origin.user_id != interaction.user.id:
            await note(interaction, log_messages.deleted(clip))
        if interaction.message is not None and interaction.message.id == self.message_id:
            # Only the interaction token can delete an ephemeral message.
            await interaction.delete_original_response()
            for place in shown:
                await clips.record_withdrawn(place)
            return
        is_gone = await withdraw(interaction.client, shown)
        answer = DELETED if is_gone else why_still_shown(interaction)
        await interaction.edit_original_response(
            content=own_renderer(interaction)(answer), view=None
        )

    def _shown_in(self, clip: Clip, interaction: Interaction) -> list[Withdrawal]:
        return messages_showing(clip, interaction, self.message_id)
