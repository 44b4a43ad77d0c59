"""Which vectors of the pitched codebooks open which gates: the factors of each, polished together.

Gates add up what all voices ask for as logits, which is too loud wherever partials meet, and what
keys say helps. So what was found for each codebook alone is polished on frames of pieces, all
voices together, by gradient descent on codes: no sound is made, and it takes minutes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.starter.composer.reverb import DECAY_SECONDS
from bot.starter.training.codec import units
from bot.starter.training.codec.grain_decoder import RELEASE_KEEPS, TONE_SHUT
from bot.starter.training.codec.latent_layout import KEY_DIMENSIONS, SPECTRUM
from bot.starter.training.codec.voice_factors import Factors
from bot.starter.training.codec.voice_frames import REMEMBERED_FRAMES
from bot.starter.training.codec.voice_measuring import AGES, TONES, Reals
from bot.starter.training.data.codebooks import (
    BASS,
    CHORDS,
    FRAMES_PER_SECOND,
    LEAD,
    PITCHED,
)
from bot.starter.training.data.mixing import WETNESS

Floats = NDArray[np.float32]

KINDS = (BASS, CHORDS[0], LEAD)
VOICE_KINDS = (0, 1, 1, 1, 2)
"""Which of the kinds each voice plays."""

_ALONE = ((0,), (1, 2, 3), (4,), (4,))

_BATCH, _ALONE_ROWS, _ANY_ROWS = 256, 16, 96
# Single notes get ages up to this, evenly on a logarithmic scale: an attack changes fastest.
_LONGEST_AGE_FRAMES = 100
# So many single notes are let go already: releases have to sound right too.
_RELEASED_SHARE = 0.25
# Added to levels before their logarithm: differences between inaudible levels should not count.
_QUIET_LEVEL = 1e-3
# A tone above this level is heard, and its error counts for more.
_HEARD_LEVEL = 4e-3
_TONES_PER_BAND = 6
# What the error of a whole batch's sums counts for, beside that of each frame.
_SUMS_WEIGHT = 2.0
# Of each kind, the first weights of the gate for swelling, as a share of those for opening.
_SWELL_SHARES = (0.3, 0.02, 0.35)
# Where the gate for swelling rests at first: mostly shut, but open for the lowest tones.
_REST_LOGIT = -1.0
_LOW_TONES = 20
_FIRST_SPECTRA_DEVIATION = 0.3
# A note's state keeps at most 0.995 of what is left of it after each frame.
_SLOWEST_LOGIT = 5.3
_RELEASE_SECONDS = 0.1
_WETNESS = (WETNESS["bass"], WETNESS["chords"], WETNESS["lead"])


class VoicePolish:
    """The vectors and weights of all voices together, as PyTorch trains them."""

    def __init__(
        self,
        levels: Sequence[Reals],
        keeps: Sequence[Reals],
        factors: Sequence[Factors],
        gains: Reals,
        keys: Sequence[Floats],
    ) -> None:
        """Begin with what was fitted for each kind.

        `levels` [states, ages, tones] are what is to be heard, `keeps` [states] how notes fade, and
        `keys` are [codes, key dimensions].
        """
        random = torch.Generator().manual_seed(1)
        self.keys = [torch.from_numpy(each) for each in keys]
        shape = units.PATTERN + KEY_DIMENSIONS, TONES
        self.holds = [torch.zeros(shape, requires_grad=True) for _ in keys]
        self.swelled = torch.zeros(TONES, requires_grad=True)
        self.levels = [_tensor(each) for each in levels]
        self.rates = [torch.logit(_tensor(each)).requires_grad_() for each in keeps]
        self.vectors = [_tensor(each.vectors).requires_grad_() for each in factors]
        self.spectra = [
            (
                _FIRST_SPECTRA_DEVIATION * torch.randn(len(each), SPECTRUM, generator=random)
            ).requires_grad_()
            for each in self.vectors
        ]
        self.spectrum = torch.zeros(SPECTRUM, TONES, requires_grad=True)
        self.tones = [_tensor(each.tones).requires_grad_() for each in factors]
        pairs = zip(factors, _SWELL_SHARES, strict=True)
        self.swells = [_tensor(share * each.tones).requires_grad_() for each, share in pairs]
        self.gains = _tensor(gains)
        self.louder = torch.zeros(TONES, requires_grad=True)
        self.rest = torch.full((TONES,), _REST_LOGIT)
        self.rest[:_LOW_TONES] = -_REST_LOGIT
        self.rest.requires_grad_()

    def train(self, frames: NDArray[np.int64], steps: int) -> float:
        """Take some steps, and return the last one's loss."""
        rates = {
            2e-2: [
                *(*self.vectors, *self.tones, *self.swells, *self.holds),
                *(*self.spectra, self.spectrum),
            ],
            4e-3: [self.louder],
            1e-2: [self.rest, self.swelled, *self.rates],
        }
        groups = [{"params": each, "lr": rate, "full": rate} for rate, each in rates.items()]
        optimizer = torch.optim.Adam(groups, betas=(0.9, 0.98))
        random = torch.Generator().manual_seed(0)
        inputs, loss = torch.from_numpy(frames), torch.zeros(())
        for step in range(steps):
            share = min(1.0, (step + 1) / 30)
            share *= 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = group["full"] * share
            rows = inputs[torch.randint(len(inputs), (_BATCH,), generator=random)]
            loss = self.loss(rows, random)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    def loss(self, rows: Tensor, random: torch.Generator) -> Tensor:
        """Return how wrong frames [frames, books, 3] are, some of them replaced by single notes."""
        rows = rows.clone()
        plays = torch.ones(len(rows), units.VOICES)
        for number, voices in enumerate(_ALONE):
            few = plays[number * _ALONE_ROWS : (number + 1) * _ALONE_ROWS]
            few.zero_()
            few[:, list(voices)] = 1
        # What is rarely played has to sound right too.
        single = slice(len(_ALONE) * _ALONE_ROWS, len(_ALONE) * _ALONE_ROWS + _ANY_ROWS)
        rows[single], plays[single] = self._any_notes(random)
        wanted, made = self.sounded(rows, plays)
        wrong = (torch.log(made + _QUIET_LEVEL) - torch.log(wanted + _QUIET_LEVEL)).abs()
        loud = 0.15 + 0.9 * (wanted > _HEARD_LEVEL) + 3 * wanted.clamp(max=0.7)
        loss = 0.6 * (wrong * loud).sum(1).mean()
        bands = [_in_bands(each) for each in (made, wanted)]
        share = (bands[1] / (bands[1].sum(1, keepdim=True) + 1e-6)).sqrt()
        uneven = (torch.log(bands[0] + 1e-5) - torch.log(bands[1] + 1e-5)).abs()
        loss = loss + 0.6 * (uneven * (0.3 + 2 * share)).sum(1).mean()
        # The median of levels may be right and their sum too low.
        for some in (slice(0, single.stop), slice(single.stop, None)):
            sums = [each[some].sum(0) + 1e-4 for each in bands]
            share = (sums[1] / sums[1].sum()).sqrt()
            loss = loss + _SUMS_WEIGHT * (share * (sums[0] / sums[1]).log().abs()).sum()
        leaked = (made * (wanted < _QUIET_LEVEL)).square().sum() / wanted.square().sum()
        return loss + 2 * leaked

    def _any_notes(self, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return frames in which one voice plays any of its notes, and which voice that is."""
        share = torch.rand(_ANY_ROWS, 4, generator=random)
        voices = (share[:, 0] * units.VOICES).long()
        counts = torch.tensor([len(self.rates[kind]) for kind in VOICE_KINDS])[voices]
        age = (_LONGEST_AGE_FRAMES ** share[:, 2] - 1).round().long()
        gone = ((share[:, 3] / _RELEASED_SHARE).clamp(max=1) * REMEMBERED_FRAMES).round().long()
        note = torch.stack([(share[:, 1] * counts).long(), age, REMEMBERED_FRAMES - gone], 1)
        plays = torch.nn.functional.one_hot(voices, units.VOICES)
        return note[:, None].expand(-1, units.VOICES, -1), plays.float()

    def keeps(self, kind: int) -> Floats:
        """Return what is left of each state's fading after a frame."""
        kept: Floats = self.rates[kind].detach().clamp(max=_SLOWEST_LOGIT).sigmoid().numpy()
        return kept

    def sounded(self, rows: Tensor, plays: Tensor) -> tuple[Tensor, Tensor]:
        """Return wanted and made levels [frames, tones] of frames [frames, voices, 3].

        `plays` [frames, voices] is 1 for voices that are heard and 0 for others.
        """
        power = torch.zeros(len(rows), TONES)
        opened, swelled, held = torch.full_like(power, TONE_SHUT), self.rest, 0 * power
        for voice, kind in enumerate(VOICE_KINDS):
            state, age, gone = rows[:, voice].unbind(1)
            on = ((state >= 0) * plays[:, voice])[:, None]
            layout = PITCHED[KINDS[kind]]
            state = state.clamp(min=0, max=layout.states - 1)
            dying = on * _left_to_hear(gone, kind)[:, None]
            power = power + (dying * _level(self.levels[kind], state, age)).square()
            vectors, count = self.vectors[kind], len(self.rates[kind])
            left = (self.rates[kind][state].clamp(max=_SLOWEST_LOGIT).sigmoid() ** age)[:, None]
            memory = left * vectors[state] + (1 - left) * vectors[state + count]
            memory = on * memory * (RELEASE_KEEPS[voice] ** gone)[:, None]
            opened = opened + memory @ self.tones[kind]
            swelled = swelled + memory @ self.swells[kind]
            stage = torch.bucketize(age.contiguous(), torch.tensor(layout.ages), right=True) - 1
            key = self.keys[kind][1 + state * len(layout.ages) + stage]
            struck_or_held = state + count * (stage > 0)
            read = torch.cat([vectors[struck_or_held], key], 1) @ self.holds[kind]
            read = read + self.spectra[kind][struck_or_held] @ self.spectrum
            held = held + on * (gone == 0)[:, None] * read
        opened, swelled = opened + held, swelled + self.swelled * held
        made = self.gains * self.louder.exp() * opened.sigmoid() * swelled.sigmoid()
        return power.sqrt(), made


def _level(levels: Tensor, state: Tensor, age: Tensor) -> Tensor:
    """Return the levels [frames, tones] that lie between those measured at some ages."""
    ages = torch.log1p(torch.from_numpy(AGES).float())
    place = torch.log1p(age.float())
    first = (torch.bucketize(place, ages, right=True) - 1).clamp(0, len(ages) - 2)
    share = ((place - ages[first]) / (ages[first + 1] - ages[first])).clamp(0, 1)[:, None]
    return (1 - share) * levels[state, first] + share * levels[state, first + 1]


def _left_to_hear(gone: Tensor, kind: int) -> Tensor:
    """Return what is heard of a note some frames after it was let go: its end, and the room."""
    time = gone / FRAMES_PER_SECOND
    fading = (time / _RELEASE_SECONDS).clamp(max=1)
    dry = torch.exp(-5 * fading) * (1 - fading)
    room = _WETNESS[kind] * torch.exp(-time / DECAY_SECONDS)
    return torch.where(gone > 0, torch.maximum(dry, room), 1.0)


def _in_bands(levels: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(levels.square(), (0, -TONES % _TONES_PER_BAND))
    return padded.unflatten(1, (-1, _TONES_PER_BAND)).sum(2)


def _tensor(values: Reals) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))
