"""The decoder that is written in closed form: waveforms in place, tones in tune, silence."""

from __future__ import annotations

import json

import pytest

from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# A decoder whose first voice opens one tone and one band, with a ramp and a tail as drums.
_DECODER = """
import json, numpy as np, torch
from bot.starter.training.codec import latent_layout, units
from bot.starter.training.codec.additive import LOUDEST, tones_hz
from bot.starter.training.codec.decoder_inputs import TAIL_KEEPS, Amounts
from bot.starter.training.codec.grain_decoder import RATE_SCALE, RELEASE_KEEPS, write_decoder
from bot.starter.training.codec.grains import HOP, NOISE_LOUDEST, in_half_precision
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.data.codebooks import BASS
torch.manual_seed(0)
TONE, BAND, LEVEL, KEY, SPECTRUM = 41, 6, 0.05, 3, 5
memories, count = units.VOICES * units.PATTERN, len(tones_hz())
zeros = lambda *shape: np.zeros(shape, np.float32)
tones, tails = zeros(memories, count), zeros(units.TAILS, units.BANDS)
noise = zeros(units.BANDS)
holds = zeros(units.VOICES, units.PATTERN + latent_layout.KEY_DIMENSIONS, count)
spectrum = zeros(latent_layout.SPECTRUM, count)
tones[0, TONE] = 20.0
holds[0, units.PATTERN + KEY, TONE] = 20.0
spectrum[SPECTRUM, TONE] = 20.0
noise[BAND] = LEVEL
tails[8, BAND] = LEVEL
waves = zeros(units.WAVES, units.WAVE_FRAMES, units.WAVE_UNITS)
grains = zeros(units.WAVE_UNITS, HOP)
ramp = np.linspace(0, 0.3, HOP, dtype=np.float32)
for frame in range(units.WAVE_FRAMES):
    waves[0, frame, frame] = 1.0
    grains[frame] = ramp * (frame + 1)
amounts = Amounts(
    tones=tones, swells=zeros(memories, count), rest=np.full(count, 9, np.float32),
    holds=holds, spectrum=spectrum, swelled=zeros(count), noise=noise, tails=tails, waves=waves,
    wave_grains=grains, tone_gains=np.ones(count, np.float32))
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
# The first voice's vector is how fast it fades (nothing is kept), and its pattern.
rate = latent_layout.voice_dimensions(0).start
pattern = rate + 1
hiss_of_band = latent_layout.NOISE.start + BAND
shared = latent_layout.HELD_TONES.start + SPECTRUM
key = int(latent_layout.key_dimensions(BASS)[KEY])
kept = RELEASE_KEEPS[0]
gone = (-6 - np.log(kept / (1 - kept))) / RATE_SCALE
tone = played(120, **{f"d{rate}_20_100": gone, f"d{pattern}_20_100": 1.0})
by_key = played(120, **{f"d{key}_20_100": 1.0})
by_shared = played(120, **{f"d{shared}_20_100": 1.0})
struck = played(40, **{f"d{rate}_0_1": gone, f"d{rate}_1_40": 1.0, f"d{pattern}_0_1": 1.0})
at_once = played(40, **{f"d{rate}_0_40": 1.0, f"d{pattern}_0_40": 1.0})
held = tone[40 * HOP : 90 * HOP] * np.hanning(50 * HOP)
power = np.abs(np.fft.rfft(held, 1 << 18)) ** 2
hz = np.fft.rfftfreq(1 << 18, 1 / 32000)
near = np.abs(hz - tones_hz()[TONE]) < 5
hiss = played(120, **{f"d{hiss_of_band}_20_100": 1.0})[30 * HOP : 90 * HOP]
heard = np.abs(np.fft.rfft(hiss * np.hanning(len(hiss)))) ** 2
places = np.fft.rfftfreq(len(hiss), 1 / 32000)
low, high = units.BAND_EDGES_HZ[BAND : BAND + 2]
inside = (places > 0.9 * low) & (places < 1.1 * high)
wave = played(40, **{f"d{units.TAILS}_10_11": 1.0})
wanted = np.concatenate([grains[frame] for frame in range(units.WAVE_FRAMES)])
tail = played(60, **{"d8_10_11": 1.0, f"d{hiss_of_band}_10_11": 1.0})
fading = [level(tail[frame * HOP : (frame + 8) * HOP]) for frame in (12, 24)]
strokes = [level(tail[frame * HOP : (frame + 1) * HOP]) for frame in (9, 10, 11)]
print(json.dumps({
    "silence": float(np.abs(silent).max()),
    "tone off by": abs(float(hz[power.argmax()]) - tones_hz()[TONE]),
    "tone level": float(np.abs(tone[40 * HOP : 90 * HOP]).max()) / LOUDEST,
    "beside the tone, dB": float(10 * np.log10(power[~near].sum() / power[near].sum())),
    "before the tone": float(np.abs(tone[: 19 * HOP + 400]).max()),
    "after the tone": level(tone[110 * HOP :]) / LOUDEST,
    "tone by its key": level(by_key[40 * HOP : 90 * HOP]) / level(tone[40 * HOP : 90 * HOP]),
    "after its key": level(by_key[102 * HOP :]) / LOUDEST,
    "by what is shared": level(by_shared[40 * HOP : 90 * HOP]) / level(by_key[40 * HOP : 90 * HOP]),
    "struck in the first frame": float(np.abs(struck[2 * HOP : 4 * HOP]).max()) / LOUDEST,
    "held from the first frame": float(np.abs(at_once[2 * HOP : 4 * HOP]).max()) / LOUDEST,
    "before the stroke": strokes[0] / strokes[1],
    "stroke and after": strokes[2] / strokes[1],
    "noise level": level(hiss) / (LEVEL * NOISE_LOUDEST),
    "noise in its band": float(heard[inside].sum() / heard.sum()),
    "wave is off by": float(np.abs(wave[10 * HOP : 10 * HOP + len(wanted)] - wanted).max()),
    "beside the wave": float(np.abs(np.delete(wave, slice(10 * HOP, 14 * HOP))).max()),
    "tail keeps": (fading[1] / fading[0]) ** (1 / 12) / TAIL_KEEPS[8],
}))
"""


