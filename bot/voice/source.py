"""The audio source that discord.py's player reads: what the mixer has, as Opus."""

from __future__ import annotations

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

    def read(self) -> bytes:
        """Return the next packet of 20 ms; called by the thread that plays."""
        while not self._ready:
            self._ready.extend(self._encoder.encode(self.mixer.take_frame()))
        return self._ready.popleft()

    def is_opus(self) -> bool:
        """Tell discord.py that there is nothing to encode."""
        return True
