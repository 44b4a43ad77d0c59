"""What a long run of the radio counts as gaps."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.files.opus_packets import FRAME_SAMPLES, RATE_HZ, OpusEncoder
from bot.demo.discord.voice.bot_connection import Packet
from tests.soak.radio_heard import Heard


def packets_of(wave, *, begin=0, at=0.0):
    """Return a wave as packets that arrive every 20 ms."""
    encoder, found = OpusEncoder(), []
    for start in range(0, len(wave) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = np.repeat(wave[start : start + FRAME_SAMPLES, None], 2, axis=1)
        found += encoder.encode(frame.astype(np.float32))
    encoder.close()
    return [
        Packet(at + 0.02 * n, begin + n, FRAME_SAMPLES * n, opus) for n, opus in enumerate(found)
    ]


def test_gaps_losses_and_late_packets_are_found():
    """Silence before the first sound is not counted, and no packet is checked twice."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ)
    silence = np.zeros(RATE_HZ)
    packets = packets_of(np.concatenate([silence, tone, silence[: RATE_HZ // 2], tone, silence]))
    heard = Heard()
    heard.take(packets[:130])
    heard.take(packets[:240])
    later = [Packet(each.at + 1.0, each.number + 3, each.stamp, each.opus) for each in packets]
    heard.take(packets[:240] + later[240:])
    assert heard.lost == 3
    assert heard.late == pytest.approx([1.02])
    # Each decoded piece lacks a moment at its beginning.
    (silence_seconds,) = heard.silences
    assert 0.25 < silence_seconds < 0.6
    assert heard.packets == len(packets)


def test_numbers_that_begin_anew_are_followed():
    """Packet numbers have two bytes and start again after 22 minutes."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ)
    first, last = 65_500, 65_535
    packets = [
        Packet(each.at, (first + n) % (last + 1), each.stamp, each.opus)
        for n, each in enumerate(packets_of(tone))
    ]
    heard = Heard()
    heard.take(packets[:30])
    heard.take(packets[:60])
    heard.take(packets[:61] + packets[65:])
    assert heard.packets == len(packets) - 4
    assert heard.lost == 4
