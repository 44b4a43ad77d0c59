"""Start a jam, play in it and close it: who may, and what becomes an order."""

from __future__ import annotations

import io

import discord

from bot import failpoints
from bot.app.client import Interaction
from bot.domain.generation import Sampling
from bot.domain.jams import Jam, JamState, NewJam, Room
from bot.domain.jobs import ClipSource, Keep, Kind, Order
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from bot.jams.rounds import Answer, may_close, may_undo
from cogs.presentation import jam_messages, messages
from cogs.presentation.jam_refusals import refusal
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.readers import reader_of, readers_of, shared_locale
from cogs.requests.draft import RequestDraft
from cogs.requests.limits import is_reached_by_token_only, origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.submit import submit_request

MAX_TITLE_CHARACTERS, MAX_STYLE_CHARACTERS = 80, 100
_NAME_CHARACTERS = 40


async def check_jam(
    interaction: Interaction,
    *,
    title: str,
    style: str | None,
    bpm: int,
    music_key: str | None,
    bars: int,
    in_rotation: bool,
    most_seconds: float,
) -> NewJam:
    """Return the jam that somebody wishes. Raises RequestError and Refused."""
    if interaction.guild_id is None:
        raise RequestError(jam_messages.ON_SERVERS)
    if is_reached_by_token_only(interaction):
        raise Refused(jam_messages.NOT_A_MEMBER)
    if not isinstance(interaction.channel, discord.TextChannel):
        raise RequestError(jam_messages.IN_CHANNELS)
    longest = await _check_place(interaction)
    named, styled = clean_prompt(title), clean_prompt(style)
    if named is None:
        raise RequestError(Sentence("Give the jam a title that can be read."))
    new = NewJam(
        key=str(interaction.id),
        guild_id=interaction.guild_id,
        channel_id=interaction.channel.id,
        user_id=interaction.user.id,
        name=name_of(interaction),
        title=named,
        style=styled,
        bpm=bpm,
        music_key=music_key,
        bars=bars,
        in_rotation=in_rotation,
        most_seconds=most_seconds,
        locale=shared_locale(interaction),
    )
    seconds = bars * 240 / bpm
    if not 1 <= seconds <= min(longest, most_seconds):
        raise RequestError(
            Sentence(
                "At {bpm} BPM a turn of {bars} bars is {seconds:.1f} s long; here it may be from "
                "1 to {longest:g} s.",
                bpm=bpm,
                bars=bars,
                seconds=seconds,
                longest=min(longest, most_seconds),
            )
        )
    await interaction.client.service.manners.check(interaction.guild_id, named, styled)
    return new


async def _check_place(interaction: Interaction) -> float:
    """Return how long a clip may be here; raises Refused where a jam can't be."""
    bot, origin = interaction.client, origin_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    _, longest = await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    await bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
    rights = interaction.app_permissions
    if not rights.attach_files:
        raise Refused(messages.NO_FILES)
    if not (rights.create_public_threads and rights.send_messages_in_threads):
        raise Refused(jam_messages.NO_THREADS)
    return longest


def name_of(interaction: Interaction) -> str:
    """Return what somebody is called, for the credits."""
    return (clean_prompt(interaction.user.display_name) or "?")[:_NAME_CHARACTERS]


async def require_room(interaction: Interaction, jam_id: int) -> Room:
    """Return a jam whose thread the person is in. Raises RequestError."""
    room = await interaction.client.service.jams.room(jam_id)
    if room is None or room.jam.thread_id is None or room.jam.thread_id != interaction.channel_id:
        raise RequestError(jam_messages.NO_JAM)
    return room


async def find_room(interaction: Interaction) -> Room:
    """Return the jam of the thread that the person is in. Raises RequestError."""
    jams = interaction.client.service.jams
    jam = await jams.find_in(interaction.channel_id or 0)
    if jam is None or jam.guild_id != interaction.guild_id:
        raise RequestError(jam_messages.NO_JAM)
    return await require_room(interaction, jam.id)


async def take_turn(interaction: Interaction, room: Room) -> Room:
    """Let somebody take the turn: it is theirs until words come. Raises RequestError and Refused.

    What would refuse their order is asked before, so that nobody holds a turn in vain.
    """
    bot, jam, origin = interaction.client, room.jam, origin_of(interaction)
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
    fresh = await require_room(interaction, jam.id)
    if answer is not Answer.YOURS:
        raise Refused(refusal(fresh, answer))
    return fresh