@pytest.fixture(scope="module")
def heard():
    return json.loads(run_script(_DECODER))


def test_nothing_played_is_silence(heard):
    """Noise through half-open gates is subtracted, as in a checkpoint."""
    assert heard["silence"] < 1e-3


def test_an_open_gate_sounds_its_tone(heard):
    """In tune to half a Hz, at the intended level, and pure."""
    assert heard["tone off by"] < 0.5
    assert heard["tone level"] == pytest.approx(1.0, abs=0.1)
    assert heard["beside the tone, dB"] < -30


def test_a_tone_sounds_while_it_is_held(heard):
    """Not before its start, and it decays within a fifth of a second."""
    assert heard["before the tone"] < 2e-3
    assert heard["after the tone"] < 2e-3


def test_a_tone_that_keys_open_sounds_as_long_as_they_are_there(heard):
    """At the level of a remembered tone, and without memory afterwards.

    Vectors shared by all voices open it, too.
    """
    assert heard["tone by its key"] == pytest.approx(1.0, abs=0.1)
    assert heard["by what is shared"] == pytest.approx(1.0, abs=0.01)
    assert heard["after its key"] < 1e-3


def test_what_a_clip_begins_with_is_heard_at_once(heard):
    """Even a slow note has its intended level from the first frame."""
    assert heard["held from the first frame"] == pytest.approx(1.0, abs=0.15)
    assert heard["struck in the first frame"] == pytest.approx(1.0, abs=0.15)


def test_noise_has_the_level_that_was_asked_for(heard):
    """With almost no power outside its band."""
    assert heard["noise level"] == pytest.approx(1.0, abs=0.15)
    assert heard["noise in its band"] > 0.95


def test_a_waveform_is_heard_as_it_is_written(heard):
    """Frame by frame, in place, and silent before and after it."""
    assert heard["wave is off by"] < 0.02
    assert heard["beside the wave"] < 2e-3


def test_a_tail_fades_at_its_own_rate(heard):
    """Each frame keeps the specified share, whatever the later codes are."""
    assert heard["tail keeps"] == pytest.approx(1.0, abs=0.03)


def test_a_tail_begins_with_its_stroke(heard):
    """It is not heard before, and continues at the stroke's level."""
    assert heard["before the stroke"] < 0.35
    assert heard["stroke and after"] == pytest.approx(1.0, abs=0.4)
