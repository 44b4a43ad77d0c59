"""End-to-end encryption in a voice channel (DAVE): Discord's part, and a listener.

The voice server is an external sender of the MLS group: it proposes to add the listener, the bot
commits that and welcomes them. Sources: RFC 9420 (MLS), Discord's DAVE protocol.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import davey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.demo.discord.voice.bot_connection import BotConnection

LISTENER_ID = 4242
SILENCE = b"\xf8\xff\xfe"
_CLIENTS, _EXECUTE, _DONE, _SENDER, _PACKAGE, _PROPOSALS, _COMMIT, _ANNOUNCE, _INVALID = (
    11, 22, 23, 25, 26, 27, 28, 29, 31,
)  # fmt: skip
_TRANSITION = 7


class Dave:
    """The encryption of one connection."""

    version = 1

    def __init__(self, connection: BotConnection):
        self._sender = _ExternalSender(connection.channel_id)
        self.listener: Any = davey.DaveSession(1, LISTENER_ID, connection.channel_id)
        self.listener.set_external_sender(self._sender.package())
        self.ready = asyncio.Event()
        self.encrypted = self.plain = 0

    async def begin(self, connection: BotConnection):
        await connection.send(_CLIENTS, {"user_ids": [str(LISTENER_ID)]})
        await connection.send_bytes(_SENDER, self._sender.package())

    async def handle_message(self, connection: BotConnection, op: int, data: Any):
        if op == _PACKAGE:
            proposal = self._sender.add(self.listener.get_serialized_key_package())
            await connection.send_bytes(_PROPOSALS, b"\0" + _vector(proposal))
        elif op == _COMMIT:
            end = _end_of_commit(data)
            self.listener.process_welcome(data[end:])
            await connection.send_bytes(_ANNOUNCE, struct.pack(">H", _TRANSITION) + data[:end])
        elif op == _DONE:
            await connection.send(_EXECUTE, {"transition_id": data["transition_id"]})
            self.ready.set()
        assert op != _INVALID, f"the bot refuses the commit: {data}"

    def decrypt(self, user_id: int, packet: bytes) -> bytes:
        # Silence is not encrypted, nor is anything before the group exists.
        if packet == SILENCE or not self.ready.is_set():
            self.plain += 1
            return packet
        self.encrypted += 1
        return bytes(self.listener.decrypt(user_id, davey.MediaType.audio, packet))


class _ExternalSender:
    """A sender that may propose changes without being in the group."""

    def __init__(self, channel_id: int):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._group = channel_id.to_bytes(8, "big")

    def package(self) -> bytes:
        public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _vector(public) + struct.pack(">H", 1) + _vector(bytes(8))

    def add(self, key_package: bytes) -> bytes:
        """Return a signed proposal of the external sender 0 to add the owner of a key."""
        content = _vector(self._group) + struct.pack(">QBI", 0, 2, 0) + _vector(b"")
        content += struct.pack(">BH", 2, 1) + key_package
        message = struct.pack(">HH", 1, 1) + content
        to_sign = _vector(b"MLS 1.0 FramedContentTBS") + _vector(message)
        return message + _vector(self._key.sign(to_sign, ec.ECDSA(hashes.SHA256())))


def _vector(data: bytes) -> bytes:
    """Return bytes preceded by their length, as a variable-length integer (RFC 9420, 2.1.2)."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return struct.pack(">H", len(data) | 1 << 14) + data
    return struct.pack(">I", len(data) | 2 << 30) + data


class _Reader:
    """Skips the parts of a message."""

    def __init__(self, data: bytes, at: int):
        self.data, self.at = data, at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def skip(self, count: int = 1) -> None:
        """Skip so many vectors."""
        for _ in range(count):
            size = 1 << (self.data[self.at] >> 6)
            number = int.from_bytes(self.data[self.at : self.at + size], "big")
            self.at += size + (number & (1 << 8 * size - 2) - 1)


def _end_of_commit(data: bytes) -> int:
    """Return where the commit ends and the welcome begins: a public message of a member."""
    reader = _Reader(data, 4)  # version and wire format
    reader.skip()  # the group
    reader.at += 8 + 1 + 4  # the epoch and the sender
    reader.skip()  # authenticated data
    assert reader.byte() == 3, "no commit"
    reader.skip()  # the proposals
    if reader.byte():  # a path: a leaf, then nodes
        reader.skip(2)  # its keys
        reader.at += 2
        reader.skip(1 + 5)  # the identity and its capabilities
        source = reader.byte()
        if source == 1:
            reader.at += 16
        elif source == 3:
            reader.skip()
        reader.skip(2 + 1)  # extensions, signature; the nodes
    reader.skip(3)  # signature, confirmation and membership
    return reader.at
