"""A connection to a voice channel that reconnects with growing pauses.

discord.py handles short interruptions. It gives up after a crash of Discord's voice server, or when
somebody disconnects the bot; then this joins again.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import discord

from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.voice.thread_signals import set_from_thread

log = logging.getLogger(__name__)

NO_PACKAGES = Sentence(
    "I can't speak in voice channels here: the packages PyNaCl and davey are missing on my "
    "machine. Everything else works."
)
NOT_REACHED = Sentence("I could not get into {channel}: Discord did not answer. Try again?")

_LEAVE_SECONDS, _UNCONFIRMED_LEAVE_SECONDS = 10.0, 1.0
"""How long to wait until Discord confirms that the bot has left.

After an earlier rejoin, the late confirmation would end the new connection.
"""

VoicePlace = discord.VoiceChannel | discord.StageChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTimings:
    """Timeouts and pauses of a connection."""

    connect_seconds: float = 6.0
    pauses_seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
    """Pauses between reconnection attempts; after the last it gives up."""
    most_losses: int = 4
    """How many losses within `losses_seconds` end it: it is not wanted there."""
    losses_seconds: float = 120.0


class ConnectionEnd(Enum):
    """Why a connection ended."""

    CLOSED = auto()
    CHANNEL_GONE = auto()
    LOST = auto()


def missing_packages(
    find: Callable[[str], object | None] = importlib.util.find_spec,
) -> list[str]:
    """Return which optional packages for voice channels are not installed."""
    return [name for name, module in (("PyNaCl", "nacl"), ("davey", "davey")) if not find(module)]


class VoiceConnection:
    """Plays one source in one voice channel of a server at a time."""

    def __init__(
        self,
        channel: VoicePlace,
        source: discord.AudioSource,
        timings: ConnectionTimings | None = None,
    ) -> None:
        self._channel, self._source = channel, source
        self._timings = timings or ConnectionTimings()
        self._client: discord.VoiceClient | None = None
        self._ended = asyncio.Event()
        self._player_gone = asyncio.Event()
        self._player_gone.set()
        self._closing = asyncio.Event()
        self._leaving = asyncio.Lock()
        self.times_lost = 0

    @property
    def channel(self) -> VoicePlace:
        """Return the present or last channel: it may have been moved."""
        if self._client is not None and self._client.channel is not None:
            self._channel = self._client.channel
        return self._channel

    @property
    def is_connected(self) -> bool:
        """Return whether it is connected and playing."""
        return self._client is not None and self._client.is_connected()

    async def open(self) -> None:
        """Connect and start playing. Raises RequestError if that fails."""
        if missing_packages():
            raise RequestError(NO_PACKAGES)
        try:
            await self._connect()
        except (TimeoutError, discord.DiscordException, OSError) as error:
            log.info("voice.not_reached channel=%d %r", self._channel.id, error)
            raise RequestError(NOT_REACHED.fill(channel=self._channel.mention)) from error

    async def keep(self) -> ConnectionEnd:
        """Stay connected until closed or lost for good; return why."""
        lost_at: deque[float] = deque(maxlen=self._timings.most_losses)
        while True:
            await self._ended.wait()
            if self._closing.is_set():
                return ConnectionEnd.CLOSED
            self.times_lost += 1
            lost_at.append(time.monotonic())
            within = lost_at[-1] - lost_at[0]
            if len(lost_at) == lost_at.maxlen and within < self._timings.losses_seconds:
                return ConnectionEnd.LOST
            end = await self._come_back()
            if end is not None:
                return end

    async def close(self) -> None:
        """Leave the channel; when this returns, another connection may join on this server.

        Safe for concurrent callers.
        """
        self._closing.set()
        self._ended.set()
        async with self._leaving:
            client, self._client = self._client, None
            if client is not None:
                await _leave(client)
        # The player thread ends one frame after its connection.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._player_gone.wait()

    async def _come_back(self) -> ConnectionEnd | None:
        channel = self.channel
        log.info("voice.lost channel=%d", channel.id)
        await self._drop_client()
        for pause in self._timings.pauses_seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closing.wait()
            if self._closing.is_set():
                return ConnectionEnd.CLOSED
            there = channel.guild.get_channel(channel.id)
            if not isinstance(there, VoicePlace):
                return ConnectionEnd.CHANNEL_GONE
            try:
                await self._connect()
            except (TimeoutError, discord.DiscordException, OSError) as error:
                log.info("voice.not_back channel=%d %r", channel.id, error)
                await self._drop_client()
                continue
            log.info("voice.back channel=%d", channel.id)
            return None
        return ConnectionEnd.LOST

    async def _connect(self) -> None:
        ended, gone, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()
        try:
            client: discord.VoiceClient = await self._channel.connect(
                timeout=self._timings.connect_seconds, reconnect=True, self_deaf=True
            )
        except asyncio.CancelledError:
            # discord.py would go on with it, and let nothing else connect on this server.
            if isinstance(held := self._channel.guild.voice_client, discord.VoiceClient):
                await _leave(held)
            raise
        self._client, self._ended = client, ended
        if self._closing.is_set():
            await _disconnect(client)
            ended.set()
            return

        def note_end(error: Exception | None) -> None:
            if error is not None:
                log.error("voice.playback_failed", exc_info=error)
            set_from_thread(loop, ended, gone)

        client.play(self._source, after=note_end)
        self._player_gone = gone

    async def _drop_client(self) -> None:
        """Release what discord.py still holds of this server's voice."""
        held = self._channel.guild.voice_client
        self._client = None
        if isinstance(held, discord.VoiceClient) and held.is_connected():
            await _disconnect(held)
        elif held is not None:
            # Discord does not confirm a leave if the bot is not there.
            _stop_reading(held)
            held.cleanup()


async def _leave(client: discord.VoiceClient) -> None:
    """Leave, and wait as long as Discord may take to confirm it."""
    gateway = client.guild._state._get_websocket(client.guild.id)
    is_heard = gateway is not None and gateway.open
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_SECONDS if is_heard else _UNCONFIRMED_LEAVE_SECONDS):
            await _disconnect(client)


async def _disconnect(client: discord.VoiceClient) -> None:
    """Leave, and wait until Discord confirms it."""
    _stop_reading(client)
    await client.disconnect(force=True)


def _stop_reading(client: discord.VoiceProtocol) -> None:
    """End the task that reads from the voice server.

    It may mistake our own disconnect for the server's, and disconnect again, when another client
    may have joined already.
    """
    if isinstance(client, discord.VoiceClient):
        runner = client._connection._runner
        if runner is not None:
            runner.cancel()
