"""How the clip that is heard in a voice channel is identified."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from tests.soak.radio_clips import first_loud, heard_instead
from tests.soak.test_radio_heard import packets_of
from tests.support.heard_sound import RATE_HZ
from tests.support.known_sounds import RATE_HZ as MADE_AT_HZ
from tests.support.known_sounds import chords


def clip(tonic):
    """Return four chords, and a file of them."""
    wave = chords(tonic, "major", 0.5)[: 2 * MADE_AT_HZ]
    file = io.BytesIO()
    soundfile.write(file, wave, MADE_AT_HZ, format="WAV")
    at = np.arange(2 * RATE_HZ) * MADE_AT_HZ / RATE_HZ
    return np.interp(at, np.arange(len(wave)), wave), file.getvalue()


def test_a_skip_is_heard_when_the_other_clip_is():
    """The second clip's beginning is found, a second after the skip."""
    (one, first), (other, second) = clip(0), clip(6)
    packets = packets_of(np.concatenate([np.zeros(RATE_HZ // 2), one[:RATE_HZ], other]), at=7.0)
    assert 7.45 < first_loud(packets).at < 7.6
    heard = heard_instead(packets, first, second, 7.5)
    assert 0.9 < heard < 1.3
    assert heard_instead(packets[:60], first, second, 7.5) is None
