"""The fitting of the codec to recordings: partials, noise, how both decay, and code vectors."""

from __future__ import annotations

import json

import pytest

from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# A decaying note with two partials and noise above it; then how its levels decay, and vectors for
# six pitches of it, before and after polishing.
_VOICES = """
import json, numpy as np, torch
from bot.starter.training.codec import units
from bot.starter.training.codec.additive import LOUDEST
from bot.starter.training.codec.grain_decoder import TONE_SHUT
from bot.starter.training.codec.grains import NOISE_LOUDEST
from bot.starter.training.codec.latent_layout import KEY_DIMENSIONS
from bot.starter.training.codec.oscillators import LOWEST
from bot.starter.training.codec.voice_factors import factorise
from bot.starter.training.codec.voice_fitting import VoicePolish
from bot.starter.training.codec.voice_measuring import (
    TONES, fit_fading, measure, noise_of_stages, tone_levels)
from bot.starter.training.data.codebooks import CODES, LEAD_CODES
torch.manual_seed(0)
random = np.random.default_rng(0)
times = np.arange(110_000) / 32000
hz = 440.0 * 2 ** ((60 - 69) / 12)
dying = np.exp(-times / 1.0)
sound = (np.sin(2 * np.pi * hz * times) + 0.5 * np.sin(4 * np.pi * hz * times)) * dying
spectrum = np.fft.rfft(random.standard_normal(len(times)))
places = np.fft.rfftfreq(len(times), 1 / 32000)
low, high = units.BAND_EDGES_HZ[8:10]
spectrum[(places < low) | (places > high)] = 0
hiss = np.fft.irfft(spectrum, len(times))
hiss *= 0.05 / np.sqrt(np.square(hiss).mean())
found = measure((0.1 * sound + hiss * dying).astype(np.float32), 60)
tones, noise = tone_levels(found, 60, 1.0)
states = [tone_levels(found, 60 + step, 1.0) for step in range(6)]
levels = np.stack([each for each, _ in states]), np.stack([each for _, each in states])
fading = fit_fading(levels[0], np.full(TONES, 1.0))
stages = noise_of_stages(levels[1], LEAD_CODES)
factors = factorise(fading)
made = factors.vectors[:6] @ factors.tones + TONE_SHUT
keys = random.standard_normal((CODES, KEY_DIMENSIONS)).astype(np.float32)
polish = VoicePolish(
    [levels[0]] * 3, [fading.keeps] * 3, [factors] * 3, np.full(TONES, 1.0), [keys] * 3)
frames = np.full((400, units.VOICES, 3), 0)
frames[..., 0] = random.integers(-1, 6, frames.shape[:2])
frames[..., 1] = random.integers(0, 40, frames.shape[:2])
rows = torch.from_numpy(frames[:256])
loss = lambda: float(polish.loss(rows, torch.Generator().manual_seed(0)))
before = loss()
polish.train(frames, 60)
keep = (fading.keeps[0] ** 50)
print(json.dumps({
    "first": tones[4, 60 - LOWEST] * LOUDEST / (0.1 * np.exp(-5 * 0.02)),
    "second": tones[4, 72 - LOWEST] * LOUDEST / (0.05 * np.exp(-5 * 0.02)),
    "other tones": float(np.delete(tones[4], [60 - LOWEST, 72 - LOWEST]).max()),
    "noise": float(noise[4, 8]) * NOISE_LOUDEST / (0.05 * np.exp(-5 * 0.02)),
    "other noise": float(np.delete(noise[4], 8).max() / noise[4, 8]),
    "fades": bool((fading.faded[0] < fading.begun[0])[60 - LOWEST]),
    "right tones": float(np.abs(made - fading.begun)[fading.begun > -5].mean()),
    "wrong tones": float(made[fading.begun == TONE_SHUT].max()),
    "polish": [before, loss()],
    "noise of stages": [float(stages[0, stage, 8] / noise[0, 8]) for stage in range(2)],
}))
"""

# A tone's attack as the waveforms write it, and its levels with and without them; then a ringing
# cymbal, as amplitudes that add up when it is struck repeatedly, before and after polishing.
_DRUMS = """
import json, numpy as np
from bot.starter.training.codec import units
from bot.starter.training.codec.drum_fitting import band_levels
times = np.arange(64_000) / 32000
low, high = units.BAND_EDGES_HZ[4:6]
sound = 0.1 * np.sin(np.pi * (low + high) * times) * np.exp(-times / 0.1)
found = band_levels(np.stack([sound, sound]), np.stack([0 * sound, sound]))
from bot.starter.training.codec.drum_polishing import polish_tails
from bot.starter.training.codec.decoder_inputs import TAIL_KEEPS
fading = np.array(TAIL_KEEPS)[:, None] ** np.arange(64)
shares, tails = np.full((1, units.TAILS), 1e-3), np.full((units.TAILS, units.BANDS), 0.02)
shares[0, -1] = 1.0
levels = np.einsum("sk,kb,kt->stb", shares, tails, fading)
levels[:, 0] *= 2
again = np.array([[[0, age + 6 * each] for each in range(8)] for age in range(6)] * 10)

def level(hit, shares, tails):
    ages = again[:6, :, 1]
    wanted = np.sqrt(np.square(levels[0, ages]).sum(1))
    left = np.where(ages[..., None] == 0, 0.0, shares[0] * fading.T[ages])
    made = left.sum(1) @ tails + (ages == 0).sum(1)[:, None] * hit[0]
    return float((made / wanted).mean())

polished = polish_tails(levels, shares, tails, again, 300)
print(json.dumps({
    "together": [level(levels[:, 0], shares, tails), level(*polished)],
    "level": float(found[0, 5, 4] / (0.1 / np.sqrt(2) * np.exp(-1.1))),
    "other bands": float(np.delete(found[0, 5], 4).max() / found[0, 5, 4]),
    "written": float(found[1, 5, 4] / found[0, 5, 4]),
}))
"""


@pytest.fixture(scope="module")
def voices():
    return json.loads(run_script(_VOICES))


def test_partials_and_noise_are_measured(voices):
    """Each partial at its frequency, the noise in its band, and nothing elsewhere."""
    assert voices["first"] == pytest.approx(1.0, abs=0.1)
    assert voices["second"] == pytest.approx(1.0, abs=0.15)
    assert voices["other tones"] < 0.02
    assert voices["noise"] == pytest.approx(1.0, abs=0.15)
    assert voices["other noise"] < 0.1


def test_vectors_open_the_tones_of_their_notes(voices):
    """Few numbers suffice for six pitches; the gates of all other tones stay shut.

    A decaying note ends softer than it begins.
    """
    assert voices["fades"]
    assert voices["right tones"] < 0.5
    assert voices["wrong tones"] < -6


def test_polishing_makes_mixtures_right(voices):
    """The error of several voices at once becomes smaller."""
    before, after = voices["polish"]
    assert after < 0.8 * before


def test_noise_is_told_by_stages(voices):
    """A decaying note has less noise in its second stage."""
    begun, held = voices["noise of stages"]
    assert begun == pytest.approx(1.0, abs=0.01)
    assert 0.3 < held < 1.0


def test_drums_are_measured_in_bands():
    """In the band of their tone; what the waveforms contain already is left out.

    Polishing brings overlapping strokes nearer to the recordings.
    """
    found = json.loads(run_script(_DRUMS))
    assert found["level"] == pytest.approx(1.0, abs=0.1)
    assert found["other bands"] < 0.1
    assert found["written"] < 0.2
    before, after = found["together"]
    assert abs(after - 1) < 0.5 * abs(before - 1)
