"""Decide what a radio plays next; the newest decision wins."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.errors import ZhiyinError
from bot.voice.blend import grown_blend
from bot.voice.blend_rendering import render_blend
from bot.voice.live_buffer import LiveBuffer
from bot.voice.live_ending import end_on_the_beat
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from bot.voice.track import Track

log = logging.getLogger(__name__)


class Following:
    """Puts tracks into a mixer, to follow what is playing.

    Choosing, loading and rendering take seconds. If there is a newer decision by then, the result
    is dropped: it is of a source that is not wanted any more.
    """

    def __init__(self, mixer: Mixer, choose: Callable[[], Awaitable[Track | None]]) -> None:
        """Take the mixer, and the function that chooses and loads the next track."""
        self._mixer, self._choose = mixer, choose
        self._decisions = 0

    def decide(self) -> Callable[[], bool]:
        """Make all decisions before this one void; return what tells whether it is the newest."""
        self._decisions += 1
        return self._newest()

    def _newest(self) -> Callable[[], bool]:
        number = self._decisions
        return lambda: number == self._decisions

    async def load(self) -> bool:
        """Load a track if nothing follows; return whether something does."""
        while self._mixer.wants_next:
            is_newest = self._newest()
            track = await self._next_track()
            if track is None:
                if is_newest():
                    return False
                continue
            now = self._mixer.now
            blend = await render_blend(now.track, track) if isinstance(now, PlayedTrack) else None
            if is_newest() and self._mixer.wants_next:
                self._mixer.play_next(PlayedTrack(track), blend=blend)
        return True

    async def change(self) -> None:
        """Discard the next track, and go on at once with one of the present source."""
        is_newest = self.decide()
        self._mixer.drop_next()
        track = await self._next_track()
        if track is None or not is_newest():
            return
        now = self._mixer.now
        if isinstance(now, LiveBuffer) and await end_on_the_beat(
            self._mixer, now, track, is_wanted=is_newest
        ):
            return
        if is_newest():
            self._mixer.play_next(PlayedTrack(track), at_once=True)

    async def follow(self, track: Track, same_seconds: float | None) -> None:
        """Play a track next, in place of the next one.

        If it is a grown version of the playing one, playing continues in it; both are equal up to
        `same_seconds`.
        """
        is_newest = self.decide()
        now, blend = self._mixer.now, None
        if isinstance(now, PlayedTrack) and same_seconds is None:
            blend = await render_blend(now.track, track)
        elif isinstance(now, PlayedTrack) and same_seconds is not None:
            blend = grown_blend(now.track, place=now.place, same_seconds=same_seconds)
        if is_newest():
            self._mixer.play_next(PlayedTrack(track), blend=blend)

    async def _next_track(self) -> Track | None:
        try:
            return await self._choose()
        except ZhiyinError as error:
            log.info("radio.not_loaded %s", error)
            return None
