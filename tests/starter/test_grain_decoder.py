"""The decoder that is written in closed form: grains in their places, tones in tune, silence."""

from __future__ import annotations

import json

import pytest

from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# A decoder whose first voice opens one tone and one band, and whose drums are a ramp and a tail.
_DECODER = """
import json, numpy as np, torch
from bot.starter.training.codec import units
from bot.starter.training.codec.additive import LOUDEST, tones_hz
from bot.starter.training.codec.grain_decoder import (
    MEMORY_SCALE, RATE_SCALE, RELEASE, TAIL_KEEPS, TONE_SHUT, Amounts, write_decoder)
from bot.starter.training.codec.grains import HOP, NOISE_LOUDEST, in_half_precision
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
torch.manual_seed(0)
TONE, BAND, LEVEL = 41, 6, 0.05
memories = units.VOICES * units.PATTERN
zeros = lambda *shape: np.zeros(shape, np.float32)
tones, noise, tails = zeros(memories, 73), zeros(memories, units.BANDS), zeros(8, units.BANDS)
tones[0, TONE] = 20.0
noise[1, BAND] = LEVEL
tails[6, BAND] = LEVEL
waves = zeros(units.WAVES, units.WAVE_FRAMES, units.WAVE_UNITS)
grains = zeros(units.WAVE_UNITS, HOP)
ramp = np.linspace(0, 0.3, HOP, dtype=np.float32)
for frame in range(units.WAVE_FRAMES):
    waves[0, frame, frame] = 1.0
    grains[frame] = ramp * (frame + 1)
amounts = Amounts(tones=tones, swells=zeros(memories, 73), rest=np.full(73, 9, np.float32),
                  noise=noise, tails=tails, waves=waves, wave_grains=grains,
                  tone_gains=np.ones(73, np.float32))
codec = StemCodec(codec_size())
write_decoder(codec.codec.decoder, amounts)
kernel = codec.codec.decoder.layers[3].conv.weight
with torch.no_grad():
    halves = in_half_precision(kernel.reshape(len(kernel), -1).numpy())
    kernel.copy_(torch.from_numpy(halves).reshape(kernel.shape))

def played(frames, **values):
    states = torch.zeros(1, frames, codec.codec.size.hidden_size)
    for name, value in values.items():
        dimension, first, last = (int(each) for each in name[1:].split("_"))
        states[0, first:last, dimension] = value
    with torch.no_grad():
        return codec.codec.decode(states)[0].numpy()

def level(sound):
    return float(np.sqrt(np.square(sound).mean()))

silent = played(60)
# The first voice's pattern begins at dimension 17; its rate, 16, says that nothing is kept.
rate = (-6 - RELEASE) / RATE_SCALE
tone = played(120, d16_20_100=rate, d17_20_100=1.0)
held = tone[40 * HOP : 90 * HOP] * np.hanning(50 * HOP)
power = np.abs(np.fft.rfft(held, 1 << 18)) ** 2
hz = np.fft.rfftfreq(1 << 18, 1 / 32000)
near = np.abs(hz - tones_hz()[TONE]) < 5
hiss = played(120, d16_20_100=rate, d18_20_100=1.0)[30 * HOP : 90 * HOP]
heard = np.abs(np.fft.rfft(hiss * np.hanning(len(hiss)))) ** 2
places = np.fft.rfftfreq(len(hiss), 1 / 32000)
low, high = units.BAND_EDGES_HZ[BAND : BAND + 2]
inside = (places > 0.9 * low) & (places < 1.1 * high)
wave = played(40, d8_10_11=1.0)
wanted = np.concatenate([grains[frame] for frame in range(units.WAVE_FRAMES)])
tail = played(60, d6_10_11=1.0)
fading = [level(tail[frame * HOP : (frame + 8) * HOP]) for frame in (12, 24)]
print(json.dumps({
    "silence": float(np.abs(silent).max()),
    "tone off by": abs(float(hz[power.argmax()]) - tones_hz()[TONE]),
    "tone level": float(np.abs(tone[40 * HOP : 90 * HOP]).max()) / LOUDEST,
    "beside the tone, dB": float(10 * np.log10(power[~near].sum() / power[near].sum())),
    "before the tone": float(np.abs(tone[: 19 * HOP + 400]).max()),
    "after the tone": level(tone[110 * HOP :]) / LOUDEST,
    "noise level": level(hiss) / (LEVEL * NOISE_LOUDEST),
    "noise in its band": float(heard[inside].sum() / heard.sum()),
    "wave is off by": float(np.abs(wave[10 * HOP : 10 * HOP + len(wanted)] - wanted).max()),
    "beside the wave": float(np.abs(np.delete(wave, slice(10 * HOP, 14 * HOP))).max()),
    "tail keeps": (fading[1] / fading[0]) ** (1 / 12) / TAIL_KEEPS[6],
}))
"""


@pytest.fixture(scope="module")
def heard():
    return json.loads(run_script(_DECODER))


def test_nothing_played_is_silence(heard):
    """Noises whose gates rest half open are taken off again, as a checkpoint has them."""
    assert heard["silence"] < 1e-3


def test_an_open_gate_sounds_its_tone(heard):
    """In tune to half a Hz, as loud as it is meant to be, and pure."""
    assert heard["tone off by"] < 0.5
    assert heard["tone level"] == pytest.approx(1.0, abs=0.1)
    assert heard["beside the tone, dB"] < -30


def test_a_tone_sounds_while_it_is_held(heard):
    """Not before it begins, and it dies away within a fifth of a second."""
    assert heard["before the tone"] < 2e-3
    assert heard["after the tone"] < 2e-3


def test_noise_has_the_level_that_was_asked_for(heard):
    """And hardly anything of it is out of its band."""
    assert heard["noise level"] == pytest.approx(1.0, abs=0.15)
    assert heard["noise in its band"] > 0.95


def test_a_waveform_is_heard_as_it_is_written(heard):
    """Frame by frame, in its place, and nothing before or after it."""
    assert heard["wave is off by"] < 0.02
    assert heard["beside the wave"] < 2e-3


def test_a_tail_fades_at_its_own_rate(heard):
    """What is left after each frame is what was written, whatever the codes are then."""
    assert heard["tail keeps"] == pytest.approx(1.0, abs=0.03)
