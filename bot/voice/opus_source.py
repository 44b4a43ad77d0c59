"""The audio source that discord.py's player reads: what the mixer has, as Opus."""

from __future__ import annotations

import threading
import time
from collections import deque

import discord

from bot.voice.encoder import open_encoder
from bot.voice.mixer import Mixer

_FRAMES_AT_ONCE = 5
"""How many frames are mixed and coded one after the other: each alone takes a third more of the
processor, whose caches others have filled meanwhile. What is skipped is heard so much longer."""


class OpusSource(discord.AudioSource):
    """A stream of packets that never ends; it outlives the connections that it is played on."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self._encoder = open_encoder()
        self._ready: deque[bytes] = deque()
        self.cpu_seconds = 0.0
        """What the threads that play it have taken of the processor so far."""
        self._thread, self._thread_seconds = 0, 0.0

    def read(self) -> bytes:
        """Return the next packet of 20 ms; called by the thread that plays."""
        self._note_processor()
        while not self._ready:
            for _ in range(_FRAMES_AT_ONCE):
                self._ready.extend(self._encoder.encode(self.mixer.take_frame()))
        return self._ready.popleft()

    def _note_processor(self) -> None:
        thread, taken = threading.get_ident(), time.thread_time()
        if thread == self._thread:
            self.cpu_seconds += taken - self._thread_seconds
        self._thread, self._thread_seconds = thread, taken

    def is_opus(self) -> bool:
        """Tell discord.py that there is nothing to encode."""
        return True
