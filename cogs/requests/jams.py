"""Take turns in a jam, undo and close it: permissions, and the orders that result."""

from __future__ import annotations

import io

import discord

from bot.app.client import Interaction
from bot.domain.generation import Sampling
from bot.domain.jams import Jam, JamSnapshot, JamState
from bot.domain.jobs import ClipSource, Keep, Kind, Order
from bot.errors import Refused, RequestError
from bot.jams.rounds import TurnAnswer, may_close, may_undo
from cogs.posting.outages import is_outage
from cogs.presentation import jam_answers, jam_messages, messages
from cogs.presentation.jam_refusals import refusal
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.draft import RequestDraft
from cogs.requests.jam_opening import name_of
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.submit import submit_request

_UNKNOWN_MEMBER = 10007


async def require_jam(interaction: Interaction, jam_id: int) -> JamSnapshot:
    """Return the jam of the thread that the person is in. Raises RequestError."""
    snapshot = await interaction.client.service.jams.snapshot(jam_id)
    if (
        snapshot is None
        or snapshot.jam.thread_id is None
        or snapshot.jam.thread_id != interaction.channel_id
    ):
        raise RequestError(jam_messages.NO_JAM)
    return snapshot


async def find_jam(interaction: Interaction) -> JamSnapshot:
    """Return the jam of the thread that the person is in. Raises RequestError."""
    jams = interaction.client.service.jams
    jam = await jams.find_in(interaction.channel_id or 0)
    if jam is None or jam.guild_id != interaction.guild_id:
        raise RequestError(jam_messages.NO_JAM)
    return await require_jam(interaction, jam.id)


async def take_turn(interaction: Interaction, snapshot: JamSnapshot) -> JamSnapshot:
    """Reserve the turn for a person until they send words. Raises RequestError and Refused.

    All refusals of the later order are checked first, so that nobody reserves a turn in vain.
    """
    bot, jam, origin = interaction.client, snapshot.jam, origin_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    limits, _ = await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    order = Order(
        key=str(interaction.id),
        origin=origin,
        kind=Kind.JAM_TURN,
        seconds=jam.turn_seconds,
        seed=0,
        sampling=Sampling(),
    )
    await bot.service.requests.check(order, limits)
    answer = await bot.service.jams.take(jam.id, interaction.user.id, name_of(interaction))
    fresh = await require_jam(interaction, jam.id)
    if answer is not TurnAnswer.YOURS:
        raise Refused(refusal(fresh, answer))
    return fresh


async def order_turn(interaction: Interaction, snapshot: JamSnapshot, words: str) -> None:
    """Order a turn, which continues the track's last bars. Raises RequestError and Refused."""
    cleaned = clean_prompt(words)
    if cleaned is None:
        raise RequestError(messages.NO_PROMPT)
    # An expired reservation is renewed, unless somebody else has taken the turn.
    snapshot = await take_turn(interaction, snapshot)
    jam, head = snapshot.jam, snapshot.head
    bot = interaction.client
    source = None
    if head is not None:
        most = bot.config.generation.audio_prompt_max_seconds
        source = ClipSource(
            clip_id=head.id,
            keep_seconds=min(snapshot.turn_seconds, most, head.seconds),
            keep=Keep.END,
            keep_harmony=True,
            whole=True,
        )
    draft = RequestDraft(
        kind=Kind.JAM_TURN,
        prompt=bot.service.jams.words(snapshot, cleaned),
        seconds=jam.turn_seconds,
        parent=head,
        source=source,
        jam_id=jam.id,
    )
    await submit_request(interaction, draft)


async def undo_turn(interaction: Interaction, snapshot: JamSnapshot, number: int) -> None:
    """Undo the last turn, and post that. Raises RequestError and Refused."""
    jams = interaction.client.service.jams
    _require_open(snapshot.jam)
    if not snapshot.parts:
        raise RequestError(jam_messages.NO_TURNS)
    if not may_undo(snapshot, interaction.user.id, is_manager=_is_manager(interaction)):
        raise RequestError(jam_messages.NOT_YOURS_TO_UNDO)
    if snapshot.jam.job_id is not None:
        raise Refused(jam_messages.IS_BEING_MADE)
    if snapshot.parts[-1].number != number or not await jams.undo(snapshot.jam.id, number):
        raise RequestError(jam_messages.UNDONE_ALREADY)
    fresh = await require_jam(interaction, snapshot.jam.id)
    answer = shared_renderer(interaction)(jam_answers.undone(interaction.user.id, fresh))
    await interaction.response.send_message(answer)


async def play_track(interaction: Interaction, snapshot: JamSnapshot) -> None:
    """Play the whole track to one person. Raises RequestError and SoundError."""
    head = snapshot.head
    if head is None:
        raise RequestError(jam_messages.NO_TURNS)
    async with thinking(interaction, ephemeral=True):
        packed = await interaction.client.service.clips.pack(head, interaction.filesize_limit)
        await interaction.followup.send(
            own_renderer(interaction)(jam_answers.so_far(snapshot)),
            file=discord.File(io.BytesIO(packed.data), packed.name),
            ephemeral=True,
        )


async def close_jam(interaction: Interaction, snapshot: JamSnapshot) -> None:
    """Close a jam and order its mixdown, which is free. Raises RequestError and Refused."""
    jam = snapshot.jam
    _require_open(jam)
    person_id, is_manager = interaction.user.id, _is_manager(interaction)
    may = may_close(snapshot, person_id, is_manager=is_manager)
    if not may and may_close(snapshot, person_id, is_manager=is_manager, has_starter_left=True):
        may = await _has_left(interaction, jam.user_id)
    if not may:
        raise RequestError(jam_messages.NOT_YOURS_TO_CLOSE)
    if jam.job_id is not None:
        raise Refused(jam_messages.IS_BEING_MADE)
    head = snapshot.head
    if head is None:
        if not await interaction.client.service.jams.close(jam.id):
            raise Refused(jam_messages.IS_BEING_MADE)
        answer = shared_renderer(interaction)(jam_messages.CLOSED_EMPTY)
        await interaction.response.send_message(answer)
        return
    draft = RequestDraft(
        kind=Kind.JAM_MIX,
        prompt=jam.title,
        parent=head,
        source=ClipSource(clip_id=head.id, keep_seconds=head.seconds, whole=True),
        jam_id=jam.id,
        seed=head.seed,
    )
    await submit_request(interaction, draft)


async def _has_left(interaction: Interaction, user_id: int | None) -> bool:
    """Return whether a person has left the server. Raises what discord.py raises in an outage."""
    if user_id is None or interaction.guild_id is None:
        return user_id is None
    try:
        await interaction.client.http.get_member(interaction.guild_id, user_id)
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        return error.code == _UNKNOWN_MEMBER
    return False


def _require_open(jam: Jam) -> None:
    if jam.state is not JamState.OPEN:
        raise RequestError(jam_messages.CLOSED)


def _is_manager(interaction: discord.Interaction) -> bool:
    return interaction.permissions.manage_messages
