"""Checks of message payloads, for any sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord.components import check_components
from bot.demo.discord.embeds import check_embeds
from bot.demo.discord.files import File
from bot.demo.discord.mentions import check_allowed_mentions
from bot.demo.discord.messages import COMPONENTS_V2, EPHEMERAL, SILENT, SUPPRESS_EMBEDS, Message
from bot.demo.discord.polls import check_poll
from bot.demo.discord.refusals import REQUIRED, Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.shapes import MESSAGE, check_shape
from bot.i18n.sentence import Sentence

MOST_CHARACTERS = 2000
MOST_FILES = 10
MOST_NONCE_CHARACTERS = 25
VOICE_MESSAGE = 1 << 13
_FLAGS = SUPPRESS_EMBEDS | EPHEMERAL | SILENT | VOICE_MESSAGE | COMPONENTS_V2


def check_payload(
    payload: Mapping[str, Any],
    files: Sequence[File],
    *,
    max_file_bytes: int,
    edited: Message | None = None,
) -> None:
    """Check the payload of a new or edited message. Raises Refusal."""
    check_shape(payload, MESSAGE)
    if any(file.size > max_file_bytes for file in files):
        raise Refusal(413, 40005)
    problems = Problems()
    problems.text("content", payload.get("content"), MOST_CHARACTERS)
    _check_nonce(problems, payload.get("nonce"))
    for number, each in enumerate(payload.get("attachments") or []):
        if each.get("id") is None:
            problems.add(f"attachments.{number}.id", "BASE_TYPE_REQUIRED", REQUIRED)
    check_embeds(problems, payload.get("embeds"))
    flags = int(payload.get("flags") or 0)
    is_v2 = bool((flags | (edited.flags if edited else 0)) & COMPONENTS_V2)
    if flags & ~_FLAGS:
        problems.add("flags", "BASE_TYPE_CHOICES", "There is a flag that can't be set.")
    check_components(problems, payload.get("components"), is_v2=is_v2)
    check_allowed_mentions(problems, payload.get("allowed_mentions"))
    if is_v2 and any(payload.get(name) for name in ("content", "embeds", "poll")):
        problems.add(
            "flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Components only."
        )
    if payload.get("poll") is not None:
        if edited is not None:
            raise Refusal(400, 520003)
        check_poll(problems, payload["poll"])
    if len(files) + _kept(payload, edited) > MOST_FILES:
        problems.add(
            "attachments",
            "BASE_TYPE_MAX_LENGTH",
            Sentence("It has more than {most} files.", most=MOST_FILES),
        )
    problems.check()
    if flags & VOICE_MESSAGE:
        _check_voice_message(payload, files)
    if edited is not None and edited.flags & VOICE_MESSAGE:
        raise Refusal(400, 50162)
    if _is_empty(payload, files, edited):
        raise Refusal(400, 50006)


def check_rights_to_send(rights: Right, payload: Mapping[str, Any], files: Sequence[File]) -> None:
    """Check that a person has the rights to send this in a channel. Raises Refusal."""
    if not rights & Right.VIEW_CHANNEL:
        raise Refusal(403, 50001)
    needed = Right.SEND_MESSAGES
    if files:
        needed |= Right.ATTACH_FILES
    if payload.get("embeds"):
        needed |= Right.EMBED_LINKS
    if int(payload.get("flags") or 0) & VOICE_MESSAGE:
        needed |= Right.SEND_VOICE_MESSAGES
    if payload.get("poll") is not None:
        needed |= Right.SEND_POLLS
    if needed & ~rights:
        raise Refusal(403, 50013)
    if payload.get("message_reference") and not rights & Right.READ_MESSAGE_HISTORY:
        raise Refusal(403, 160002)


def _check_voice_message(payload: Mapping[str, Any], files: Sequence[File]) -> None:
    if any(payload.get(name) for name in ("content", "embeds", "components", "poll")):
        raise Refusal(400, 50159)
    if len(files) != 1 or not files[0].media_type.startswith("audio/"):
        raise Refusal(400, 50160)
    if files[0].duration_seconds is None or files[0].waveform is None:
        raise Refusal(400, 50161)


def _check_nonce(problems: Problems, nonce: object) -> None:
    if nonce is not None and len(str(nonce)) > MOST_NONCE_CHARACTERS:
        problems.add("nonce", "BASE_TYPE_MAX_LENGTH", f"More than {MOST_NONCE_CHARACTERS}.")


def _kept(payload: Mapping[str, Any], edited: Message | None) -> int:
    """Return how many files an edited message retains."""
    if edited is None:
        return 0
    if "attachments" not in payload:
        return len(edited.files)
    named = {str(each.get("id")) for each in payload["attachments"] or []}
    return len([file for file in edited.files if str(file.id) in named])


def _is_empty(payload: Mapping[str, Any], files: Sequence[File], edited: Message | None) -> bool:
    if files or payload.get("poll") is not None:
        return False
    if edited is None:
        return not any(payload.get(name) for name in ("content", "embeds", "components"))
    if edited.poll is not None or _kept(payload, edited):
        return False
    after = edited.payload | dict(payload)
    return not any(after.get(name) for name in ("content", "embeds", "components"))
