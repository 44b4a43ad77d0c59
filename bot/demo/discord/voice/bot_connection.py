"""A bot's connection to a voice channel: its messages, and its packets of encrypted Opus."""

from __future__ import annotations

import json
import secrets
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import nacl.exceptions
import nacl.secret
from aiohttp import web

RTP_BYTES, NONCE_BYTES = 12, 4
_KEPT_PACKETS = 5 * 60 * 50


class Encryption(Protocol):
    """End-to-end encryption (DAVE) of one connection; the server can decrypt it."""

    version: int

    async def begin(self, connection: BotConnection) -> None:
        """Begin, once the bot has the transport key."""

    async def handle_message(self, connection: BotConnection, op: int, data: Any) -> None:  # noqa: ANN401 - JSON or bytes
        """Handle one of its gateway messages."""

    def decrypt(self, user_id: int, packet: bytes) -> bytes:
        """Return a decrypted Opus packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A received Opus packet of 20 ms."""

    at: float
    """Time of arrival on the clock of `time.perf_counter`."""
    number: int
    stamp: int
    opus: bytes


@dataclass(eq=False)
class BotConnection:
    """A bot's connection to a voice channel."""

    guild_id: int
    user_id: int
    channel_id: int
    session_id: str
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    ssrc: int = field(default_factory=lambda: secrets.randbelow(2**31))
    socket: web.WebSocketResponse | None = None
    encryption: Encryption | None = None
    packets: deque[Packet] = field(default_factory=lambda: deque(maxlen=_KEPT_PACKETS))
    """The latest packets."""
    listeners: list[Callable[[bytes], None]] = field(default_factory=list)
    """Called with each Opus packet."""
    identified: int = 0
    undecrypted: int = 0
    speaking: int = 0
    _sent: int = 0

    async def send(self, op: int, data: Any) -> None:  # noqa: ANN401 - whatever JSON there is
        """Send a JSON message."""
        if self.socket is not None and not self.socket.closed:
            self._sent += 1
            await self.socket.send_str(json.dumps({"op": op, "d": data, "seq": self._sent}))

    async def send_bytes(self, op: int, data: bytes) -> None:
        """Send a binary message."""
        if self.socket is not None and not self.socket.closed:
            self._sent += 1
            await self.socket.send_bytes(struct.pack(">HB", self._sent, op) + data)

    def receive(self, packet: bytes) -> None:
        """Decrypt and keep a packet, and pass it to the listeners."""
        header, nonce = packet[:RTP_BYTES], packet[-NONCE_BYTES:] + bytes(20)
        try:
            box = nacl.secret.Aead(self.key)
            opus = box.decrypt(packet[RTP_BYTES:-NONCE_BYTES], header, nonce)
            if self.encryption is not None:
                opus = self.encryption.decrypt(self.user_id, opus)
        except (nacl.exceptions.CryptoError, ValueError):
            self.undecrypted += 1
            return
        _, _, number, stamp, _ = struct.unpack(">BBHII", header)
        self.packets.append(Packet(time.perf_counter(), number, stamp, opus))
        for listener in list(self.listeners):
            listener(opus)
