"""A clip as a voice message of Discord's."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "voice-message.ogg"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessage:
    """What a voice message is made of."""

    data: bytes
    """Ogg Opus."""
    seconds: float
    waveform: bytes
    """How loud it is, from its beginning to its end, a byte a point; 255 is the loudest."""