async def order_turn(interaction: Interaction, room: Room, words: str) -> None:
    """Order a turn, which goes on from the track's last bars. Raises RequestError and Refused."""
    cleaned = clean_prompt(words)
    if cleaned is None:
        raise RequestError(messages.NO_PROMPT)
    # What was taken too long ago is taken again, unless somebody else has it by now.
    room = await take_turn(interaction, room)
    jam, head = room.jam, room.head
    bot = interaction.client
    source = None
    if head is not None:
        most = bot.config.generation.audio_prompt_max_seconds
        source = ClipSource(
            clip_id=head.id,
            keep_seconds=min(jam.turn_seconds, most, head.seconds),
            keep=Keep.END,
            keep_harmony=True,
            whole=True,
        )
    draft = RequestDraft(
        kind=Kind.JAM_TURN,
        prompt=bot.service.jams.words(jam, cleaned),
        seconds=jam.turn_seconds,
        parent=head,
        source=source,
        jam_id=jam.id,
    )
    await submit_request(interaction, draft)


async def undo_turn(interaction: Interaction, room: Room, number: int) -> None:
    """Take the last turn back, and tell everybody. Raises RequestError and Refused."""
    jams = interaction.client.service.jams
    _require_open(room.jam)
    if not room.parts:
        raise RequestError(jam_messages.NO_TURNS)
    if not may_undo(room, interaction.user.id, is_manager=_is_manager(interaction)):
        raise RequestError(jam_messages.NOT_YOURS_TO_UNDO)
    if room.jam.job_id is not None:
        raise Refused(jam_messages.IS_BEING_MADE)
    if room.parts[-1].number != number or not await jams.undo(room.jam.id, number):
        raise RequestError(jam_messages.UNDONE_ALREADY)
    fresh = await require_room(interaction, room.jam.id)
    said = readers_of(interaction)(jam_messages.undone(interaction.user.id, fresh))
    await interaction.response.send_message(said)


async def fork_jam(interaction: Interaction, room: Room) -> Jam:
    """Begin a jam of one's own with this track. Raises RequestError and Refused."""
    jam = room.jam
    if room.head is None:
        raise RequestError(jam_messages.NO_TURNS)
    await _check_place(interaction)
    read = interaction.client.languages.reader(jam.locale)
    title = jam.title or read(jam_messages.title_of(jam))
    new = NewJam(
        key=str(interaction.id),
        guild_id=jam.guild_id,
        channel_id=jam.channel_id,
        user_id=interaction.user.id,
        name=name_of(interaction),
        title=read(Sentence("{title}, another way", title=title))[:MAX_TITLE_CHARACTERS],
        style=jam.style,
        bpm=jam.bpm,
        music_key=jam.music_key,
        bars=jam.bars,
        in_rotation=jam.in_rotation,
        most_seconds=jam.most_seconds,
        locale=jam.locale,
        forked_from=jam.id,
    )
    begun = await interaction.client.service.jams.begin(new)
    await failpoints.reached("jam.begun")
    return begun


async def hear_all(interaction: Interaction, room: Room) -> None:
    """Play all of the track to one person. Raises RequestError and SoundError."""
    head = room.head
    if head is None:
        raise RequestError(jam_messages.NO_TURNS)
    async with thinking(interaction, ephemeral=True):
        packed = await interaction.client.service.clips.pack(head, interaction.filesize_limit)
        await interaction.followup.send(
            reader_of(interaction)(jam_messages.so_far(room)),
            file=discord.File(io.BytesIO(packed.data), packed.name),
            ephemeral=True,
        )


async def close_jam(interaction: Interaction, room: Room) -> None:
    """Close a jam and order its mixdown, which costs nothing. Raises RequestError and Refused."""
    jam = room.jam
    _require_open(jam)
    if not may_close(room, interaction.user.id, is_manager=_is_manager(interaction)):
        raise RequestError(jam_messages.NOT_YOURS_TO_CLOSE)
    if jam.job_id is not None:
        raise Refused(jam_messages.IS_BEING_MADE)
    head = room.head
    if head is None:
        await interaction.client.service.jams.close(jam.id)
        said = readers_of(interaction)(jam_messages.CLOSED_EMPTY)
        await interaction.response.send_message(said)
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


def _require_open(jam: Jam) -> None:
    if jam.state is not JamState.OPEN:
        raise RequestError(jam_messages.CLOSED)


def _is_manager(interaction: discord.Interaction) -> bool:
    return interaction.permissions.manage_messages
