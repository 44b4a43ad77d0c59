"""Discord's REST routes, as many as the bot uses, with the rules that the documentation gives."""

from __future__ import annotations

import itertools
import re

from tests.support.discord_wire.faults import Refusal
from tests.support.discord_wire.files import new_id
from tests.support.discord_wire.messages import EPHEMERAL, LOADING, Message, now_iso

ACK_SECONDS = 3.0
NONCE_SECONDS = 300.0
MAX_FILES = 10
MAX_CHARACTERS = 2000
_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE = 4, 5, 6, 7

# Method, path, what answers it, the bucket that it is counted in, and whether the bot's own token
# is asked for.
_ROUTES = [
    ("GET", r"/users/@me", "me", None, True),
    ("GET", r"/oauth2/applications/@me", "application", None, True),
    ("PUT", r"/applications/(\d+)/commands", "commands", None, True),
    ("GET", r"/users/(\d+)", "user", None, True),
    ("POST", r"/users/@me/channels", "dm", None, True),
    ("GET", r"/channels/(\d+)/messages/(\d+)", "read", None, True),
    ("GET", r"/channels/(\d+)/messages", "history", None, True),
    ("POST", r"/channels/(\d+)/messages", "post", "post", True),
    ("PATCH", r"/channels/(\d+)/messages/(\d+)", "edit", "edit", True),
    ("DELETE", r"/channels/(\d+)/messages/(\d+)", "delete", "delete", True),
    ("POST", r"/interactions/(\d+)/([^/]+)/callback", "callback", None, False),
    ("POST", r"/webhooks/(\d+)/([^/]+)", "follow", "webhook", False),
    ("GET", r"/webhooks/(\d+)/([^/]+)/messages/(\d+|@original)", "hook_read", "webhook", False),
    ("PATCH", r"/webhooks/(\d+)/([^/]+)/messages/(\d+|@original)", "hook_edit", "webhook", False),
    (
        "DELETE",
        r"/webhooks/(\d+)/([^/]+)/messages/(\d+|@original)",
        "hook_delete",
        "webhook",
        False,
    ),
]
ROUTES = [(verb, re.compile(path), *rest) for verb, path, *rest in _ROUTES]


