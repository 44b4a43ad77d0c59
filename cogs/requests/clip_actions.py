"""What a person can do with a clip: order more of it, look at it, delete it."""

from __future__ import annotations

import io
from contextlib import suppress

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Kind, UploadSource
from bot.errors import RequestError, SoundError
from cogs.presentation import cards, messages
from cogs.presentation.readers import reader_of
from cogs.requests.limits import is_manager
from cogs.requests.submit import RequestDraft, ordered


async def known_clip(bot: ZhiyinBot, clip_id: int) -> Clip:
    """Return a clip that is still there. Raises RequestError."""
    clip = await bot.service.clips.find(clip_id)
    if clip is None or clip.is_deleted:
        raise RequestError(messages.NO_CLIP)
    return clip


async def again(interaction: Interaction, clip: Clip) -> None:
    """Order the same once more, with another seed."""
    job = await interaction.client.service.requests.find(clip.job_id)
    source = job.order.source if job is not None else None
    seconds = clip.seconds - clip.seconds_before
    if clip.kind is Kind.LOOP:
        # It was cut, not made: the same once more is a new loop of these words.
        source = None
    elif job is not None and clip.loops:
        seconds = job.order.seconds
    if isinstance(source, UploadSource):
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


async def details(interaction: Interaction, clip: Clip) -> None:
    """Tell all there is to know of a clip, with a picture of its sound."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    embed, files = cards.details(reader_of(interaction), clip), []
    with suppress(SoundError):  # the facts are kept for longer than the sound
        picture = await interaction.client.service.clips.draw_spectrogram(clip)
        files = [discord.File(io.BytesIO(picture), cards.SPECTROGRAM)]
        embed.set_image(url=f"attachment://{cards.SPECTROGRAM}")
    await interaction.followup.send(embed=embed, files=files, ephemeral=True)


async def delete(interaction: Interaction, clip: Clip) -> None:
    """Delete a clip for its author or a manager: the message, the sound, the row's place."""
    if interaction.user.id != clip.origin.user_id and not is_manager(interaction):
        raise RequestError(messages.NOT_YOURS)
    await interaction.response.defer()
    await interaction.client.service.clips.delete(clip)
    await interaction.delete_original_response()
