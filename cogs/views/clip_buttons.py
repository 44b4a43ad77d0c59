"""The buttons under clips. They hold an id and nothing else: a restart costs none."""

from __future__ import annotations

import io
from contextlib import suppress

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, Kind
from bot.errors import RequestError, SoundError
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.errors import answer
from cogs.presentation import cards, messages
from cogs.presentation.readers import reader_of
from cogs.requests.clip_stems import post_stems
from cogs.requests.limits import is_manager
from cogs.requests.submit import RequestDraft, ordered
from cogs.views.persistent_button import LastingButton

REMIX_KEEP_SECONDS = 5.0
"""How much of a clip leads into its remix, when nobody says."""

Interaction = discord.Interaction[ZhiyinBot]

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


async def known_clip(bot: ZhiyinBot, clip_id: int) -> Clip:
    """Return a clip that is still there. Raises RequestError."""
    clip = await bot.pipeline.store.clips.get(clip_id)
    if clip is None or clip.is_deleted:
        raise RequestError(messages.NO_CLIP)
    return clip


async def again(interaction: Interaction, clip: Clip) -> None:
    """Order the same once more, with another seed."""
    job = await interaction.client.pipeline.store.jobs.get(clip.job_id)
    source = job.order.source if job is not None else None
    seconds = clip.seconds - clip.seconds_before
    if clip.kind is Kind.LOOP:
        # It was cut, not made: the same once more is a new loop of these words.
        source = None
    elif job is not None and clip.loops:
        seconds = job.order.seconds
    if source is not None and source.upload is not None:
        raise RequestError(messages.SOURCE_GONE)
    wish = RequestDraft(
        kind=Kind.AGAIN,
        prompt=clip.prompt,
        seconds=max(1.0, round(seconds, 2)),
        settings=_settings(clip),
        parent=clip,
        source=source,
        as_loop=clip.loops,
    )
    await ordered(interaction, wish)


async def go_on(interaction: Interaction, clip: Clip) -> None:
    """Order what comes after a clip."""
    await ordered(interaction, RequestDraft(kind=Kind.CONTINUE, prompt=clip.prompt, clip=clip))


async def cut_loop(interaction: Interaction, clip: Clip) -> None:
    """Order a loop, cut from a clip; it costs nothing, for nothing is made."""
    if clip.loops:
        raise RequestError(messages.IS_A_LOOP)
    wish = RequestDraft(
        kind=Kind.LOOP,
        prompt=clip.prompt,
        seed=clip.seed,
        settings=_settings(clip),
        clip=clip,
        as_loop=True,
    )
    await ordered(interaction, wish)


def _settings(clip: Clip) -> dict[str, float | int | None]:
    sampling = clip.sampling
    return {
        "guidance": sampling.guidance,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
    }


async def remix_form(
    interaction: Interaction, clip: Clip | None, attachment: discord.Attachment | None = None
) -> RemixModal:
    """Return the form for a clip or a sound; it offers to keep stems where there are some.

    Whether a file tells its codes is only known when it is fetched: one of ours is known by name.
    """
    bot = interaction.client
    stems: tuple[str, ...] = ()
    if clip is not None:
        stems = await bot.pipeline.stems.keepable(clip)
    elif attachment is not None and attachment.filename.startswith("zhiyin-"):
        stems = bot.pipeline.stems.of_model
    return RemixModal(reader_of(interaction), clip, attachment, stems)


class RemixModal(discord.ui.Modal):
    """Asks what to make of a clip, or of the sound in a message."""

    def __init__(
        self,
        read: Reader,
        clip: Clip | None,
        attachment: discord.Attachment | None,
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
                text=read(Sentence("How much of it to go on from")), component=self.keep
            )
        )
        self.add_item(discord.ui.Label(text=read(Sentence("The new clip")), component=self.include))
        self.stems: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[discord.SelectOption(label=name, value=name) for name in stems],
            placeholder=read(Sentence("none: go on from its end")),
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
        wish = RequestDraft(
            kind=Kind.REMIX,
            prompt=self.words.value,
            clip=self.clip,
            attachment=self.attachment,
            keep_seconds=float(self.keep.values[0]) if self.keep.values else REMIX_KEEP_SECONDS,
            include=self.include.values != ["no"],
            keep_stems=tuple(self.stems.values),
        )
        await ordered(interaction, wish)

    async def on_error(  # type: ignore[override]
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        """Answer: discord.py itself would only log."""
        await answer(interaction, error)


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


async def details(interaction: Interaction, clip: Clip) -> None:
    """Tell all there is to know of a clip, with a picture of its sound."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    embed, files = cards.details(reader_of(interaction), clip), []
    with suppress(SoundError):  # the facts are kept for longer than the sound
        picture = await interaction.client.pipeline.spectrogram(clip)
        files = [discord.File(io.BytesIO(picture), cards.SPECTROGRAM)]
        embed.set_image(url=f"attachment://{cards.SPECTROGRAM}")
    await interaction.followup.send(embed=embed, files=files, ephemeral=True)


async def delete(interaction: Interaction, clip: Clip) -> None:
    """Delete a clip for its author or a manager: the message, the sound, the row's place."""
    if interaction.user.id != clip.place.user_id and not is_manager(interaction):
        raise RequestError(messages.NOT_YOURS)
    pipeline = interaction.client.pipeline
    await interaction.response.defer()
    await pipeline.forget(clip)
    await interaction.delete_original_response()


async def setup(bot: ZhiyinBot) -> None:
    """Register the buttons."""
    bot.add_dynamic_items(ClipButton)
