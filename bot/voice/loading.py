"""Load a clip for playing: leveled, 48 kHz stereo, with its rhythm."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.audio.editing.crossfade import fade
from bot.audio.editing.loudness import TARGET_LUFS, measure
from bot.audio.editing.mix import analyse_part
from bot.audio.files.masters import read_master
from bot.audio.files.opus_packets import CHANNELS, RATE_HZ
from bot.audio.int16 import to_int16
from bot.audio.limiter import limit_peaks
from bot.audio.resample import fit
from bot.audio.written_analysis import WrittenAnalysis
from bot.domain.generation import Sound
from bot.errors import ResourceError
from bot.voice.track import Track

log = logging.getLogger(__name__)

MOST_SECONDS = 600.0
"""Longer clips are truncated: this is 115 MB, and two are loaded at a time."""

_MEASURED_SECONDS = 60.0
_MOST_GAIN_DB = 12.0
# Mono is played on both channels.
_TWICE_DB = 3.01


def load_track(
    path: Path, clip_id: int, *, loops: bool, written: WrittenAnalysis | None = None
) -> Track:
    """Return the clip of a master file. Raises SoundError if it is deleted."""
    return make_track(read_master(path), clip_id, loops=loops, written=written)


def make_track(
    sound: Sound, clip_id: int, *, loops: bool, written: WrittenAnalysis | None = None
) -> Track:
    """Return a sound as a track, with the tempo and key that its codes say, else detected."""
    most = round(MOST_SECONDS * sound.sample_rate_hz)
    if sound.samples.shape[1] > most:
        sound = Sound(samples=sound.samples[:, :most], sample_rate_hz=sound.sample_rate_hz)
    part = analyse_part(sound, loops=loops, written=written)
    fitted = fade(fit(sound, sample_rate_hz=RATE_HZ, channels=CHANNELS), loops=loops)
    frames = limit_peaks(fitted.samples.T * np.float32(_gain(sound)))
    return Track(clip_id=clip_id, frames=np.ascontiguousarray(to_int16(frames)), part=part)


def _gain(sound: Sound) -> float:
    """Return the gain that levels a sound, measured in its middle."""
    start = max(0.0, (sound.seconds - _MEASURED_SECONDS) / 2)
    first, last = (round(at * sound.sample_rate_hz) for at in (start, start + _MEASURED_SECONDS))
    try:
        lufs = measure(replace(sound, samples=sound.samples[:, first:last])).lufs
    except ResourceError as error:
        log.info("radio.not_measured %s", error)
        return 1.0
    if lufs is None:
        return 1.0
    if sound.channels == 1:
        lufs += _TWICE_DB
    return float(10 ** (np.clip(TARGET_LUFS - lufs, -_MOST_GAIN_DB, _MOST_GAIN_DB) / 20))
