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

    async def begin(self, line: Line) -> None:
        """Begin, once the bot has the transport key."""

    async def hear(self, line: Line, op: int, data: Any) -> None:  # noqa: ANN401 - JSON or bytes
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
class Line:
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

    def take(self, packet: bytes) -> None:
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
        self.lines: dict[int, Line] = {}
        """Connections by server id."""
        self.new_encryption: Callable[[Line], Encryption] | None = None
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
        for guild_id in list(self.lines):
            await self.close_line(guild_id, _GOING_AWAY)
        if self._udp is not None:
            self._udp.close()

    def expect(self, guild_id: int, user_id: int, channel_id: int, session_id: str) -> str:
        """Prepare the connection of a bot; return the token that it must present."""
        line = Line(guild_id, user_id, channel_id, session_id)
        line.listeners = self.listeners.setdefault(guild_id, [])
        if self.new_encryption is not None:
            line.encryption = self.new_encryption(line)
        self.lines[guild_id] = line
        return line.token

    async def close_line(self, guild_id: int, code: int) -> None:
        """Close the connection of a server's bot with a close code."""
        line = self.lines.get(guild_id)
        if line is not None and line.socket is not None:
            await line.socket.close(code=code)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one gateway connection until it ends."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        hello = {"op": _HELLO, "d": {"v": 8, "heartbeat_interval": _HEARTBEAT_MS}}
        await socket.send_str(json.dumps(hello))
        line: Line | None = None
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                if line is not None and line.encryption is not None:
                    await line.encryption.hear(line, message.data[0], message.data[1:])
                continue
            said = json.loads(message.data)
            if said["op"] in (_IDENTIFY, _RESUME):
                line = self._line_of(said["d"])
                if line is None:
                    await socket.close(code=_BAD_SESSION)
                    break
                line.socket = socket
            if line is not None:
                await self._hear(line, said["op"], said["d"])
        return socket

    def _line_of(self, said: dict[str, Any]) -> Line | None:
        line = self.lines.get(int(said["server_id"]))
        known = line is not None and said["token"] == line.token
        return line if known and line and said["session_id"] == line.session_id else None

    async def _hear(self, line: Line, op: int, data: Any) -> None:  # noqa: ANN401 - JSON
        match op:
            case 0:
                line.identified += 1
                host, port = self._udp_address
                ready = {"ssrc": line.ssrc, "ip": host, "port": port, "modes": [MODE]}
                await line.send(_READY, ready)
            case 1:
                version = line.encryption.version if line.encryption else 0
                told = {
                    "mode": MODE,
                    "secret_key": list(line.key),
                    "dave_protocol_version": version,
                }
                await line.send(_DESCRIPTION, told)
                if line.encryption is not None:
                    await line.encryption.begin(line)
                self.changed.set()
            case 3:
                await line.send(_ACK, {"t": data["t"] if isinstance(data, dict) else data})
            case 5:
                line.speaking = data["speaking"]
            case 7:
                await line.send(_RESUMED, None)
            case _:
                if line.encryption is not None:
                    await line.encryption.hear(line, op, data)

    @property
    def _udp_address(self) -> tuple[str, int]:
        assert self._udp is not None
        host, port = self._udp.get_extra_info("sockname")
        return str(host), int(port)

    def hear_packet(self, data: bytes) -> None:
        """Handle a UDP packet of sound."""
        ssrc = struct.unpack(">I", data[8:12])[0]
        for line in self.lines.values():
            if line.ssrc == ssrc:
                line.take(data)


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
            self._server.hear_packet(data)
