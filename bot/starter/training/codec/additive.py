"""Additive synthesis in the decoder: initially every gated oscillator sounds as its tone.

The LSTM's pairs of units turn by what a tone is ahead after a frame. Each layer that upsamples goes
on turning between its inputs at the tone's own frequency, and fades from one input to the next;
tones that are close share a pair of channels, the more the faster they are sampled, until one
channel has them all as sound. All activations on the way are lifted above zero, where ELU changes
nothing, and what the lift itself would sound like is taken off by a channel that is always one.

Only the gates of the synthesizer are trained; the other channels begin at random, or as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bot.starter.training.codec.oscillators import (
    HIGHEST,
    LOWEST,
    free_units,
    freeze_oscillators,
    gated_units,
    init_oscillators,
    memory_units,
    turning,
)
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

LOUDEST = 0.2
"""The amplitude of a tone whose gate is wide open."""

_COPIED = 0.53
_FIRST_GAIN = 0.5
_LIFT, _BAND_LIFT = 1.0, 2.0
# What a pair of channels may share, as a share of the rate that it is sampled at.
_SHARED = 0.1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two channels that hold cosine and sine of tones around a frequency."""

    cosine: int
    sine: int
    hz: float


def tones_hz() -> list[float]:
    """Return the frequencies of the bank's tones."""
    return [440.0 * 2 ** ((pitch - 69) / 12) for pitch in range(LOWEST, HIGHEST + 1)]


