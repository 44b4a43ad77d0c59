"""The buttons under clips and jobs. They hold an id and nothing else: a restart costs none."""

from __future__ import annotations

import re
from typing import Self

import discord

from bot.client import ZhiyinBot
from bot.errors import RequestError
from bot.orders import MAX_PROMPT_CHARACTERS, Clip, Kind
from cogs import replies
from cogs.errors import answer, say
from cogs.ordering import Wish, is_manager, ordered

REMIX_KEEP_SECONDS = 5.0
"""How much of a clip leads into its remix, when nobody says."""

Interaction = discord.Interaction[ZhiyinBot]

_LABELS = {
    "again": ("Again", discord.ButtonStyle.primary),
    "continue": ("Continue", discord.ButtonStyle.primary),
    "remix": ("Remix", discord.ButtonStyle.primary),
    "details": ("Details", discord.ButtonStyle.secondary),
    "delete": ("Delete", discord.ButtonStyle.danger),
}


def clip_view(clip_id: int) -> discord.ui.View:
    """Return the buttons under a clip."""
    view = discord.ui.View(timeout=None)
    for action in _LABELS:
        view.add_item(ClipButton(clip_id, action))
    return view


def cancel_view(job_id: int) -> discord.ui.View:
    """Return the button under a job that waits or runs."""
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job_id))
    return view


async def known_clip(bot: ZhiyinBot, clip_id: int) -> Clip:
    """Return a clip that is still there. Raises RequestError."""
    clip = await bot.pipeline.store.clips.get(clip_id)
    if clip is None or clip.is_deleted:
        raise RequestError(replies.NO_CLIP)
    return clip


async def again(interaction: Interaction, clip: Clip) -> None:
    """Order the same once more, with another seed."""
    job = await interaction.client.pipeline.store.jobs.get(clip.job_id)
    source = job.order.source if job is not None else None
    if source is not None and source.upload is not None:
        raise RequestError(replies.SOURCE_GONE)
    seconds = clip.seconds - clip.seconds_before
    wish = Wish(
        kind=Kind.AGAIN,
        prompt=clip.prompt,
        seconds=max(1.0, round(seconds, 2)),
        settings={
            "guidance": clip.sampling.guidance,
            "temperature": clip.sampling.temperature,
            "top_k": clip.sampling.top_k,
        },
        parent=clip,
        source=source,
    )
    await ordered(interaction, wish)


async def go_on(interaction: Interaction, clip: Clip) -> None:
    """Order what comes after a clip."""
    await ordered(interaction, Wish(kind=Kind.CONTINUE, prompt=clip.prompt, clip=clip))


class RemixModal(discord.ui.Modal, title="Remix this clip"):
    """Asks what to make of a clip, or of the sound in a message."""

    def __init__(self, clip: Clip | None, attachment: discord.Attachment | None = None) -> None:
        super().__init__()
        self.clip, self.attachment = clip, attachment
        earlier = clip.prompt if clip is not None else None
        self.words: discord.ui.TextInput[RemixModal] = discord.ui.TextInput(
            default=earlier, max_length=MAX_PROMPT_CHARACTERS, placeholder="make it jazzier"
        )
        self.keep: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[
                discord.SelectOption(label="the last 2 seconds", value="2"),
                discord.SelectOption(label="the last 5 seconds", value="5", default=True),
                discord.SelectOption(label="the last 10 seconds", value="10"),
                discord.SelectOption(label="as much as can be heard", value="30"),
            ]
        )
        self.include: discord.ui.Select[RemixModal] = discord.ui.Select(
            options=[
                discord.SelectOption(label="Begin with what is kept", value="yes", default=True),
                discord.SelectOption(label="The new music only", value="no"),
            ]
        )
        self.add_item(discord.ui.Label(text="What should it become?", component=self.words))
        self.add_item(discord.ui.Label(text="How much of it to go on from", component=self.keep))
        self.add_item(discord.ui.Label(text="The new clip", component=self.include))

    async def on_submit(self, interaction: Interaction, /) -> None:  # type: ignore[override]
        """Order the remix."""
        wish = Wish(
            kind=Kind.REMIX,
            prompt=self.words.value,
            clip=self.clip,
            attachment=self.attachment,
            keep_seconds=float(self.keep.values[0]) if self.keep.values else REMIX_KEEP_SECONDS,
            include=self.include.values != ["no"],
        )
        await ordered(interaction, wish)

    async def on_error(  # type: ignore[override]
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        """Answer: discord.py itself would only log."""
        await answer(interaction, error)


class ClipButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"zhiyin:clip:(?P<id>\d+):(?P<action>[a-z]+)",
):
    """One of the buttons under a clip."""

    def __init__(self, clip_id: int, action: str) -> None:
        label, style = _LABELS[action]
        super().__init__(
            discord.ui.Button(label=label, style=style, custom_id=f"zhiyin:clip:{clip_id}:{action}")
        )
        self.clip_id, self.action = clip_id, action

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button of a message that may be older than this process."""
        return cls(int(match["id"]), match["action"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Do what the button says; a failure is told."""
        try:
            clip = await known_clip(interaction.client, self.clip_id)
            match self.action:
                case "again":
                    await again(interaction, clip)
                case "continue":
                    await go_on(interaction, clip)
                case "remix":
                    await interaction.response.send_modal(RemixModal(clip))
                case "details":
                    embed = replies.details(clip)
                    await interaction.response.send_message(embed=embed, ephemeral=True)
                case "delete":
                    await delete(interaction, clip)
        except Exception as error:
            await answer(interaction, error)


async def delete(interaction: Interaction, clip: Clip) -> None:
    """Delete a clip for its author or a manager: the message, the sound, the row's place."""
    if interaction.user.id != clip.place.user_id and not is_manager(interaction):
        raise RequestError(replies.NOT_YOURS)
    pipeline = interaction.client.pipeline
    await interaction.response.defer()
    await pipeline.forget(clip)
    await interaction.delete_original_response()


class CancelButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"zhiyin:job:(?P<id>\d+):cancel",
):
    """The button that cancels a job."""

    def __init__(self, job_id: int) -> None:
        super().__init__(
            discord.ui.Button(
                label="Cancel",
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:job:{job_id}:cancel",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button of a message that may be older than this process."""
        return cls(int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Cancel the job, for the person who asked for it or a manager."""
        try:
            await cancel(interaction, self.job_id)
        except Exception as error:
            await answer(interaction, error)


async def cancel(interaction: Interaction, job_id: int) -> None:
    """Cancel a job of one's own, or anyone's as a manager; says what came of it."""
    pipeline = interaction.client.pipeline
    job = await pipeline.store.jobs.get(job_id)
    if job is None or (
        job.order.place.user_id != interaction.user.id
        and not (is_manager(interaction) and job.order.place.guild_id == interaction.guild_id)
    ):
        raise RequestError(replies.NOT_YOURS)
    await interaction.response.defer(ephemeral=True)
    done = await pipeline.cancel(job_id)
    await say(interaction, replies.CANCELLED if done else replies.TOO_LATE_TO_CANCEL)


async def setup(bot: ZhiyinBot) -> None:
    """Register the buttons."""
    bot.add_dynamic_items(ClipButton, CancelButton)
