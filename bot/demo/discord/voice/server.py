"""A voice server on loopback: its gateway (version 8), and UDP packets of encrypted Opus.

Without end-to-end encryption, as on Discord's stages; `new_encryption` adds it. Source: Discord's
documentation of voice connections.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, cast

import aiohttp
from aiohttp import web

from bot.demo.discord.voice.bot_connection import (
    NONCE_BYTES,
    RTP_BYTES,
    BotConnection,
    Encryption,
)

MODE = "aead_xchacha20_poly1305_rtpsize"
_HEARTBEAT_MS = 13_750.0
_BAD_SESSION, _GOING_AWAY = 4006, 1001
_DISCOVERY_BYTES = 74


class Operation(IntEnum):
    """The kinds of JSON frames on its gateway; those of end-to-end encryption are others."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9


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
        hello = {"op": Operation.HELLO, "d": {"v": 8, "heartbeat_interval": _HEARTBEAT_MS}}
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
            if frame["op"] in (Operation.IDENTIFY, Operation.RESUME):
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
            case Operation.IDENTIFY:
                connection.identified += 1
                host, port = self._udp_address
                ready = {"ssrc": connection.ssrc, "ip": host, "port": port, "modes": [MODE]}
                await connection.send(Operation.READY, ready)
            case Operation.SELECT_PROTOCOL:
                version = connection.encryption.version if connection.encryption else 0
                description = {
                    "mode": MODE,
                    "secret_key": list(connection.key),
                    "dave_protocol_version": version,
                }
                await connection.send(Operation.SESSION_DESCRIPTION, description)
                if connection.encryption is not None:
                    await connection.encryption.begin(connection)
                self.changed.set()
            case Operation.HEARTBEAT:
                sent_at = data["t"] if isinstance(data, dict) else data
                await connection.send(Operation.HEARTBEAT_ACK, {"t": sent_at})
            case Operation.SPEAKING:
                connection.speaking = data["speaking"]
            case Operation.RESUME:
                await connection.send(Operation.RESUMED, None)
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
        elif len(data) > RTP_BYTES + NONCE_BYTES:
            self._server.receive_packet(data)
