"""The melody of a sound: detected over drums, and refused if there is none."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.tune import DRUMS, SHORT, SILENT, isolate_tune
from bot.domain.generation import Sound
from bot.errors import SoundError
from bot.musicgen.conditioning.chroma import HOP, find_classes

RATE_HZ, NOTE_SECONDS = 32_000, 0.5
NOTES = (60, 64, 67, 71, 62, 69, 65, 73)


def tune():
    """Return notes with overtones, 4 s."""
    times = np.arange(round(NOTE_SECONDS * RATE_HZ)) / RATE_HZ
    hertz = [440 * 2 ** ((note - 69) / 12) for note in NOTES]
    notes = [sum(np.sin(2 * np.pi * k * f * times) / k for k in (1, 2, 3)) for f in hertz]
    return 0.2 * np.concatenate(notes)


def strokes():
    """Return a stroke of noise in every eighth, 4 s."""
    random = np.random.default_rng(5)
    fade = np.exp(-np.arange(RATE_HZ // 4) / (0.03 * RATE_HZ))
    return np.concatenate([random.standard_normal(len(fade)) * fade for _ in range(16)])


def sound(samples):
    """Return samples as a sound."""
    return Sound(samples=np.float32(samples)[None], sample_rate_hz=RATE_HZ)


def right_share(samples):
    """Return the share of frames whose pitch class is the note's."""
    found = find_classes(isolate_tune(sound(samples)).samples[0], RATE_HZ)
    frames = np.arange(len(found)) * HOP / RATE_HZ / NOTE_SECONDS
    played = np.array(NOTES)[np.minimum(frames.astype(int), len(NOTES) - 1)] % 12
    return float((found == played).mean())


def test_the_melody_s_pitch_classes_are_found_despite_drums():
    """In at least four of five frames, under strokes louder than the melody."""
    assert right_share(tune()) >= 0.8
    assert right_share(tune() + 0.4 * strokes()) >= 0.8


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [(strokes(), DRUMS), (np.zeros(2 * RATE_HZ), SILENT), (tune()[: RATE_HZ // 2], SHORT)],
)
def test_a_missing_melody_is_refused_with_a_sentence(samples, sentence):
    """For drums alone, silence, and less than a second."""
    with pytest.raises(SoundError) as raised:
        isolate_tune(sound(samples))
    assert raised.value.sentence == sentence
