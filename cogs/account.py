"""What a person has made and may still make: /history and /quota."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.errors import RequestError
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.presentation import cards, messages
from cogs.presentation.readers import reader_of, readers_of
from cogs.requests.limits import limits_for, place_of
from cogs.views.clip_buttons import clip_view
from cogs.views.persistent_button import LastingButton

Interaction = discord.Interaction[ZhiyinBot]

_SHOWN_CLIPS = 10
_SHOWN_HELD = 5
_MOST_HELD = 1000


class HeldButton(LastingButton, template=r"zhiyin:held:(?P<id>\d+)"):
    """Hands a clip over that could not be posted when it was made."""

    def __init__(self, clip_id: int, read: Reader | None = None) -> None:
        label = (read or Reader())(Sentence("Get clip {id}", id=clip_id))
        super().__init__(discord.ui.Button(label=label, custom_id=f"zhiyin:held:{clip_id}"))
        self.clip_id = clip_id

    async def pressed(self, interaction: Interaction) -> None:
        """Hand the clip to the person who asked for it, where they are now."""
        await hand_over(interaction, self.clip_id)


async def hand_over(interaction: Interaction, clip_id: int) -> None:
    """Post a clip that was kept back, with all that is under a clip."""
    pipeline = interaction.client.pipeline
    # Pressed twice, it is still one clip.
    with pipeline.privacy.handing_over(clip_id, interaction.user.id):
        held = await pipeline.store.clips.held_of(interaction.user.id, _MOST_HELD)
        clip = next((each for each in held if each.id == clip_id), None)
        if clip is None:
            raise RequestError(messages.NOT_HELD)
        await interaction.response.defer(thinking=True)
        posting = await pipeline.packed(clip, interaction.filesize_limit)
        sent = await interaction.followup.send(
            f"<@{interaction.user.id}>",
            embed=cards.card(readers_of(interaction), clip, None),
            files=[
                discord.File(io.BytesIO(posting.data), posting.name),
                discord.File(io.BytesIO(posting.picture), cards.PICTURE),
            ],
            view=clip_view(readers_of(interaction), clip),
            wait=True,
        )
        await pipeline.store.clips.posted(clip.id, sent.id)
        await pipeline.store.jobs.fetched(clip.job_id, sent.id)


def held_view(read: Reader, clips: Sequence[Clip]) -> discord.ui.View:
    """Return a button for each clip that waits to be fetched."""
    view = discord.ui.View(timeout=None)
    for clip in clips:
        view.add_item(HeldButton(clip.id, read))
    return view


class Account(commands.Cog):
    """A person's own affairs; the answers are for them alone."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def history(
        self, interaction: Interaction, search: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        """Show your latest clips, with their seeds.

        Parameters
        ----------
        search:
            Only clips with these words in their prompt.
        """
        clips, read = self.bot.pipeline.store.clips, reader_of(interaction)
        found = await clips.of_user(interaction.user.id, _SHOWN_CLIPS, search or "")
        held = await clips.held_of(interaction.user.id, _SHOWN_HELD)
        await interaction.response.send_message(
            messages.history(read, found, held), view=held_view(read, held), ephemeral=True
        )

    @app_commands.command()
    async def quota(self, interaction: Interaction) -> None:
        """Show how many seconds of music you have left today."""
        limits, _ = await limits_for(
            self.bot, place_of(interaction), interaction.user, anywhere=True
        )
        ledger = self.bot.pipeline.store.ledger
        found = await ledger.quota(interaction.user.id, limits.daily_seconds)
        await interaction.response.send_message(
            reader_of(interaction)(messages.quota(found)), ephemeral=True
        )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    bot.add_dynamic_items(HeldButton)
    await bot.add_cog(Account(bot))
