"""Use of commands by people: slash commands, and context menus of messages and people."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.demo.discord.channels import Channel
from bot.demo.discord.command_limits import MESSAGE_MENU, SLASH
from bot.demo.discord.commands import Command, may_use
from bot.demo.discord.files import File
from bot.demo.discord.interactions import Interaction, InteractionType
from bot.demo.discord.message_json import message_json
from bot.demo.discord.options import Given, OptionReader, check_files
from bot.demo.discord.people import Person
from bot.demo.discord.posting import check_open
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.sending import remember, send
from bot.demo.discord.state import Discord


async def use_command(
    discord: Discord,
    person: Person,
    channel_id: int,
    command_id: int,
    options: Given = (),
    *,
    files: Mapping[str, File] | None = None,
    nonce: str | None = None,
) -> Interaction:
    """Use a slash command; return its interaction once it is sent.

    The value of a file option is a key of `files`. A repeated nonce sends nothing and returns the
    first interaction. Raises Refusal.
    """
    known = discord.used.find(person, nonce)
    if known is not None:
        return known
    interaction = new_command(
        discord, person, channel_id, command_id, options, files=files, nonce=nonce
    )
    await send(discord, interaction)
    return interaction


def new_command(
    discord: Discord,
    person: Person,
    channel_id: int,
    command_id: int,
    options: Given = (),
    *,
    files: Mapping[str, File] | None = None,
    nonce: str | None = None,
) -> Interaction:
    """Return the interaction of a command, not sent yet. Raises Refusal."""
    channel, command = _find(discord, person, channel_id, command_id, kinds={SLASH})
    files = files or {}
    check_files(files, discord.max_file_bytes(channel))
    reader = OptionReader(discord, person, channel, files)
    given = reader.read(command["options"], options, "options")
    reader.problems.check()
    data = _data(command) | {"options": given}
    if reader.resolved.found:
        data["resolved"] = reader.resolved.found
    return remember(discord, Interaction(discord.ids.next(), person, channel, data, nonce=nonce))


async def complete(
    discord: Discord, person: Person, channel_id: int, command_id: int, options: Given
) -> list[dict[str, Any]]:
    """Return the bot's autocomplete choices for the option marked as `focused`.

    Empty if the bot does not answer in time. Raises Refusal.
    """
    channel, command = _find(discord, person, channel_id, command_id, kinds={SLASH})
    reader = OptionReader(discord, person, channel, {}, is_partial=True)
    given = reader.read(command["options"], options, "options")
    reader.problems.check()
    if reader.focused is None or not reader.focused.get("autocomplete"):
        raise Refusal(400, 50035)
    data = _data(command) | {"options": given}
    if reader.resolved.found:
        data["resolved"] = reader.resolved.found
    interaction = Interaction(
        discord.ids.next(),
        person,
        channel,
        data,
        InteractionType.AUTOCOMPLETE,
        focused_kind=reader.focused["type"],
    )
    remember(discord, interaction)
    await send(discord, interaction)
    try:
        async with asyncio.timeout(discord.ack_seconds):
            await interaction.acknowledged.wait()
    except TimeoutError:
        return []
    finally:
        # An autocomplete interaction is never referred to again.
        del discord.interactions[interaction.token]
    return interaction.choices or []


async def use_menu(
    discord: Discord,
    person: Person,
    channel_id: int,
    command_id: int,
    target_id: int,
    *,
    nonce: str | None = None,
) -> Interaction:
    """Use a context menu command on a message or a person; return its interaction once it is sent.

    A repeated nonce sends nothing and returns the first interaction. Raises Refusal.
    """
    known = discord.used.find(person, nonce)
    if known is not None:
        return known
    channel, command = _find(discord, person, channel_id, command_id, kinds={2, MESSAGE_MENU})
    reader = OptionReader(discord, person, channel, {})
    if command["type"] == MESSAGE_MENU:
        target = discord.message_for(person, channel, target_id)
        message = message_json(target, discord.base, discord.me)
        if channel.guild is not None:
            message["guild_id"] = str(channel.guild.id)
        reader.resolved.add_message(message)
    else:
        reader.resolved.add_person(discord.person_of(target_id))
    data = _data(command) | {"target_id": str(target_id), "resolved": reader.resolved.found}
    interaction = Interaction(discord.ids.next(), person, channel, data, nonce=nonce)
    await send(discord, remember(discord, interaction))
    return interaction


def _find(
    discord: Discord, person: Person, channel_id: int, command_id: int, *, kinds: set[int]
) -> tuple[Channel, Command]:
    channel = discord.channel_for(person, channel_id)
    check_open(channel)
    command = discord.commands.find(command_id)
    rights = discord.rights_of(person, channel)
    if command["type"] not in kinds or not may_use(command, person, channel, rights, discord.me):
        raise Refusal(403, 50013)
    return channel, command


def _data(command: Command) -> dict[str, Any]:
    about = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return about | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})
