"""A voice server on loopback: its gateway (version 8), and UDP packets of encrypted Opus.

Without end-to-end encryption, as on Discord's stages; `new_encryption` adds it. Source: Discord's
documentation of voice connections.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import aiohttp
import nacl.exceptions
import nacl.secret
from aiohttp import web

MODE = "aead_xchacha20_poly1305_rtpsize"
_IDENTIFY, _SELECT, _READY, _BEAT, _DESCRIPTION, _SPEAKING, _ACK, _RESUME, _HELLO, _RESUMED = range(
    10
)
_HEARTBEAT_MS = 13_750.0
_BAD_SESSION, _GOING_AWAY = 4006, 1001
_RTP_BYTES, _NONCE_BYTES = 12, 4
_DISCOVERY_BYTES = 74
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
        header, nonce = packet[:_RTP_BYTES], packet[-_NONCE_BYTES:] + bytes(20)
        try:
            box = nacl.secret.Aead(self.key)
            opus = box.decrypt(packet[_RTP_BYTES:-_NONCE_BYTES], header, nonce)
            if self.encryption is not None:
                opus = self.encryption.decrypt(self.user_id, opus)
        except (nacl.exceptions.CryptoError, ValueError):
            self.undecrypted += 1
            return
        _, _, number, stamp, _ = struct.unpack(">BBHII", header)
        self.packets.append(Packet(time.perf_counter(), number, stamp, opus))
        for listener in list(self.listeners):
            listener(opus)


class VoiceServer:
    """The voice server that bots send sound to."""

    def __init__(self) -> None:
        self.endpoint = ""
        """Address of its gateway, without the scheme."""
        self.connections: dict[int, BotConnection] = {}
        """Connections by server id."""
        self.new_encryption: Callable[[BotConnection], Encryption] | None = None
        """Creates the end-to-end encryption of a connection; None for no encryption."""
        self.listeners: dict[int, list[Callable[[bytes], None]]] = {}
        """Listeners by server id, kept when a bot reconnects."""
        self.is_cut = False
        """Whether all packets are dropped, as by a broken network."""
        self._udp: asyncio.DatagramTransport | None = None
        self.changed = asyncio.Event()

    async def open(self, endpoint: str) -> None:
        """Open the UDP socket; `endpoint` is the gateway's address."""
        self.endpoint = endpoint
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=("127.0.0.1", 0)
        )

    async def close(self) -> None:
        """Close all connections."""
        for guild_id in list(self.connections):
            await self.close_connection(guild_id, _GOING_AWAY)
        if self._udp is not None:
            self._udp.close()

    def prepare_connection(
        self, guild_id: int, user_id: int, channel_id: int, session_id: str
    ) -> str:
        """Prepare the connection of a bot; return the token that it must present."""
        connection = BotConnection(guild_id, user_id, channel_id, session_id)
        connection.listeners = self.listeners.setdefault(guild_id, [])
        if self.new_encryption is not None:
            connection.encryption = self.new_encryption(connection)
        self.connections[guild_id] = connection
        return connection.token

    async def close_connection(self, guild_id: int, code: int) -> None:
        """Close the connection of a server's bot with a close code."""
        connection = self.connections.get(guild_id)
        if connection is not None and connection.socket is not None:
            await connection.socket.close(code=code)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one gateway connection until it ends."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        hello = {"op": _HELLO, "d": {"v": 8, "heartbeat_interval": _HEARTBEAT_MS}}
        await socket.send_str(json.dumps(hello))
        connection: BotConnection | None = None
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                if connection is not None and connection.encryption is not None:
                    await connection.encryption.handle_message(
                        connection, message.data[0], message.data[1:]
                    )
                continue
            frame = json.loads(message.data)
            if frame["op"] in (_IDENTIFY, _RESUME):
                connection = self._find_connection(frame["d"])
                if connection is None:
                    await socket.close(code=_BAD_SESSION)
                    break
                connection.socket = socket
            if connection is not None:
                await self._handle_message(connection, frame["op"], frame["d"])
        return socket

    def _find_connection(self, credentials: dict[str, Any]) -> BotConnection | None:
        connection = self.connections.get(int(credentials["server_id"]))
        known = connection is not None and credentials["token"] == connection.token
        return (
            connection
            if known and connection and credentials["session_id"] == connection.session_id
            else None
        )

    async def _handle_message(self, connection: BotConnection, op: int, data: Any) -> None:  # noqa: ANN401 - JSON
        match op:
            case 0:
                connection.identified += 1
                host, port = self._udp_address
                ready = {"ssrc": connection.ssrc, "ip": host, "port": port, "modes": [MODE]}
                await connection.send(_READY, ready)
            case 1:
                version = connection.encryption.version if connection.encryption else 0
                description = {
                    "mode": MODE,
                    "secret_key": list(connection.key),
                    "dave_protocol_version": version,
                }
                await connection.send(_DESCRIPTION, description)
                if connection.encryption is not None:
                    await connection.encryption.begin(connection)
                self.changed.set()
            case 3:
                await connection.send(_ACK, {"t": data["t"] if isinstance(data, dict) else data})
            case 5:
                connection.speaking = data["speaking"]
            case 7:
                await connection.send(_RESUMED, None)
            case _:
                if connection.encryption is not None:
                    await connection.encryption.handle_message(connection, op, data)

    @property
    def _udp_address(self) -> tuple[str, int]:
        assert self._udp is not None
        host, port = self._udp.get_extra_info("sockname")
        return str(host), int(port)

    def receive_packet(self, data: bytes) -> None:
        """Handle a UDP packet of sound."""
        ssrc = struct.unpack(">I", data[8:12])[0]
        for connection in self.connections.values():
            if connection.ssrc == ssrc:
                connection.receive(data)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: VoiceServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._server.is_cut:
            return
        if len(data) == _DISCOVERY_BYTES and data[:2] == b"\x00\x01":
            # IP discovery: tell the bot its external address.
            answer = bytearray(_DISCOVERY_BYTES)
            answer[:8] = struct.pack(">HH4s", 2, _DISCOVERY_BYTES - 4, data[4:8])
            answer[8 : 8 + len(addr[0])] = addr[0].encode()
            answer[-2:] = struct.pack(">H", addr[1])
            self._transport.sendto(bytes(answer), addr)
        elif len(data) > _RTP_BYTES + _NONCE_BYTES:
            self._server.receive_packet(data)
