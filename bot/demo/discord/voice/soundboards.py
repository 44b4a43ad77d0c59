"""Soundboards of servers, and Discord's limits on their sounds."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Any

import soundfile

from bot.demo.discord.files import File
from bot.demo.discord.gateway import Intent
from bot.demo.discord.guild import Guild
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.board_sound import BoardSound
from bot.i18n.sentence import Sentence

MOST_SECONDS, MOST_BYTES = 5.2, 512_000
_MOST_BY_TIER = {0: 8, 1: 24, 2: 36, 3: 48}
_DATA = re.compile(r"data:audio/(?:mpeg|mp3|ogg);base64,(.+)", re.DOTALL)


def sounds_of(discord: Discord, guild: Guild) -> list[BoardSound]:
    """Return the sounds of a server, oldest first."""
    return [each for each in discord.voice.sounds.values() if each.guild_id == guild.id]


def find_sound(discord: Discord, guild: Guild, sound_id: int) -> BoardSound:
    """Return a sound of a server. Raises Refusal."""
    found = discord.voice.sounds.get(sound_id)
    if found is None or found.guild_id != guild.id:
        raise Refusal(404, 10097)
    return found


async def create_sound(
    discord: Discord, guild: Guild, person: Person, body: dict[str, Any]
) -> BoardSound:
    """Add a sound to a server's soundboard. Raises Refusal."""
    if not _rights(guild, person) & Right.CREATE_EXPRESSIONS:
        raise Refusal(403, 50013)
    problems = Problems()
    problems.text("name", body.get("name"), 32, least=2, required=True)
    problems.number("volume", body.get("volume"), 0, 1)
    data = _read_sound(body.get("sound"), problems)
    problems.check()
    if len(sounds_of(discord, guild)) >= _MOST_BY_TIER[guild.tier]:
        raise Refusal(400, 30045)
    file = File("sound.mp3", data, "audio/mpeg")
    sound = BoardSound(
        discord.ids.next(),
        body["name"],
        discord.files.keep(file, discord.ids.next()),
        person,
        guild.id,
        1.0 if body.get("volume") is None else float(body["volume"]),
        body.get("emoji_name"),
    )
    discord.voice.sounds[sound.id] = sound
    await discord.gateway.dispatch(
        "GUILD_SOUNDBOARD_SOUND_CREATE", sound.as_json(), Intent.GUILD_EXPRESSIONS
    )
    _tell(discord, guild)
    return sound


async def delete_sound(discord: Discord, guild: Guild, person: Person, sound_id: int) -> None:
    """Delete a sound; its uploader needs the right to create only. Raises Refusal."""
    sound, rights = find_sound(discord, guild, sound_id), _rights(guild, person)
    needed = Right.MANAGE_EXPRESSIONS
    if sound.person is person:
        needed |= Right.CREATE_EXPRESSIONS
    if not rights & needed:
        raise Refusal(403, 50013)
    del discord.voice.sounds[sound.id]
    discord.files.forget(sound.file)
    event = {"sound_id": str(sound.id), "guild_id": str(guild.id)}
    await discord.gateway.dispatch("GUILD_SOUNDBOARD_SOUND_DELETE", event, Intent.GUILD_EXPRESSIONS)
    _tell(discord, guild)


def shown_sounds(discord: Discord, guild: Guild) -> list[dict[str, Any]]:
    """Return the sounds of a server as JSON for the page."""
    return [
        {"id": str(each.id), "name": each.name, "url": each.file.as_json("")["url"]}
        for each in sounds_of(discord, guild)
    ]


def _tell(discord: Discord, guild: Guild) -> None:
    for member in guild.members.values():
        discord.feeds.tell(member.person, "soundboard", sounds=shown_sounds(discord, guild))


def _rights(guild: Guild, person: Person) -> Right:
    member = guild.members.get(person.id)
    if member is None:
        raise Refusal(403, 50001)
    return guild.rights_of(member)


def _read_sound(value: object, problems: Problems) -> bytes:
    """Return the bytes of a sound; add faults to `problems`."""
    found = _DATA.fullmatch(value) if isinstance(value, str) else None
    try:
        data = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        data = b""
    if not data:
        problems.add("sound", "BINARY_TYPE_INVALID", Sentence("It has to be an MP3 or Ogg file."))
        return data
    if len(data) > MOST_BYTES:
        problems.add("sound", "BINARY_TYPE_MAX_SIZE", Sentence("It is larger than 512 kB."))
        return data
    try:
        seconds = soundfile.info(io.BytesIO(data)).duration
    except soundfile.LibsndfileError:
        problems.add("sound", "BINARY_TYPE_INVALID", Sentence("It has to be an MP3 or Ogg file."))
        return data
    if seconds > MOST_SECONDS:
        problems.add("sound", "SOUND_TOO_LONG", Sentence("It is longer than 5.2 s."))
    return data