class Routes:
    """Answers what is asked of each route, or raises Refusal."""

    def __init__(self, wire):
        self.wire = wire
        self._nonces = {}

    # What a bot asks about itself.

    async def me(self, asked):
        return self.wire.me.as_json()

    async def application(self, asked):
        return {
            "id": str(self.wire.application_id),
            "name": self.wire.me.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.wire.owner.as_json(),
            "verify_key": "0" * 64,
            "flags": 0,
        }

    async def commands(self, asked, application_id):
        stored = [
            {"type": 1, "options": [], "description": "", "default_member_permissions": None}
            | command
            | {"id": str(new_id()), "application_id": application_id, "version": str(new_id())}
            for command in asked.payload
        ]
        self.wire.commands = {command["name"]: command for command in stored}
        return stored

    async def user(self, asked, user_id):
        return self.wire.person_of(int(user_id)).as_json()

    async def dm(self, asked):
        person = self.wire.person_of(int(asked.payload["recipient_id"]))
        return self.wire.dm_of(person).as_json()

    # Messages, by the bot's own token.

    async def read(self, asked, channel_id, message_id):
        return self._message_in(self._open(channel_id), message_id).as_json(self.wire.base)

    async def history(self, asked, channel_id):
        before = int(asked.query.get("before", 1 << 63))
        newest = (each for each in reversed(self._open(channel_id).seen) if each.id < before)
        limit = int(asked.query.get("limit", 50))
        return [each.as_json(self.wire.base) for each in itertools.islice(newest, limit)]

    async def post(self, asked, channel_id):
        channel = self._open(channel_id)
        if channel.recipient is not None and not channel.recipient.takes_dms:
            raise Refusal(403, 50007)
        key = (channel.id, asked.payload.get("nonce"))
        if asked.payload.get("enforce_nonce") and key in self._nonces:
            since, first = self._nonces[key]
            if self.wire.clock() - since < self.wire.nonce_seconds:
                return self._message_in(channel, first.id).as_json(self.wire.base)
        reference = asked.payload.get("message_reference") or {}
        reference_id = int(reference["message_id"]) if reference else None
        message = self._store(Message(self.wire.me, channel, reference_id=reference_id), asked)
        self._nonces[key] = (self.wire.clock(), message)
        return await self._announce("MESSAGE_CREATE", message)

    async def edit(self, asked, channel_id, message_id):
        message = self._message_in(self._open(channel_id), message_id)
        if message.author is not self.wire.me:
            raise Refusal(403, 50005)
        return await self._edit(message, asked)

    async def delete(self, asked, channel_id, message_id):
        channel = self._open(channel_id)
        del channel.messages[self._message_in(channel, message_id).id]

    # Interactions, by their token.

    async def callback(self, asked, interaction_id, token):
        interaction = self.wire.interactions.get(token)
        if interaction is None or str(interaction.id) != interaction_id:
            raise Refusal(404, 10062)
        interaction.tries += 1
        if interaction.answered_at is not None:
            raise Refusal(400, 40060)
        if asked.at - interaction.sent_at > self.wire.ack_seconds:
            raise Refusal(404, 10062)
        kind, data = asked.payload["type"], asked.payload.get("data") or {}
        asked.payload = data
        if kind in (_MESSAGE, _DEFER):
            message = Message(self.wire.me, interaction.channel, interaction=interaction)
            message.flags = LOADING if kind == _DEFER else 0
            interaction.message = self._store(message, asked)
            await self._announce("MESSAGE_CREATE", message)
        elif kind in (_DEFER_UPDATE, _UPDATE):
            # The message of the button is the answer.
            interaction.message = interaction.source
            if kind == _UPDATE:
                await self._edit(interaction.source, asked)
        interaction.answered_at = asked.at
        interaction.acknowledged.set()
        return self._acknowledgement(interaction, kind)

    def _acknowledgement(self, interaction, kind):
        about = {"id": str(interaction.id), "type": interaction.type}
        message = interaction.message
        if kind not in (_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE) or message is None:
            return {"interaction": about, "resource": {"type": kind}}
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": kind == _DEFER,
            "response_message_ephemeral": message.is_ephemeral,
        }
        resource = {"type": kind, "message": message.as_json(self.wire.base)}
        return {"interaction": about, "resource": resource}

    async def follow(self, asked, application_id, token):
        interaction = self._answered_interaction(application_id, token)
        message = Message(self.wire.me, interaction.channel, interaction=interaction)
        self._store(message, asked)
        interaction.followups.append(message)
        return await self._announce("MESSAGE_CREATE", message)

    async def hook_read(self, asked, application_id, token, message_id):
        return self._webhook_message(application_id, token, message_id).as_json(self.wire.base)

    async def hook_edit(self, asked, application_id, token, message_id):
        return await self._edit(self._webhook_message(application_id, token, message_id), asked)

    async def hook_delete(self, asked, application_id, token, message_id):
        message = self._webhook_message(application_id, token, message_id)
        del message.channel.messages[message.id]

    # What these have in common.

    def _open(self, channel_id):
        channel = self.wire.channels.get(int(channel_id))
        if channel is None or channel.is_deleted:
            raise Refusal(404, 10003)
        if channel.refuses is not None:
            raise Refusal(*channel.refuses)
        return channel

    def _message_in(self, channel, message_id):
        message = channel.messages.get(int(message_id))
        # Ephemeral messages can be reached by the token only.
        if message is None or message.is_ephemeral:
            raise Refusal(404, 10008)
        return message

    def _answered_interaction(self, application_id, token):
        interaction = self.wire.interactions.get(token)
        if interaction is None or interaction.answered_at is None:
            raise Refusal(404, 10015)
        if application_id != str(self.wire.application_id):
            raise Refusal(404, 10015)
        if self.wire.clock() >= interaction.expires_at:
            raise Refusal(401, 50027)
        return interaction

    def _webhook_message(self, application_id, token, message_id):
        interaction = self._answered_interaction(application_id, token)
        if message_id == "@original" and interaction.message is not None:
            message_id = interaction.message.id
        message = interaction.channel.messages.get(int(message_id))
        # Deleting a channel deletes its messages.
        if message is None or interaction.channel.is_deleted:
            raise Refusal(404, 10008)
        # A press reaches the message of its button, too.
        if message.interaction is not interaction and message is not interaction.source:
            raise Refusal(404, 10008)
        return message

    def _store(self, message, asked):
        self._check(asked)
        message.take(asked.payload, asked.files)
        message.channel.messages[message.id] = message
        return message

    async def _edit(self, message, asked):
        self._check(asked)
        message.take(asked.payload, asked.files)
        message.edited_at = now_iso()
        return await self._announce("MESSAGE_UPDATE", message)

    def _check(self, asked):
        text, embeds = asked.payload.get("content") or "", asked.payload.get("embeds") or []
        if any(len(data) > self.wire.upload_limit_bytes for _, data in asked.files):
            raise Refusal(413, 40005)
        too_long = any(len(embed.get("description") or "") > 4096 for embed in embeds)
        if len(asked.files) > MAX_FILES or len(text) > MAX_CHARACTERS or too_long:
            raise Refusal(400, 50035)

    async def _announce(self, event, message):
        said = message.as_json(self.wire.base)
        if not message.flags & EPHEMERAL:
            place = message.channel.guild_id
            await self.wire.gateway.dispatch(
                event, said | ({"guild_id": str(place)} if place else {})
            )
        return said
