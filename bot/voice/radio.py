"""The radio of one server: it keeps the next track loaded, and leaves when nobody listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from bot.audio.files.opus_packets import RATE_HZ
from bot.voice.connection import ConnectionEnd, VoiceConnection, VoicePlace
from bot.voice.following import Following
from bot.voice.live_player import LivePlayer
from bot.voice.mixer import Mixer
from bot.voice.opus_source import OpusSource
from bot.voice.playable import Playable, PlayedTrack
from bot.voice.thread_signals import set_from_thread
from bot.voice.track import Track

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioTimings:
    """Timeouts and intervals of a radio."""

    alone_seconds: float = 180.0
    live_seconds: float = 6.0
    """How long a start waits for live music before it plays a clip."""
    empty_seconds: float = 2.0
    """The polling interval while there is nothing to play."""


class RadioEnd(Enum):
    """Why a radio ended."""

    STOPPED = auto()
    ALONE = auto()
    CHANNEL_GONE = auto()
    LOST = auto()


_ENDS = {
    ConnectionEnd.CLOSED: RadioEnd.STOPPED,
    ConnectionEnd.CHANNEL_GONE: RadioEnd.CHANNEL_GONE,
    ConnectionEnd.LOST: RadioEnd.LOST,
}


class Radio:
    """Plays tracks one after the other in a voice channel."""

    def __init__(
        self,
        channel: VoicePlace,
        *,
        choose: Callable[[], Awaitable[Track | None]],
        tell: Callable[[Track | None], Awaitable[None]],
        timings: RadioTimings | None = None,
    ) -> None:
        """Take the channel, the function that chooses and loads the next track, and the listener.

        `tell` is called when another track starts, and with None when there is nothing to play.
        """
        self._tell = tell
        self._timings = timings or RadioTimings()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._live_changed = asyncio.Event()
        self._heard, self._alone = asyncio.Event(), asyncio.Event()
        self._heard.set()
        self.mixer = Mixer(self._note_change)
        self._following = Following(self.mixer, choose)
        self._source = OpusSource(self.mixer)
        self.connection = VoiceConnection(channel, self._source)
        self.now: Track | None = None
        self._was_live = self._is_empty = False
        self.live_player: LivePlayer | None = None

    @property
    def channel(self) -> VoicePlace:
        """Return where it plays."""
        return self.connection.channel

    async def run(self) -> RadioEnd:
        """Play until stopped, alone for too long, or disconnected. Call `open` first."""
        tasks = {
            asyncio.create_task(self._keep_connection(), name="voice connection"),
            asyncio.create_task(self._feed(), name="radio feed"),
            asyncio.create_task(self._wait_alone(), name="radio listeners"),
            asyncio.create_task(self._play_live(), name="radio live"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.connection.close()

    @property
    def summary(self) -> str:
        """Return a summary for the log: played time, silence, processor time."""
        mixer, live = self.mixer, self.live_player
        return (
            f"seconds={mixer.played_samples / RATE_HZ:.1f} "
            f"silent={mixer.silent_samples / RATE_HZ:.2f} "
            f"missing={0.0 if live is None else live.missing_seconds:.2f} "
            f"low={0 if live is None else live.times_low} "
            f"lost={self.connection.times_lost} cpu={self._source.cpu_seconds:.2f} "
            f"fit={0.0 if live is None else live.fit_seconds:.2f}"
        )

    async def open(self) -> None:
        """Load the first track and join the channel concurrently. Raises RequestError."""
        loading = asyncio.create_task(self._load_first(), name="first track")
        try:
            await self.connection.open()
            await loading
        except BaseException:
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)
            await self.connection.close()
            raise

    async def _load_first(self) -> None:
        if self.live_player is None:
            await self._following.load()

    async def stop(self) -> None:
        """Leave the channel; `run` returns."""
        await self.connection.close()

    def skip(self) -> None:
        """Go on with the next track."""
        self.mixer.skip()

    async def change(self) -> None:
        """Discard the next track: the source has changed."""
        await self._following.change()

    async def follow(self, track: Track, same_seconds: float | None) -> None:
        """Play a track next, in place of the next one.

        If it is a grown version of the playing one, playing continues in it; both are equal up to
        `same_seconds`.
        """
        await self._following.follow(track, same_seconds)

    def note_listeners(self, number: int) -> None:
        """Note how many people are in the channel."""
        for event, is_so in ((self._heard, number > 0), (self._alone, number == 0)):
            (event.set if is_so else event.clear)()

    def play_live(self, live_player: LivePlayer | None) -> None:
        """Start live music, or stop it with None."""
        self._following.decide()
        self.live_player = live_player
        self._live_changed.set()

    async def _play_live(self) -> RadioEnd:
        while True:
            self._live_changed.clear()
            player = self.live_player
            playing = None if player is None else asyncio.create_task(player.run())
            try:
                await self._live_changed.wait()
            finally:
                if playing is not None:
                    playing.cancel()
                    await asyncio.gather(playing, return_exceptions=True)

    async def _keep_connection(self) -> RadioEnd:
        return _ENDS[await self.connection.keep()]

    async def _wait_alone(self) -> RadioEnd:
        while True:
            await self._alone.wait()
            try:
                async with asyncio.timeout(self._timings.alone_seconds):
                    await self._heard.wait()
            except TimeoutError:
                return RadioEnd.ALONE

    async def _feed(self) -> RadioEnd:
        if self.live_player is not None:
            # It is about to come: a clip only where it does not.
            await self._wait(self._timings.live_seconds)
        while True:
            self._changed.clear()
            await self._tell_now()
            if not await self._following.load():
                if self.mixer.now is None and not self._is_empty:
                    self._is_empty, self.now = True, None
                    await self._tell(None)
                await self._wait(self._timings.empty_seconds)
                continue
            await self._wait(None)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _tell_now(self) -> None:
        sound = self.mixer.now
        is_live = self.live_player is not None and self.live_player.is_heard
        track = sound.track if isinstance(sound, PlayedTrack) else None
        if track is not None and track.clip_id is None:
            return  # live music that ends
        if (track is not None and track is not self.now) or is_live is not self._was_live:
            self.now, self._was_live, self._is_empty = track, is_live, False
            await self._tell(track)

    def _note_change(self, sound: Playable | None) -> None:
        set_from_thread(self._loop, self._changed)
