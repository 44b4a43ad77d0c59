"""The audio source that discord.py's player reads: what the mixer has, as Opus."""

from __future__ import annotations

import threading
import time
from collections import deque

import discord

from bot.audio.files.opus_packets import OpusEncoder
from bot.voice.mixer import Mixer


class RadioSource(discord.AudioSource):
    """A stream of packets that never ends; it outlives the connections that it is played on."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self._encoder = OpusEncoder()
        self._ready: deque[bytes] = deque()
        self.cpu_seconds = 0.0
        """What the threads that play it have taken of the processor so far."""
        self._thread, self._thread_seconds = 0, 0.0

    def read(self) -> bytes:
        """Return the next packet of 20 ms; called by the thread that plays."""
        self._note_processor()
        while not self._ready:
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
