"""Encode a clip as a Discord voice message: Ogg Opus with a waveform.

Source: Discord's documentation of voice messages. Its own apps write a point each 100 ms, at most
256 of them.
"""

from __future__ import annotations

import numpy as np

from bot.audio.editing.playback import prepare_clip
from bot.audio.files import formats
from bot.audio.files.formats import FORMATS
from bot.domain.generation import Sound
from bot.domain.voice_message import VoiceMessage
from bot.errors import OutputError
from bot.i18n.sentence import Sentence

TOO_LARGE = Sentence("As a voice message it would be too large to be posted here.")

_MOST_POINTS, _POINTS_A_SECOND = 256, 10


def encode_voice_message(
    sound: Sound, *, loudness_lufs: float, loops: bool, max_bytes: int
) -> VoiceMessage:
    """Return a sound as a voice message. Raises OutputError where it is too large."""
    ready = prepare_clip(sound, loudness_lufs, loops=loops)
    data = formats.encode(ready, FORMATS["opus"])
    if len(data) > max_bytes:
        raise OutputError(TOO_LARGE)
    return VoiceMessage(data=data, seconds=round(ready.seconds, 2), waveform=waveform(ready))


def waveform(sound: Sound) -> bytes:
    """Return how loud a sound is at points that lie evenly in it."""
    samples = np.abs(sound.samples).max(axis=0)
    points = min(_MOST_POINTS, max(1, round(sound.seconds * _POINTS_A_SECOND)))
    parts = np.array_split(samples, points)
    levels = np.array([np.sqrt(np.square(part).mean()) if len(part) else 0.0 for part in parts])
    loudest = float(levels.max())
    return bytes(np.round(levels * (255 / loudest if loudest else 0.0)).astype(np.uint8))
