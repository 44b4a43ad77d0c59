"""Routes of interaction responses and follow-ups, with the interaction's token."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.command_limits import MOST_CHOICES, check_choices
from bot.demo.discord.components import number_components
from bot.demo.discord.interactions import Interaction, InteractionType
from bot.demo.discord.message_json import message_json
from bot.demo.discord.messages import EPHEMERAL, LOADING, Message, MessageType
from bot.demo.discord.modals import check_modal
from bot.demo.discord.payloads import check_payload
from bot.demo.discord.posting import post, remove
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.routes.messages import edit_as_bot
from bot.demo.discord.routes.route import ApiRequest, route
from bot.demo.discord.sending import acknowledge, is_by_user_install
from bot.demo.discord.shapes import CALLBACK, SUGGESTIONS, check_shape
from bot.demo.discord.state import Discord

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, SUGGEST, MODAL = 4, 5, 6, 7, 8, 9
_ALLOWED = {
    InteractionType.COMMAND: {MESSAGE, DEFER, MODAL},
    InteractionType.COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    InteractionType.AUTOCOMPLETE: {SUGGEST},
    InteractionType.MODAL: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}
MOST_FOLLOWUPS_BY_USER_INSTALL = 5


async def _callback(
    discord: Discord, request: ApiRequest, interaction_id: str, token: str
) -> dict[str, Any] | None:
    interaction = discord.interactions.get(token)
    if interaction is None or str(interaction.id) != interaction_id:
        raise Refusal(404, 10062)
    interaction.tries += 1
    if interaction.answered_at is not None:
        raise Refusal(400, 40060)
    late = request.at - interaction.sent_at > discord.ack_seconds
    if interaction.has_failed or late:
        raise Refusal(404, 10062)
    body = request.body()
    check_shape(body, CALLBACK)
    kind, data = body.get("type"), body.get("data") or {}
    allowed = _ALLOWED[interaction.type]
    if interaction.type is InteractionType.MODAL and interaction.source is None:
        allowed = allowed - {DEFER_UPDATE, UPDATE}
    problems = Problems()
    problems.choice("type", kind, frozenset(allowed))
    problems.check()
    answer = ApiRequest(request.method, request.path, request.at, data, request.files)
    if kind in (MESSAGE, DEFER):
        interaction.message = await _answer(discord, interaction, answer, is_deferred=kind == DEFER)
    elif kind in (DEFER_UPDATE, UPDATE):
        # The component's message becomes the response.
        interaction.message = interaction.source
        if kind == UPDATE and interaction.source is not None:
            await edit_as_bot(discord, interaction.source, answer)
    elif kind == SUGGEST:
        interaction.choices = _checked_choices(interaction, data)
    else:
        _show_modal(discord, interaction, data)
    acknowledge(discord, interaction, request.at)
    return _acknowledgement(discord, interaction, int(kind or 0))


async def _answer(
    discord: Discord, interaction: Interaction, answer: ApiRequest, *, is_deferred: bool
) -> Message:
    """Post the initial response."""
    payload = answer.body()
    files = answer.uploads(payload)
    if is_deferred:
        payload = {"flags": int(payload.get("flags") or 0) & EPHEMERAL | LOADING}
    else:
        check_payload(payload, files, max_file_bytes=discord.max_file_bytes(interaction.channel))
    message = _new_message(discord, interaction)
    interaction.message = message
    await post(discord, message, payload, files)
    return message


def _new_message(discord: Discord, interaction: Interaction) -> Message:
    kind = MessageType.DEFAULT
    if interaction.type is InteractionType.COMMAND:
        is_slash = interaction.data.get("type", 1) == 1
        kind = MessageType.COMMAND if is_slash else MessageType.MENU_COMMAND
    return Message(
        discord.ids.next(), discord.me, interaction.channel, kind, interaction=interaction
    )


def _checked_choices(interaction: Interaction, data: dict[str, Any]) -> list[dict[str, Any]]:
    check_shape(data, SUGGESTIONS)
    problems = Problems()
    choices = problems.count("choices", data.get("choices"), MOST_CHOICES)
    check_choices(problems, "choices", choices, interaction.focused_kind)
    problems.check()
    return choices


def _show_modal(discord: Discord, interaction: Interaction, data: dict[str, Any]) -> None:
    check_modal(data)
    number_components(data["components"])
    interaction.modal = data
    discord.open_modals[interaction.user.id] = interaction
    event = interaction.as_event() | {"modal": data}
    discord.feeds.tell(interaction.user, "modal", **event)


def _acknowledgement(discord: Discord, interaction: Interaction, kind: int) -> dict[str, Any]:
    about: dict[str, Any] = {"id": str(interaction.id), "type": int(interaction.type)}
    message = interaction.message
    if kind not in (MESSAGE, DEFER, DEFER_UPDATE, UPDATE) or message is None:
        return {"interaction": about, "resource": {"type": kind}}
    about |= {
        "response_message_id": str(message.id),
        "response_message_loading": kind == DEFER,
        "response_message_ephemeral": message.is_ephemeral,
    }
    shown = message_json(message, discord.base, discord.me)
    return {"interaction": about, "resource": {"type": kind, "message": shown}}


def _answered(discord: Discord, app_id: str, token: str) -> Interaction:
    """Return an interaction whose token is valid. Raises Refusal."""
    interaction = discord.interactions.get(token)
    if interaction is None or interaction.answered_at is None:
        raise Refusal(404, 10015)
    if app_id != str(discord.application_id):
        raise Refusal(404, 10015)
    if discord.clock() >= interaction.expires_at:
        raise Refusal(401, 50027)
    return interaction


async def _follow(discord: Discord, request: ApiRequest, app_id: str, token: str) -> dict[str, Any]:
    interaction = _answered(discord, app_id, token)
    first = interaction.message
    if first is not None and first.interaction is interaction and first.is_loading:
        # The first follow-up to "thinking" replaces it, and stays as private as it was.
        return await edit_as_bot(discord, first, request)
    most = MOST_FOLLOWUPS_BY_USER_INSTALL
    if is_by_user_install(discord, interaction) and len(interaction.followups) >= most:
        raise Refusal(400, 40094)
    body = request.body()
    files = request.uploads(body)
    check_payload(body, files, max_file_bytes=discord.max_file_bytes(interaction.channel))
    message = _new_message(discord, interaction)
    message.type, message.reference = MessageType.DEFAULT, None
    interaction.followups.append(message)
    return await post(discord, message, body, files)


async def _read(
    discord: Discord, request: ApiRequest, app_id: str, token: str, message_id: str
) -> dict[str, Any]:
    message = _found(discord, app_id, token, message_id)
    return message_json(message, discord.base, discord.me)


async def _edit(
    discord: Discord, request: ApiRequest, app_id: str, token: str, message_id: str
) -> dict[str, Any]:
    return await edit_as_bot(discord, _found(discord, app_id, token, message_id), request)


async def _delete(
    discord: Discord, request: ApiRequest, app_id: str, token: str, message_id: str
) -> None:
    await remove(discord, _found(discord, app_id, token, message_id))


def _found(discord: Discord, app_id: str, token: str, message_id: str) -> Message:
    """Return a message that an interaction's token can access. Raises Refusal."""
    interaction = _answered(discord, app_id, token)
    id_ = 0 if message_id == "@original" else int(message_id)
    if message_id == "@original" and interaction.message is not None:
        id_ = interaction.message.id
    message = interaction.channel.messages.get(id_)
    # Deleting a channel deletes its messages.
    if message is None or interaction.channel.is_deleted:
        raise Refusal(404, 10008)
    # A component's interaction can also access the component's message.
    if message.interaction is not interaction and message is not interaction.source:
        raise Refusal(404, 10008)
    return message


_HOOK = r"/webhooks/(\d+)/([^/]+)"
_MESSAGE = _HOOK + r"/messages/(\d+|@original)"
ROUTES = (
    route("POST", r"/interactions/(\d+)/([^/]+)/callback", _callback, is_for_bots=False),
    route("POST", _HOOK, _follow, "webhook", is_for_bots=False),
    route("GET", _MESSAGE, _read, "webhook", is_for_bots=False),
    route("PATCH", _MESSAGE, _edit, "webhook", is_for_bots=False),
    route("DELETE", _MESSAGE, _delete, "webhook", is_for_bots=False),
)
