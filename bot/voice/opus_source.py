"""The audio source for discord.py's player: the mixer's output as Opus."""

from __future__ import annotations

import threading
import time
from collections import deque

import discord

from bot.voice.encoder import open_encoder
from bot.voice.mixer import Mixer

_FRAMES_AT_ONCE = 5
"""How many frames are mixed and encoded at a time: one by one takes a third more processor time,
with cold caches. A skip takes effect that much later."""


class OpusSource(discord.AudioSource):
    """An endless stream of packets, which outlives its connections."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self._encoder = open_encoder()
        self._ready: deque[bytes] = deque()
        self.cpu_seconds = 0.0
        """The processor time of the player threads so far."""
        self._thread, self._thread_seconds = 0, 0.0

    def read(self) -> bytes:
        """Return the next packet of 20 ms; called by the player thread."""
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
        """Tell discord.py that the packets are encoded already."""
        return True
