"""The confirmation before all data of a person is deleted."""

from __future__ import annotations

import logging
from functools import partial

import discord

from bot.app.client import Interaction
from bot.errors import Refused
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.posting.outages import is_outage
from cogs.presentation import privacy_messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.responses import recorded_answer
from cogs.views.persistent_button import PersistentButton

log = logging.getLogger(__name__)

NOT_YOUR_QUESTION = Sentence("Only the person who was asked can answer that.")


def forget_view(render: Renderer, user_id: int) -> discord.ui.View:
    """Return the button that confirms the deletion."""
    view = discord.ui.View(timeout=None)
    view.add_item(ForgetButton(user_id, render))
    return view


class ForgetButton(PersistentButton, template=r"zhiyin:forget:(?P<id>\d+)"):
    """Deletes all data of the person in its id, pressed by that person."""

    # People can reach their own data everywhere.
    works_anywhere = True

    def __init__(self, user_id: int, render: Renderer | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(Sentence("Delete everything of mine")),
                style=discord.ButtonStyle.danger,
                custom_id=f"zhiyin:forget:{user_id}",
            )
        )
        self.user_id = user_id

    async def press(self, interaction: Interaction) -> None:
        """Delete all data of the person who asked. Raises errors for the person."""
        bot, render = interaction.client, own_renderer(interaction)
        if interaction.user.id != self.user_id:
            raise Refused(NOT_YOUR_QUESTION)
        async with recorded_answer(interaction, ephemeral=True):
            await interaction.response.edit_message(
                content=render(privacy_messages.FORGETTING), view=None
            )
            try:
                count = await bot.service.people.delete(self.user_id)
                answer = privacy_messages.forgotten(
                    count, bot.config.storage.keep_backups, bot.service.people.day_resets_at()
                )
            except Refused as refused:
                answer = refused.sentence
            except Exception:
                # The request is recorded first: the next sweep or start continues it.
                log.exception("privacy.not_deleted user=%d", self.user_id)
                answer = privacy_messages.FORGETTING_FAILED
            # Battles, jams and posts of theirs go on without them.
            bot.dispatch("person_forgotten", self.user_id)
            show = partial(interaction.edit_original_response, content=render(answer))
            await bot.service.delivery_retry.call(show, retry_on=is_outage)
