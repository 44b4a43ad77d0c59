"""The training's batch mixer: many crops at once sound as the plain mixer's pieces."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.starter.composer.reverb import add_reverb
from bot.starter.training.data.codebooks import DRUMS
from bot.starter.training.data.mixing import (
    HOP,
    STEM_NAMES,
    WETNESS,
    fade,
    render_stems,
    schedule_plays,
)
from bot.starter.training.data.notes import decode_notes
from bot.starter.training.data.samples import SAMPLE_RATE_HZ
from tests.support.synthetic_instruments import bank, music
from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# First frame and number of frames: from the start, and from the middle of notes; up to the end of
# notes, and ending before it; longer than the reverb that the mixer keeps.
CROPS = ((0, 28), (12, 28), (63, 28), (122, 28), (0, 100), (33, 100))
TOLERANCES = {28: 0.002, 100: 0.05}

_MIX = """
import json, sys, numpy as np, torch
from bot.starter.training.data.batch_mixing import Mixer
from bot.starter.training.data.crops import SoundNumbers, crop_plays
from tests.support.synthetic_instruments import bank, keys, music, silence
CROPS = json.loads(sys.argv[2])
numbers = SoundNumbers({key: number for number, key in enumerate(keys())})
mixer = Mixer(bank(), numbers, torch.device("cpu"))
codes = music()
found = {}
for frames in (28, 100):
    crops = [crop for crop in CROPS if crop[1] == frames]
    mixed = mixer.mix([crop_plays(codes, *crop, numbers) for crop in crops], frames).numpy()
    found |= {f"{first} {frames}": each for (first, _), each in zip(crops, mixed)}
found["silence"] = mixer.mix([crop_plays(silence(28), 0, 28, numbers)], 28).numpy()
np.savez(sys.argv[1], **found)
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    file = tmp_path_factory.mktemp("mixed") / "crops.npz"
    run_script(_MIX, file, json.dumps(CROPS))
    with np.load(file) as found:
        return dict(found)


def added_up(codes, first, frames):
    """Return the stems of a crop: what sounds in it, with the reverb of that alone."""
    band = bank()
    stems = np.zeros((len(STEM_NAMES), codes.shape[1] * HOP), np.float32)
    for note in decode_notes(codes):
        if note.book == DRUMS and note.frame < first:
            continue
        (play,) = schedule_plays([note])
        sound = play.gain * band.sound(play.key)
        if play.held is not None:
            sound = sound[: play.held + play.release]
            sound[play.held :] *= fade(play.release)[: max(0, len(sound) - play.held)]
            if note.frame + note.frames <= first:
                continue
        sound = sound[: stems.shape[1] - play.start]
        stems[play.stem, play.start : play.start + len(sound)] += sound
    crop = stems[:, first * HOP : (first + frames) * HOP]
    return np.stack(
        [add_reverb(s, WETNESS[n], SAMPLE_RATE_HZ) for s, n in zip(crop, STEM_NAMES, strict=True)]
    )


@pytest.mark.parametrize("frames", [28, 100])
def test_a_crop_from_the_start_sounds_as_the_piece_does(mixed, frames):
    """Every stem, within the precision of stored sounds and of the reverb's end."""
    whole = render_stems(music()[:, :frames], bank())
    found = mixed[f"0 {frames}"]
    size = np.abs(whole).max()
    assert found.shape == whole.shape
    assert size > 0.02
    np.testing.assert_allclose(found, whole, atol=TOLERANCES[frames] * size)


@pytest.mark.parametrize(("first", "frames"), CROPS)
def test_a_crop_has_what_sounds_in_it(mixed, first, frames):
    """Held notes that began before it are in it; earlier drum strokes and reverb are not."""
    wanted = added_up(music(), first, frames)
    size = np.abs(wanted).max()
    assert size > 0.02
    found = mixed[f"{first} {frames}"]
    np.testing.assert_allclose(found, wanted, atol=TOLERANCES[frames] * size)


def test_a_note_that_goes_on_is_not_attacked_again(mixed):
    """A crop within a bass note equals that part of the piece, sample by sample."""
    bass = STEM_NAMES.index("bass")
    whole = render_stems(music(), bank())[bass, 12 * HOP : 40 * HOP]
    found = mixed["12 28"][bass]
    np.testing.assert_allclose(found, whole, atol=0.002 * np.abs(whole).max())


def test_silence_is_mixed_to_silence(mixed):
    """Without notes every sample is 0."""
    assert mixed["silence"].shape == (1, len(STEM_NAMES), 28 * HOP)
    assert not np.abs(mixed["silence"]).max()
