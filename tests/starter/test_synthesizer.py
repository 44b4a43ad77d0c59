"""The codec's decoder contains a synthesizer from the start, which training does not change."""

from __future__ import annotations

import json

import pytest

from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# With one open gate at a time: the strongest frequency, its level, and everything else in dB;
# then the level with all gates shut, and what a step of training changes.
_SOUND = """
import json, numpy as np, torch
from bot.starter.training.codec.additive import LOUDEST, channels_used, tones_hz
from bot.starter.training.codec.oscillators import gated_units
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
torch.manual_seed(0)
codec = StemCodec(codec_size())
decoder, gates = codec.codec.decoder, gated_units()
lstm = decoder.layers[1].lstm

def played(number, frames=120):
    with torch.no_grad():
        lstm.weight_ih_l0[gates] = 0
        lstm.bias_ih_l0[gates] = -30.0
        if number is not None:
            lstm.bias_ih_l0[gates.start + 2 * number : gates.start + 2 * number + 2] = 9.0
        return codec.codec.decode(torch.zeros(1, frames, codec.codec.size.hidden_size))[0].numpy()

found = []
for number in (0, 7, 20, 41, 60, len(tones_hz()) - 1):
    sound = played(number)
    piece = sound[16000:48000] * np.hanning(32000)
    power = np.abs(np.fft.rfft(piece, 1 << 18)) ** 2
    hz = np.fft.rfftfreq(1 << 18, 1 / 32000)
    near = np.abs(hz - tones_hz()[number]) < 5
    found.append([tones_hz()[number], float(hz[power.argmax()]),
                  float(np.abs(sound[16000:48000]).max()) / LOUDEST,
                  float(10 * np.log10(power[~near].sum() / power[near].sum())),
                  float(np.abs(sound[1280:3200]).max()) / LOUDEST])
silent = float(np.abs(played(None)[3200:]).max())
before = {name: value.clone() for name, value in codec.state_dict().items()}
optimizer = torch.optim.Adam(codec.parameters(), lr=1e-3)
made = codec.codec.decode(torch.randn(1, 30, codec.codec.size.hidden_size))
made.square().mean().backward()
optimizer.step()
codec.constrain()
used = channels_used()[3]
name = "codec.decoder.layers.3.conv.weight"
moved = (codec.state_dict()[name] - before[name]).abs()
print(json.dumps([found, silent, moved[:, :used].max().item(), moved[:, used:].max().item()]))
"""


@pytest.fixture(scope="module")
def heard():
    return json.loads(run_script(_SOUND))


def test_an_open_gate_sounds_its_tone(heard):
    """In tune to half a Hz, at the intended level from the start, and pure."""
    for hz, found, level, rest, early in heard[0]:
        assert abs(found - hz) < 0.5
        assert 0.9 < level < 1.1
        assert rest < -20
        assert early > 0.7


def test_nothing_sounds_while_the_gates_are_shut(heard):
    """The offset of the activations above zero is inaudible."""
    assert heard[1] < 0.001


def test_training_leaves_the_synthesizer_alone(heard):
    """Its parameters stay the same bit for bit; the others are trained."""
    assert heard[2] == 0.0
    assert heard[3] > 0.0
