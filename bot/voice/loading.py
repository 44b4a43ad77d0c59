"""Makes a clip ready to be played: decoded, at 48 kHz in stereo, its bars found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.files.masters import read_master
from bot.audio.files.opus_packets import CHANNELS, RATE_HZ
from bot.audio.resample import fit
from bot.domain.generation import Sound
from bot.voice.track import Track

MOST_SECONDS = 600.0
"""What is longer is played so far: 115 MB of it, while the next one is there too."""


def load_track(path: Path, clip_id: int, key: str | None) -> Track:
    """Return the clip whose master is a file. Raises SoundError where it is gone."""
    return make_track(read_master(path), clip_id, key)


def make_track(sound: Sound, clip_id: int, key: str | None) -> Track:
    """Return a sound as a track."""
    most = round(MOST_SECONDS * sound.sample_rate_hz)
    if sound.samples.shape[1] > most:
        sound = Sound(samples=sound.samples[:, :most], sample_rate_hz=sound.sample_rate_hz)
    rhythm = find_rhythm(sound)
    fitted = fit(sound, sample_rate_hz=RATE_HZ, channels=CHANNELS)
    frames = np.ascontiguousarray((fitted.samples.T * 32767).astype(np.int16))
    steady = rhythm if rhythm is not None and rhythm.is_even else None
    return Track(
        clip_id=clip_id,
        frames=frames,
        bars=() if steady is None else _bars(steady),
        bar_samples=0.0 if steady is None else steady.bar_seconds * RATE_HZ,
        key=key,
    )


def _bars(rhythm: Rhythm) -> tuple[int, ...]:
    return tuple(round(each * RATE_HZ) for each in rhythm.downbeats)
