"""Use of buttons, selects and modals by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord import command_limits
from bot.demo.discord.channels import Channel
from bot.demo.discord.components import (
    BUTTON,
    CHANNEL_SELECT,
    FILE_UPLOAD,
    LINK,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    SELECTS,
    STRING_SELECT,
    USER_SELECT,
    walk,
)
from bot.demo.discord.files import File
from bot.demo.discord.interactions import Interaction, InteractionType
from bot.demo.discord.messages import Message
from bot.demo.discord.modals import Answers, answer_modal, chosen
from bot.demo.discord.options import Resolved, check_files
from bot.demo.discord.people import Person
from bot.demo.discord.posting import check_open
from bot.demo.discord.refusals import NOT_OFFERED, NOT_THERE, Problems, Refusal
from bot.demo.discord.sending import remember, send
from bot.demo.discord.state import Discord
from bot.i18n.sentence import Sentence

_NAMED = {
    USER_SELECT: command_limits.USER,
    ROLE_SELECT: command_limits.ROLE,
    MENTIONABLE_SELECT: command_limits.MENTIONABLE,
    CHANNEL_SELECT: command_limits.CHANNEL,
}
"""Option types by the select types that choose the same kinds of objects."""


async def press(
    discord: Discord,
    person: Person,
    channel_id: int,
    message_id: int,
    custom_id: str,
    *,
    nonce: str | None = None,
) -> Interaction:
    """Press a button; return its interaction once it is sent.

    A repeated nonce sends nothing and returns the first interaction. Raises Refusal.
    """
    known = discord.used.find(person, nonce)
    if known is not None:
        return known
    channel, message = _find(discord, person, channel_id, message_id)
    interaction = new_press(discord, person, channel, message, custom_id, nonce=nonce)
    await send(discord, interaction)
    return interaction


def new_press(
    discord: Discord,
    person: Person,
    channel: Channel,
    message: Message,
    custom_id: str,
    *,
    nonce: str | None = None,
) -> Interaction:
    """Return the interaction of a button press, not sent yet. Raises Refusal."""
    button = _usable(message, custom_id, {BUTTON})
    if button["style"] == LINK:
        raise Refusal(400, 50035)
    data = {"component_type": BUTTON, "custom_id": custom_id, "id": button.get("id")}
    return _remember(discord, person, channel, message, data, nonce)


async def choose(
    discord: Discord,
    person: Person,
    channel_id: int,
    message_id: int,
    custom_id: str,
    values: Sequence[str],
    *,
    nonce: str | None = None,
) -> Interaction:
    """Choose in a select; return its interaction once it is sent.

    Values are option values or ids. A repeated nonce sends nothing and returns the first
    interaction. Raises Refusal.
    """
    known = discord.used.find(person, nonce)
    if known is not None:
        return known
    channel, message = _find(discord, person, channel_id, message_id)
    select = _usable(message, custom_id, SELECTS)
    problems, resolved = Problems(), Resolved(discord, channel)
    most, least = select.get("max_values", 1), select.get("min_values", 1)
    problems.count("values", list(values), most, least=least)
    _check_values(problems, resolved, select, values, person)
    problems.check()
    data: dict[str, Any] = {
        "component_type": select["type"],
        "custom_id": custom_id,
        "id": select.get("id"),
        "values": list(values),
    }
    if resolved.found:
        data["resolved"] = resolved.found
    interaction = _remember(discord, person, channel, message, data, nonce)
    await send(discord, interaction)
    return interaction


async def submit_modal(
    discord: Discord,
    person: Person,
    interaction_id: int,
    answers: Answers,
    *,
    files: Mapping[str, Sequence[File]] | None = None,
    nonce: str | None = None,
) -> Interaction:
    """Submit the modal shown for an interaction; return the new interaction once it is sent.

    `answers` maps custom ids of inputs to what was typed or chosen, `files` to uploads. A repeated
    nonce sends nothing and returns the first interaction. Raises Refusal.
    """
    known = discord.used.find(person, nonce)
    if known is not None:
        return known
    shown = _shown(discord, person, interaction_id)
    channel, modal = shown.channel, shown.modal or {}
    files = files or {}
    for each in files.values():
        check_files({file.name: file for file in each}, discord.max_file_bytes(channel))
    resolved, problems = Resolved(discord, channel), Problems()
    for asked in walk(modal["components"]):
        if asked["type"] == FILE_UPLOAD:
            for file in files.get(asked["custom_id"], ()):
                file.is_ephemeral = True
                resolved.add_file(discord.keep_file(file))
        elif asked["type"] in SELECTS:
            _check_values(
                problems, resolved, asked, chosen(answers.get(asked["custom_id"])), person
            )
    problems.check()
    data: dict[str, Any] = {
        "custom_id": modal["custom_id"],
        "components": answer_modal(modal, answers, files),
    }
    if resolved.found:
        data["resolved"] = resolved.found
    interaction = Interaction(
        discord.ids.next(), person, channel, data, InteractionType.MODAL,
        nonce=nonce, source=shown.source, parent=shown,
    )  # fmt: skip
    await send(discord, remember(discord, interaction))
    return interaction


def dismiss_modal(discord: Discord, person: Person, interaction_id: int) -> None:
    """Close a modal without submitting it. Raises Refusal."""
    _shown(discord, person, interaction_id)
    del discord.open_modals[person.id]


def _shown(discord: Discord, person: Person, interaction_id: int) -> Interaction:
    found = discord.open_modals.get(person.id)
    if found is None or found.id != interaction_id:
        raise Refusal(404, 10062)
    return found


def _find(
    discord: Discord, person: Person, channel_id: int, message_id: int
) -> tuple[Channel, Message]:
    channel = discord.channel_for(person, channel_id)
    check_open(channel)
    return channel, discord.message_for(person, channel, message_id)


def _usable(
    message: Message, custom_id: str, kinds: frozenset[int] | set[int]
) -> Mapping[str, Any]:
    """Return a component that is enabled. Raises Refusal."""
    found = message.component(custom_id)
    problems = Problems()
    if found is None or found["type"] not in kinds or found.get("disabled"):
        problems.add(
            "custom_id", "COMPONENT_VALIDATION_FAILED", Sentence("There is none to be used.")
        )
    problems.check()
    assert found is not None
    return found


def _remember(
    discord: Discord,
    person: Person,
    channel: Channel,
    message: Message,
    data: dict[str, Any],
    nonce: str | None,
) -> Interaction:
    return remember(
        discord,
        Interaction(
            discord.ids.next(), person, channel, data, InteractionType.COMPONENT,
            nonce=nonce, source=message,
        ),
    )  # fmt: skip


def _check_values(
    problems: Problems,
    resolved: Resolved,
    select: Mapping[str, Any],
    values: Sequence[str],
    person: Person,
) -> None:
    """Check chosen values, and add the objects that ids resolve to."""
    if select["type"] == STRING_SELECT:
        offered = {each["value"] for each in select["options"]}
        if not set(values) <= offered:
            problems.add("values", "BASE_TYPE_CHOICES", NOT_OFFERED)
        return
    if len(set(values)) < len(values):
        problems.add("values", "BASE_TYPE_DUPLICATE", Sentence("One was chosen twice."))
    for each in values:
        if not resolved.add_id(_NAMED[select["type"]], each, person):
            problems.add("values", "BASE_TYPE_CHOICES", NOT_THERE)