@torch.no_grad()
def init_synthesizer(decoder: nn.Module, pitched: slice) -> None:
    """Write the synthesizer into the first channels of every layer of EnCodec's decoder.

    `pitched` are the dimensions of the latent space that say which pitches are held. They reach the
    gates, frame by frame, by the channels of the free oscillators, which hear nothing.
    """
    layers = decoder.layers
    assert isinstance(layers, nn.ModuleList)
    first, memory = layers[0].conv, layers[1].lstm
    init_oscillators(memory)
    gated, one = gated_units(), turning().units
    for unit in range(one + 1):
        first.weight[unit], first.bias[unit] = 0, 0
    for number, dimension in enumerate(range(pitched.start, pitched.stop)):
        first.weight[1 + number, dimension, 0, first.weight.shape[3] // 2] = 1
    assert 1 + pitched.stop - pitched.start <= free_units()
    first.bias[gated] = _LIFT
    first.bias[one] = 1
    _silence(memory, one)
    pairs = [
        Pair(gated.start + 2 * n, gated.start + 2 * n + 1, hz) for n, hz in enumerate(tones_hz())
    ]
    # The free ones turn whether anything sounds or not, and what is remembered is for the gates.
    layers[3].conv.weight[: free_units()] = 0
    layers[3].conv.weight[memory_units()] = 0
    rate = float(FRAMES_PER_SECOND)
    lift, gain = _LIFT, _FIRST_GAIN
    for number in (3, 6, 9, 12):
        rise = layers[number]
        rate *= rise.stride
        is_last = number == 12
        shared = [0] * len(pairs) if is_last else _shared(pairs, _SHARED * rate)
        bands = _bands(pairs, shared)
        _carry(rise, pairs, bands, shared, rate, gain=gain, lift=lift, one=one)
        used = 2 * len(bands) + 1
        _pass_by(layers[number + 1], used)
        pairs, one, lift, gain = bands, used - 1, _BAND_LIFT, 1.0
    last = layers[15].conv
    scale = LOUDEST / (_FIRST_GAIN * _COPIED)
    last.weight[:, :3] = 0
    last.weight[0, 0, 0, last.weight.shape[3] // 2] = scale
    last.bias[0] = -scale * _BAND_LIFT


def _silence(memory: nn.LSTM, unit: int) -> None:
    for gate in range(4):
        row = gate * memory.hidden_size + unit
        for weight in (memory.weight_ih_l0, memory.weight_hh_l0):
            weight[row] = 0
        memory.bias_ih_l0[row], memory.bias_hh_l0[row] = 0, 0
    memory.weight_hh_l0[:, unit] = 0


def _shared(pairs: Sequence[Pair], width_hz: float) -> list[int]:
    """Return for each pair which band it goes to: neighbours within a width share one."""
    bands: list[int] = []
    begin = -math.inf
    number = -1
    for pair in pairs:
        if pair.hz - begin > width_hz:
            begin, number = pair.hz, number + 1
        bands.append(number)
    return bands


def _bands(pairs: Sequence[Pair], shared: Sequence[int]) -> list[Pair]:
    made = []
    for band in range(max(shared) + 1):
        members = [pair.hz for pair, each in zip(pairs, shared, strict=True) if each == band]
        made.append(Pair(2 * band, 2 * band + 1, (min(members) + max(members)) / 2))
    return made


def _carry(
    rise: nn.Module, pairs: Sequence[Pair], bands: Sequence[Pair], shared: Sequence[int],
    rate: float, *, gain: float, lift: float, one: int,
) -> None:  # fmt: skip
    """Let an upsampling layer go on turning from pairs to bands; `one` is the channel of ones."""
    conv, stride = rise.conv, rise.stride
    assert isinstance(conv, nn.ConvTranspose1d) and isinstance(stride, int)
    weight = conv.weight
    inputs = [one, *(channel for pair in pairs for channel in (pair.cosine, pair.sine))]
    used = 2 * len(bands) + 1
    weight[inputs] = 0
    weight[:, :used] = 0
    place = torch.arange(2 * stride, dtype=torch.float64)
    share = torch.where(place < stride, place + 0.5, 2 * stride - place - 0.5) / stride
    for pair, band in zip(pairs, shared, strict=True):
        angle = 2 * math.pi * pair.hz / rate * (place - (stride - 0.5))
        cosine = (gain * share * angle.cos()).float()
        sine = (gain * share * angle.sin()).float()
        goal = bands[band]
        weight[pair.cosine, goal.cosine] += cosine
        weight[pair.sine, goal.cosine] -= sine
        weight[pair.cosine, goal.sine] += sine
        weight[pair.sine, goal.sine] += cosine
    lifted = [channel for channel in inputs if channel != one]
    weight[one, : used - 1] = -lift * weight[lifted, : used - 1].sum(0)
    assert conv.bias is not None
    conv.bias[: used - 1] = _BAND_LIFT
    conv.bias[used - 1] = 1


def _pass_by(residual: nn.Module, used: int) -> None:
    """Let a residual block leave the first channels alone."""
    block = residual.block
    assert isinstance(block, nn.ModuleList)
    narrow, wide = block[1].conv, block[3].conv
    narrow.weight[:, :used] = 0
    wide.weight[:used], wide.bias[:used] = 0, 0


def freeze_synthesizer(decoder: nn.Module) -> None:
    """Let training leave the synthesizer as it is: all but its gates, and the other channels.

    What lifts the activations is taken off again by exact numbers: a little of everything changed
    is loud noise.
    """
    layers = decoder.layers
    assert isinstance(layers, nn.ModuleList)
    used = channels_used()
    first, memory, last = layers[0].conv, layers[1].lstm, layers[15].conv
    _keep(first.weight, rows=used[0])
    _keep(first.bias, rows=used[0])
    freeze_oscillators(memory)
    before = memory_units().stop
    for number in (3, 6, 9, 12):
        conv = layers[number].conv
        _keep(conv.weight, rows=before, columns=used[number])
        _keep(conv.bias, rows=used[number])
        block = layers[number + 1].block
        _keep(block[1].conv.weight, columns=used[number])
        _keep(block[3].conv.weight, rows=used[number])
        _keep(block[3].conv.bias, rows=used[number])
        before = used[number]
    _keep(last.weight, columns=before)
    _keep(last.bias, rows=1)


def _keep(parameter: Tensor, *, rows: int = 0, columns: int = 0) -> None:
    """Let the first rows and columns of a parameter have no gradient."""
    mask = torch.ones_like(parameter)
    mask[:rows] = 0
    if columns:
        mask[:, :columns] = 0
    parameter.register_hook(lambda gradient: gradient * mask.to(gradient.device))


def channels_used() -> dict[int, int]:
    """Return how many channels of each layer's output the synthesizer takes, by layer."""
    pairs: list[Pair] = [Pair(0, 0, hz) for hz in tones_hz()]
    rate, found = float(FRAMES_PER_SECOND), {0: turning().units + 1}
    for number, stride in ((3, 5), (6, 4), (9, 4)):
        rate *= stride
        shared = _shared(pairs, _SHARED * rate)
        pairs = _bands(pairs, shared)
        found[number] = 2 * len(pairs) + 1
    found[12] = 3
    return found


def gate_scores(decoder: nn.Module, states: Tensor) -> Tensor:
    """Return what the gates of all tones are before their sigmoid, [batch, frames, tones].

    `states` [batch, frames, hidden] are what the decoder is given.
    """
    layers = decoder.layers
    assert isinstance(layers, nn.ModuleList)
    lstm, gates = layers[1].lstm, gated_units()
    heard = layers[0](states.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
    bias = lstm.bias_ih_l0[gates] + lstm.bias_hh_l0[gates]
    both = nn.functional.linear(heard, lstm.weight_ih_l0[gates], bias)
    return both.unflatten(2, (len(tones_hz()), 2)).mean(3)
