"""Recordings of the instruments that the starter is trained on: a few notes of each soundfont."""

from __future__ import annotations

import numpy as np
import pytest

from bot.starter.training.data.samples import SAMPLE_RATE_HZ
from tests.support.synthetic_instruments import hz_of
from tests.support.training_environment import needs_recording, needs_training, run_script

LEAST_DECIBELS, LEAST_DECIBELS_OF_NOISE = 25.0, 12.0

pytestmark = [needs_training, needs_recording]

# Some notes of each soundfont, as recorded and as read from a file.
_RECORD = """
import json, sys, numpy as np
from pathlib import Path
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.training.data import recording, samples
sounds = {}
for font, names in (("fluid", ("saw lead", "organ")), ("musescore", ("flute", "cello"))):
    takes = [recording._Take(f"{name}/{pitch}", INSTRUMENTS[name].program, pitch, 100, 2.0, False)
             for name in names for pitch in (60, 72)]
    if font == "fluid":
        takes += [recording._Take(f"kit 0/{pitch}", 0, pitch, 100, 1.0, True) for pitch in (36, 42)]
    found = recording._recorded(recording._FONTS[font], takes)
    sounds |= {key: recording._trimmed(sound) for key, sound in found.items()}
file = Path(sys.argv[1], "samples.npz")
samples.write(sounds, file)
np.savez(Path(sys.argv[1], "recorded.npz"), **sounds)
np.savez(Path(sys.argv[1], "read.npz"), **samples.read(file))
"""


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Return each note as it was recorded and as it was read."""
    folder = tmp_path_factory.mktemp("recorded")
    run_script(_RECORD, folder)
    with np.load(folder / "recorded.npz") as recorded, np.load(folder / "read.npz") as read:
        assert recorded.files == read.files
        return {key: (recorded[key], read[key]) for key in recorded.files}


def test_what_is_read_is_close_to_what_was_recorded(sounds):
    """The error is far below tones; for a hi-hat, which is noise, a larger one is inaudible."""
    assert len(sounds) == 10
    for key, (recorded, read) in sounds.items():
        assert read.shape == recorded.shape
        ratio = np.square(recorded).sum() / np.square(read - recorded).sum()
        least = LEAST_DECIBELS_OF_NOISE if key == "kit 0/42" else LEAST_DECIBELS
        assert 10 * np.log10(ratio) > least, key


def test_notes_are_recorded_at_their_pitch_and_begin_at_once(sounds):
    """A recording starts with the attack, without the note before."""
    for key, (recorded, _) in sounds.items():
        loud = np.flatnonzero(np.abs(recorded) > 0.1 * np.abs(recorded).max())
        assert loud[0] < SAMPLE_RATE_HZ // 10, key
        name, pitch = key.split("/")
        if name.startswith("kit "):
            continue
        held = recorded[SAMPLE_RATE_HZ // 4 : SAMPLE_RATE_HZ]
        spectrum = np.abs(np.fft.rfft(held * np.hanning(len(held)), 1 << 17))
        hz = np.argmax(spectrum) * SAMPLE_RATE_HZ / (1 << 17)
        partial = max(1, round(hz / hz_of(int(pitch))))
        cents = 1200 * np.log2(hz / partial / hz_of(int(pitch)))
        assert abs(cents) < 30, (key, hz)
