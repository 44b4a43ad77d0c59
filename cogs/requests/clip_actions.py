"""What the buttons of a clip do: order more, show details, delete."""

from __future__ import annotations

import io
from contextlib import suppress

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.jobs import Kind, UploadSource
from bot.errors import RequestError, SoundError
from cogs.presentation import cards, messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.draft import RequestDraft
from cogs.requests.mixing import order_mix_again
from cogs.requests.responses import thinking
from cogs.requests.submit import submit_request


async def order_again(interaction: Interaction, clip: Clip, *, takes: int = 1) -> None:
    """Order takes of a clip with other seeds; of a mix, with the roles swapped.

    Raises RequestError for a jam's mixdown, and for a clip whose upload is deleted.
    """
    if clip.mixed is not None:
        await order_mix_again(interaction, clip)
        return
    if clip.kind is Kind.JAM_MIX:
        raise RequestError(messages.NO_OTHER_MIXDOWN)
    job = await interaction.client.service.requests.find(clip.job_id)
    source = job.order.source if job is not None else None
    seconds = clip.seconds - clip.seconds_before
    if clip.kind is Kind.LOOP:
        # A loop was cut from a clip: another take is a new loop from the same prompt.
        source = None
    elif job is not None and clip.loops:
        seconds = job.order.seconds
    if isinstance(source, UploadSource):
        raise RequestError(messages.SOURCE_GONE)
    draft = RequestDraft(
        kind=Kind.AGAIN,
        prompt=clip.prompt,
        seconds=max(1.0, round(seconds, 2)),
        settings=_settings(clip),
        takes=min(takes, interaction.client.config.limits.max_takes),
        parent=clip,
        source=source,
        as_loop=clip.loops,
    )
    await submit_request(interaction, draft)


async def order_continuation(interaction: Interaction, clip: Clip) -> None:
    """Order a continuation of a clip."""
    await submit_request(
        interaction, RequestDraft(kind=Kind.CONTINUE, prompt=clip.prompt, clip=clip)
    )


async def order_loop(interaction: Interaction, clip: Clip) -> None:
    """Order a loop cut from a clip. Costs no quota: nothing is generated."""
    if clip.loops:
        raise RequestError(messages.IS_A_LOOP)
    draft = RequestDraft(
        kind=Kind.LOOP,
        prompt=clip.prompt,
        seed=clip.seed,
        settings=_settings(clip),
        clip=clip,
        as_loop=True,
    )
    await submit_request(interaction, draft)


def _settings(clip: Clip) -> dict[str, float | int | None]:
    sampling = clip.sampling
    return {
        "guidance": sampling.guidance,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
    }


async def show_details(interaction: Interaction, clip: Clip, view: discord.ui.View) -> None:
    """Show all facts about a clip, with its spectrogram and buttons."""
    async with thinking(interaction, ephemeral=True):
        embed, files = cards.details(own_renderer(interaction), clip), []
        with suppress(SoundError):  # the sound expires before the facts do
            picture = await interaction.client.service.clips.draw_spectrogram(clip)
            files = [discord.File(io.BytesIO(picture), cards.SPECTROGRAM)]
            embed.set_image(url=f"attachment://{cards.SPECTROGRAM}")
        await interaction.followup.send(embed=embed, files=files, view=view, ephemeral=True)
