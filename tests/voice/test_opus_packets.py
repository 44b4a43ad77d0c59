"""Opus packets of 20 ms, with libopus and without."""

from __future__ import annotations

import discord
import numpy as np
import pytest

from bot.audio.files.opus_packets import FRAME_SAMPLES, OpusEncoder
from bot.voice.encoder import LibopusEncoder, open_encoder
from tests.support.heard_sound import RATE_HZ, decode, levels, pitch


def tone(hz, seconds, level=0.5):
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.repeat(level * np.sin(2 * np.pi * hz * at)[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize("kind", [LibopusEncoder, OpusEncoder])
def test_an_encoded_tone_decodes_to_the_same_tone(kind):
    """Every frame becomes a packet, with a delay of at most a few frames."""
    encoder, packets, waiting = open_encoder(), [], 0
    if not isinstance(encoder, kind):
        if not discord.opus.is_loaded():
            pytest.skip("this machine has no libopus")
        encoder = open_encoder(["there is no such library"])
    assert isinstance(encoder, kind)
    sound = tone(440, 1.0)
    for number, at in enumerate(range(0, len(sound), FRAME_SAMPLES), 1):
        packets += encoder.encode(sound[at : at + FRAME_SAMPLES])
        waiting = max(waiting, number - len(packets))
    assert waiting <= 4
    heard = decode(packets)
    assert abs(len(heard) / FRAME_SAMPLES - len(packets)) <= 1
    assert abs(pitch(heard[4800:]) - 440) < 3
    assert np.allclose(levels(heard[4800:]), 0.5 / np.sqrt(2), rtol=0.03)
    assert 40 < sum(map(len, packets)) / len(packets) * 8 / 20 < 200, "kbit/s"
