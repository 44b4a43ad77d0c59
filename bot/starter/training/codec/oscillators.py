"""An LSTM initialised as a bank of oscillators, so that a held note has its own pitch.

While a note is held its codes stay the same, and layers that see the same in every frame make the
same 640 samples again and again: a comb of multiples of 50 Hz, whatever the pitch. Only the LSTM
can tell one frame from the next. So part of it begins as pairs of units that turn by what a tone of
the tempered scale is ahead after a frame, whatever is played (the free ones); as many
pairs copy each tone's turning times a gate (the gated ones), and the gates can learn from the codes
which tones sound. What turns is not trained; all else is. Partials of a tempered note are close to
tempered tones themselves, so one bank serves all notes and their partials.

Source: the idea of sounding sinusoids of known frequency and learnt level is arXiv 2001.04643
(DDSP); that an LSTM's weights are written to turn is our own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

LOWEST, HIGHEST = 28, 112
"""The tones of the bank, as MIDI pitches: 41 Hz to 5.3 kHz."""

_CLOSEST_HZ, _CLOSEST_SHARE = 0.06, 0.25 / 400
_GAIN = 1.06
_KICK = 0.42
_COPY = 1.8
_OPEN, _SHUT = 9.0, -9.0
_QUIET_GATE = -3.0
_MEMORY_UNITS = 40
_REMEMBER = 2.0
_INPUT, _FORGET, _CELL, _OUTPUT = range(4)


@dataclass(frozen=True, slots=True)
class OscillatorBank:
    """The free pairs: how many Hz each turns, and which pair each tone takes, which way round."""

    hz: tuple[float, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def units(self) -> int:
        """Return the units of an LSTM that turn: the starter, the free and the gated ones."""
        return 1 + 2 * len(self.hz) + 2 * len(self.pairs)


def turning() -> OscillatorBank:
    """Return the pairs that every tone of the bank needs.

    Tones whose distance from a multiple of the frame rate is nearly the same share a pair.
    """
    found: list[float] = []
    pairs = []
    for pitch in range(LOWEST, HIGHEST + 1):
        hz = 440.0 * 2 ** ((pitch - 69) / 12)
        ahead = hz % FRAMES_PER_SECOND
        way = 1 if ahead <= FRAMES_PER_SECOND / 2 else -1
        wanted = ahead if way > 0 else FRAMES_PER_SECOND - ahead
        near = max(_CLOSEST_HZ, min(_CLOSEST_SHARE * hz, 0.25))
        same = [n for n, each in enumerate(found) if abs(each - wanted) <= near]
        if not same:
            same = [len(found)]
            found.append(wanted)
        pairs.append((min(same, key=lambda n: abs(found[n] - wanted)), way))
    return OscillatorBank(tuple(found), tuple(pairs))


def free_units() -> int:
    """Return how many of the first units turn whatever is played."""
    return 1 + 2 * len(turning().hz)


def gated_units() -> slice:
    """Return the units that turn as far as their gates are open: two for each tone."""
    bank = turning()
    return slice(free_units(), bank.units)


@torch.no_grad()
def init_oscillators(lstm: nn.LSTM) -> None:
    """Write the bank into the first units of an LSTM's only layer."""
    size, bank = lstm.hidden_size, turning()
    assert bank.units <= size, (bank.units, size)
    inner, outer = lstm.weight_hh_l0, lstm.weight_ih_l0
    bias, other = lstm.bias_ih_l0, lstm.bias_hh_l0

    def rows(gate: int, first: int, count: int) -> slice:
        return slice(gate * size + first, gate * size + first + count)

    for gate in range(4):
        taken = rows(gate, 0, bank.units)
        inner[taken] = 0
        outer[taken] = 0
        bias[taken] = 0
        other[taken] = 0
    inner[:, : bank.units] = 0
    # The first unit is 0 before the first frame and 1 soon after: it lets the others begin.
    bias[rows(_INPUT, 0, bank.units)] = _OPEN
    bias[rows(_OUTPUT, 0, bank.units)] = _OPEN
    bias[rows(_FORGET, 0, 1)] = _OPEN
    bias[rows(_FORGET, 1, bank.units - 1)] = _SHUT
    bias[rows(_CELL, 0, 1)] = _OPEN
    free = 1
    for number, hz in enumerate(bank.hz):
        angle = 2 * math.pi * hz / FRAMES_PER_SECOND
        unit = free + 2 * number
        row = _CELL * size + unit
        cosine, sine = _GAIN * math.cos(angle), _GAIN * math.sin(angle)
        inner[row, unit], inner[row, unit + 1] = cosine, -sine
        inner[row + 1, unit], inner[row + 1, unit + 1] = sine, cosine
        bias[row] = _KICK
        inner[row, 0] = -_KICK
    gated = free + 2 * len(bank.hz)
    for number, (pair, way) in enumerate(bank.pairs):
        row, unit = _CELL * size + gated + 2 * number, free + 2 * pair
        inner[row, unit] = _COPY
        inner[row + 1, unit + 1] = way * _COPY
    memory = memory_units()
    inner[:, memory.stop :] = 0
    for gate in range(4):
        silent = slice(gate * size + memory.stop, (gate + 1) * size)
        inner[silent], outer[silent], bias[silent], other[silent] = 0, 0, 0, 0
        held = slice(gate * size + memory.start, gate * size + memory.stop)
        spread = size**-0.5
        outer[held] = spread * torch.randn(_MEMORY_UNITS, outer.shape[1])
        inner[held] = 0
        inner[held, memory] = spread * torch.randn(_MEMORY_UNITS, _MEMORY_UNITS)
        bias[held], other[held] = (_REMEMBER if gate == _FORGET else 0.0), 0
    gates = rows(_INPUT, gated, 2 * len(bank.pairs))
    bias[gates] = _QUIET_GATE
    outer[gates] = 0.02 * torch.randn(2 * len(bank.pairs), outer.shape[1])


def memory_units() -> slice:
    """Return the units that the gates can learn from how long a note has been held."""
    first = turning().units + 1
    return slice(first, first + _MEMORY_UNITS)


def freeze_oscillators(lstm: nn.LSTM) -> None:
    """Let training leave alone what makes the LSTM turn, and what it is silent in.

    Of the gated units the gates are trained, by what is played and by what the memory makes of it.
    """
    size, gated, memory = lstm.hidden_size, gated_units(), memory_units()
    gates = slice(_INPUT * size + gated.start, _INPUT * size + gated.stop)
    kept = torch.zeros(4 * size)
    for gate in range(4):
        kept[gate * size + memory.start : gate * size + memory.stop] = 1
    kept[gates] = 1
    for name, parameter in lstm.named_parameters():
        mask = kept[:, None].expand_as(parameter).clone() if parameter.ndim == 2 else kept
        if name.startswith("weight_hh"):
            mask[:, : memory.start] = 0
            mask[:, memory.stop :] = 0
        parameter.register_hook(lambda gradient, mask=mask: gradient * mask.to(gradient.device))
