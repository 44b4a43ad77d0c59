"""The form that asks what a remix should become."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, Kind
from bot.errors import RequestError
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.presentation.errors import report_error
from cogs.presentation.readers import reader_of
from cogs.requests.draft import REMIX_KEEP_SECONDS, RequestDraft
from cogs.requests.message_audio import SharedFile
from cogs.requests.rights import require_kept_clip
from cogs.requests.submit import submit_request

UNKNOWN_CHOICE = Sentence("I don't know that choice. Please take one from the list.")


async def build_remix_modal(
    interaction: Interaction, clip: Clip | None, attachment: SharedFile | None = None
) -> RemixModal:
    """Return the form for a clip or an attachment; it offers to keep stems where there are some.

    Whether a file holds codes is known once it is fetched, so our files are recognised by name.
    """
    bot = interaction.client
    stems: tuple[str, ...] = ()
    if clip is not None:
        stems = await bot.service.stems.keepable_stems(clip)
    elif attachment is not None and attachment.filename.startswith("zhiyin-"):
        stems = bot.service.stems.model_stems
    return RemixModal(reader_of(interaction), clip, attachment, stems)


class RemixModal(discord.ui.Modal):
    """Asks what to make of a clip or an attachment."""

    def __init__(
        self,
        read: Reader,
        clip: Clip | None,
        attachment: SharedFile | None,
        stems: tuple[str, ...],
    ) -> None:
        super().__init__(title=read(Sentence("Remix this clip")))
        self.clip, self.attachment = clip, attachment
        earlier = clip.prompt if clip is not None else None
        self.words: discord.ui.TextInput[RemixModal] = discord.ui.TextInput(
            default=earlier,
            max_length=MAX_PROMPT_CHARACTERS,
            placeholder=read(Sentence("make it jazzier")),
        )
        self.keep: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[
                discord.SelectOption(label=read(Sentence("the last 2 seconds")), value="2"),
                discord.SelectOption(
                    label=read(Sentence("the last 5 seconds")), value="5", default=True
                ),
                discord.SelectOption(label=read(Sentence("the last 10 seconds")), value="10"),
                discord.SelectOption(label=read(Sentence("as much as can be heard")), value="30"),
            ]
        )
        self.include: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[
                discord.SelectOption(
                    label=read(Sentence("Begin with what is kept")), value="yes", default=True
                ),
                discord.SelectOption(label=read(Sentence("The new music only")), value="no"),
            ]
        )
        self.add_item(
            discord.ui.Label(text=read(Sentence("What should it become?")), component=self.words)
        )
        self.add_item(
            discord.ui.Label(
                text=read(Sentence("How much of it to continue from")), component=self.keep
            )
        )
        self.add_item(discord.ui.Label(text=read(Sentence("The new clip")), component=self.include))
        self.stems: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[discord.SelectOption(label=name, value=name) for name in stems],
            placeholder=read(Sentence("none: continue from its end")),
            min_values=0,
            max_values=max(1, len(stems) - 1),
            required=False,
        )
        if len(stems) > 1:
            self.add_item(
                discord.ui.Label(
                    text=read(Sentence("Or keep these stems, make the rest anew")),
                    description=read(
                        Sentence("From beginning to end; the two answers above then don't count.")
                    ),
                    component=self.stems,
                )
            )

    async def on_submit(self, interaction: Interaction, /) -> None:  # type: ignore[override]
        """Order the remix."""
        for select in (self.keep, self.include, self.stems):
            if not set(select.values) <= {option.value for option in select.options}:
                raise RequestError(UNKNOWN_CHOICE)
        if self.clip is not None:
            # It may have been deleted while the form was open.
            await require_kept_clip(interaction.client, self.clip.id)
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=self.words.value,
            clip=self.clip,
            attachment=self.attachment,
            keep_seconds=float(self.keep.values[0]) if self.keep.values else REMIX_KEEP_SECONDS,
            include=self.include.values != ["no"],
            keep_stems=tuple(self.stems.values),
        )
        await submit_request(interaction, draft)

    async def on_error(  # type: ignore[override]
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        """Tell the person; discord.py would only log."""
        await report_error(interaction, error)
