"""A decoder that adds up grains: each LSTM unit sounds as a waveform of its own, of two frames.

The layers behind the LSTM only sort samples: the first that upsamples makes, for each fifth of a
frame, its 128 samples as 128 channels, and the others put them one after the other. So any
waveforms at all can be written as its kernel. Everything is so quiet on the way, and made loud by
the last layer, that ELU changes nothing: near zero its slope is one. Nothing played is silence
exactly, for nothing has a bias.

Source: overlapping grains are granular synthesis; that EnCodec's layers can be made to sort
samples is our own.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn

from bot.starter.training.codec import units
from bot.starter.training.codec.decoder_inputs import (
    TAIL_KEEPS,
    WAVE_SCALE,
    Amounts,
    write_inputs,
)
from bot.starter.training.codec.grains import (
    BEFORE,
    GRAIN,
    HOP,
    Floats,
    in_half_precision,
    noise_grains,
    tone_grains,
)
from bot.starter.training.codec.oscillators import init_oscillators, turning

_STAGES = (3, 6, 9, 12)
_FIRST_CHANNELS = 128
_LOUDER = 512.0
_FINE = 2.0**-9
_TURN, _BEGIN = 1.02, 0.175
_OPEN, _SHUT = 9.0, -9.0
_COPY = 0.02
_NOISE_COPY = 0.02
_AT_ONCE = 8.0
_NOISE_HZ = 9.37, 17.77
MEMORY_SCALE = 2.0**-6
"""What a dimension's value is multiplied by in the LSTM's memory, where it is to stay linear."""

TONE_SHUT = -10.0
RELEASE_KEEPS = (0.75, 0.96, 0.96, 0.96, 0.96)
"""What is left of each voice's memory after a frame of silence: all but the bass are in a room."""

RATE_SCALE = 4.0
"""What the dimension that says how a note fades is multiplied by."""


@torch.no_grad()
def write_decoder(decoder: nn.Module, amounts: Amounts) -> None:
    """Write the whole decoder: its first layer, its LSTM, and the grains."""
    for parameter in decoder.parameters():
        parameter.zero_()
    layers = decoder.layers
    assert isinstance(layers, nn.ModuleList)
    write_inputs(layers[0].conv, amounts)
    _write_memory(layers[1].lstm, amounts)
    strength = _COPY * _turning_level()
    grains = np.zeros((units.WIDTH, GRAIN), np.float32)
    grains[units.GATED] = tone_grains(amounts.tone_gains) / (strength * _LOUDER)
    noise = noise_grains()
    grains[units.NOISE] = noise.reshape(-1, GRAIN) / (_noise_strength() * _LOUDER)
    # Gates that are neither open nor shut let half of all noises through: it is taken off again.
    for number in range(2):
        left = in_half_precision(grains[units.NOISE]).reshape(units.BANDS, units.NOISES, -1).sum(0)
        if number:
            left = left + in_half_precision(grains[units.REFERENCE])
        place = units.FINE if number else units.REFERENCE
        grains[place] = -left / (_FINE if number else 1)
    grains[units.WAVE, BEFORE : BEFORE + HOP] = amounts.wave_grains / (WAVE_SCALE * _LOUDER)
    _write_sorting(layers, grains)


def _write_memory(lstm: nn.LSTM, amounts: Amounts) -> None:
    gates = _Gates(nn.LSTM(lstm.hidden_size, lstm.hidden_size))
    _write_turning(gates)
    _write_tones(gates, amounts)
    _write_noise(gates, amounts)
    _write_memories(gates)
    for name, parameter in lstm.named_parameters():
        parameter.copy_(getattr(gates.lstm, name))


class _Gates:
    """The rows of an LSTM's weights by gate: `i`, `f`, `g` and `o` of some units."""

    def __init__(self, lstm: nn.LSTM) -> None:
        self.lstm = lstm
        for parameter in lstm.parameters():
            parameter.zero_()
        self.recurrent, self.inputs = lstm.weight_hh_l0, lstm.weight_ih_l0
        self.bias = lstm.bias_ih_l0

    def rows(self, gate: str, units_of: slice) -> slice:
        """Return the rows of a gate of some units."""
        first = "ifgo".index(gate) * self.lstm.hidden_size
        return slice(first + units_of.start, first + units_of.stop)


def _write_turning(gates: _Gates) -> None:
    """Let free pairs turn and gated ones copy them, both so little that tanh changes nothing."""
    init_oscillators(gates.lstm)
    gates.inputs.zero_()
    gates.lstm.bias_hh_l0.zero_()
    others = slice(units.GATED.stop, units.WIDTH)
    gates.recurrent[:, others] = 0
    for gate in "ifgo":
        gates.recurrent[gates.rows(gate, others)] = 0
        gates.bias[gates.rows(gate, others)] = 0
    copied = gates.recurrent[gates.rows("g", units.GATED)]
    copied *= _COPY / copied.abs().max()
    started = gates.rows("g", units.FREE)
    turned = gates.recurrent[started, units.FREE]
    turned *= _TURN / turned[:2, :2].norm() * math.sqrt(2)
    begun = _BEGIN / gates.bias[started].max()
    gates.bias[started] *= begun
    gates.recurrent[started, 0] *= begun


def _write_tones(gates: _Gates, amounts: Amounts) -> None:
    for gate, weights in (("i", amounts.tones), ("o", amounts.swells)):
        opened = torch.from_numpy(weights.T) / MEMORY_SCALE
        rows = gates.rows(gate, units.GATED)
        gates.recurrent[rows, units.VOICE] = opened.repeat_interleave(2, 0)
    each = torch.eye(len(amounts.rest)).repeat_interleave(2, 0)
    gates.inputs[gates.rows("i", units.GATED), units.TONE_INPUT] = each
    swelled = each * torch.from_numpy(amounts.swelled)
    gates.inputs[gates.rows("o", units.GATED), units.TONE_INPUT] = swelled
    gates.bias[gates.rows("i", units.GATED)] = TONE_SHUT
    rest = torch.from_numpy(amounts.rest).repeat_interleave(2)
    gates.bias[gates.rows("o", units.GATED)] = rest


def _write_noise(gates: _Gates, amounts: Amounts) -> None:
    heard = slice(units.NOISE.start, units.FINE.stop)
    gates.bias[gates.rows("o", heard)] = _OPEN
    gates.bias[gates.rows("f", heard)] = _SHUT
    mixture = torch.from_numpy(_mixtures())
    for place, copied in (
        (units.NOISE, mixture.repeat(units.BANDS, 1)),
        (units.REFERENCE, mixture),
        (units.FINE, _FINE * mixture),
    ):
        gates.recurrent[gates.rows("g", place), units.FREE] = copied
    # A sigmoid rises by a quarter: four times as much opens a gate as far as was asked for.
    rows = gates.rows("i", units.NOISE)
    opened = 4 * torch.from_numpy(amounts.tails.T) / MEMORY_SCALE
    gates.recurrent[rows, units.TAIL] = opened.repeat_interleave(units.NOISES, 0)
    gates.inputs[rows, units.HISS_INPUT] = 4 * torch.eye(units.BANDS).repeat_interleave(
        units.NOISES, 0
    )


def _write_memories(gates: _Gates) -> None:
    for voice, keep in enumerate(RELEASE_KEEPS):
        first = units.VOICE_INPUT.start + voice * (1 + units.PATTERN)
        start = units.VOICE.start + voice * units.PATTERN
        own = slice(start, start + units.PATTERN)
        pattern = slice(first + 1, first + 1 + units.PATTERN)
        gates.inputs[gates.rows("g", own), pattern] = MEMORY_SCALE * torch.eye(units.PATTERN)
        # The first unit is 0 at first and 1 from then on: what is held then is remembered at once.
        rows = gates.rows("i", own)
        gates.recurrent[rows, 0], gates.bias[rows] = -_AT_ONCE, _AT_ONCE
        # What is not kept is replaced: the input gate opens as far as the forget gate shuts.
        for gate, sign in (("f", 1), ("i", -1)):
            gates.inputs[gates.rows(gate, own), first] = sign * RATE_SCALE
            gates.bias[gates.rows(gate, own)] += sign * math.log(keep / (1 - keep))
    heard = MEMORY_SCALE * torch.eye(units.TAILS)
    gates.inputs[gates.rows("g", units.TAIL), list(units.TAIL_INPUT)] = heard
    kept = torch.tensor(TAIL_KEEPS)
    gates.bias[gates.rows("f", units.TAIL)] = torch.log(kept / (1 - kept))
    gates.bias[gates.rows("i", units.TAIL)] = _OPEN
    gates.bias[gates.rows("o", slice(units.VOICE.start, units.TAIL.stop))] = _OPEN


def _mixtures() -> Floats:
    """Return how much of each free unit the noise units copy: two pairs that turn much apart."""
    hz = np.array(turning().hz)
    made = np.zeros((units.NOISES, 2 * len(hz)), np.float32)
    for number, wanted in enumerate(_NOISE_HZ):
        pair = int(np.abs(hz - wanted).argmin())
        made[2 * number, 2 * pair] = made[2 * number + 1, 2 * pair + 1] = _NOISE_COPY
    return made


def _turning_level() -> float:
    """Return how far free units swing: where the gain of their turning is used up by tanh."""
    level = 0.2
    for _ in range(2000):
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        swung = np.tanh(np.tanh(_TURN * level * np.cos(angles)))
        level = float(2 * np.mean(swung * np.cos(angles)))
    return level


def _noise_strength() -> float:
    return _NOISE_COPY * _turning_level() * math.sqrt(units.NOISES / 2)


def _write_sorting(layers: nn.ModuleList, grains: Floats) -> None:
    channels = _FIRST_CHANNELS
    first = layers[_STAGES[0]].conv
    fifth = HOP // 5
    pieces = grains.reshape(units.WIDTH, GRAIN // fifth, fifth).transpose(0, 2, 1)
    first.weight[:, :channels] = torch.from_numpy(np.ascontiguousarray(pieces))
    for number in _STAGES[1:]:
        rise = layers[number]
        stride, left = rise.stride, rise.stride - rise.stride // 2
        after = channels // stride
        for channel in range(channels):
            place, goal = divmod(channel, after)
            rise.conv.weight[channel, goal, left + place] = 1
        channels = after
    last = layers[15].conv
    last.weight[0, 0, 0, last.weight.shape[3] // 2] = _LOUDER
