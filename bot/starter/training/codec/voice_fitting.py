"""Which vectors of the pitched codebooks open which gates: the factors of each, polished together.

Gates add up what all voices ask for as logits, which is too loud wherever partials meet, and what
keys say helps. So what was found for each codebook alone is polished on frames of pieces, all
voices together, by gradient descent on codes: no sound is made, and it takes a minute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.starter.composer.reverb import DECAY_SECONDS
from bot.starter.training.codec import units
from bot.starter.training.codec.grain_decoder import RATE_SCALE, RELEASE_KEEPS, TONE_SHUT
from bot.starter.training.codec.voice_factors import Factors, factorise_noise
from bot.starter.training.codec.voice_frames import REMEMBERED_FRAMES
from bot.starter.training.codec.voice_measuring import TONES, Fading, Reals
from bot.starter.training.data.codebooks import (
    BASS,
    CHORDS,
    CODES,
    FRAMES_PER_SECOND,
    LEAD,
    PITCHED,
    Pitched,
)
from bot.starter.training.data.mixing import WETNESS

Floats = NDArray[np.float32]

KINDS = (BASS, CHORDS[0], LEAD)
_VOICE_KINDS = (0, 1, 1, 1, 2)
_ALONE = ((0,), (1, 2, 3), (4,), (4,))

_BATCH, _ALONE_ROWS, _ANY_ROWS = 256, 16, 96
_LONGEST_AGE, _LET_GO, _QUIET, _PLAYED = 100, 0.25, 1e-3, 4e-3
_TONES_OF_BAND, _BALANCE = 6, 2.0
_SWELLS, _REST, _LOW_TONES = (0.3, 0.02, 0.35), -1.0, 20
_BEGUN_LOGIT, _RELEASE_SECONDS = -6.0, 0.1
_WETNESS = (WETNESS["bass"], WETNESS["chords"], WETNESS["lead"])


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """The vectors of all pitched codes by kind, and what the decoder makes of them, by voice."""

    vectors: Mapping[int, Floats]
    tones: Floats
    swells: Floats
    rest: Floats
    holds: Floats
    swelled: Floats
    noise: Floats
    gains: Floats


class VoicePolish:
    """The vectors and weights of all voices together, as PyTorch trains them."""

    def __init__(
        self,
        fading: Sequence[Fading],
        factors: Sequence[Factors],
        gains: Reals,
        keys: Sequence[Floats],
    ) -> None:
        """Begin with what was fitted for each kind; `keys` are [codes, key dimensions]."""
        self.keys = [torch.from_numpy(each) for each in keys]
        shape = units.PATTERN + units.KEY_DIMENSIONS, TONES
        self.holds = [torch.zeros(shape, requires_grad=True) for _ in keys]
        self.swelled = torch.zeros(TONES, requires_grad=True)
        self.keeps = [_tensor(each.keeps) for each in fading]
        self.logits = [(_tensor(each.begun), _tensor(each.faded)) for each in fading]
        self.vectors = [_tensor(each.vectors).requires_grad_() for each in factors]
        self.tones = [_tensor(each.tones).requires_grad_() for each in factors]
        pairs = zip(factors, _SWELLS, strict=True)
        self.swells = [_tensor(share * each.tones).requires_grad_() for each, share in pairs]
        self.gains = _tensor(gains)
        self.louder = torch.zeros(TONES, requires_grad=True)
        self.rest = torch.full((TONES,), _REST)
        self.rest[:_LOW_TONES] = -_REST
        self.rest.requires_grad_()

    def train(self, frames: NDArray[np.int64], steps: int) -> float:
        """Take some steps, and return the last one's loss."""
        rates = {
            8e-3: [*self.vectors, *self.tones, *self.swells, *self.holds],
            4e-3: [self.louder],
            1e-2: [self.rest, self.swelled],
        }
        groups = [{"params": each, "lr": rate, "full": rate} for rate, each in rates.items()]
        optimizer = torch.optim.Adam(groups, betas=(0.9, 0.98))
        random = torch.Generator().manual_seed(0)
        told, loss = torch.from_numpy(frames), torch.zeros(())
        for step in range(steps):
            share = min(1.0, (step + 1) / 30)
            share *= 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = group["full"] * share
            rows = told[torch.randint(len(told), (_BATCH,), generator=random)]
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
        wanted, made = self._sounded(rows, plays)
        wrong = (torch.log(made + _QUIET) - torch.log(wanted + _QUIET)).abs()
        loud = 0.15 + 0.9 * (wanted > _PLAYED) + 3 * wanted.clamp(max=0.7)
        loss = 0.6 * (wrong * loud).sum(1).mean()
        bands = [_in_bands(each) for each in (made, wanted)]
        share = (bands[1] / (bands[1].sum(1, keepdim=True) + 1e-6)).sqrt()
        uneven = (torch.log(bands[0] + 1e-5) - torch.log(bands[1] + 1e-5)).abs()
        loss = loss + 0.6 * (uneven * (0.3 + 2 * share)).sum(1).mean()
        # The median of levels may be right and their sum too low.
        for some in (slice(0, single.stop), slice(single.stop, None)):
            sums = [each[some].sum(0) + 1e-4 for each in bands]
            share = (sums[1] / sums[1].sum()).sqrt()
            loss = loss + _BALANCE * (share * (sums[0] / sums[1]).log().abs()).sum()
        leaked = (made * (wanted < _QUIET)).square().sum() / wanted.square().sum()
        return loss + 2 * leaked

    def _any_notes(self, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return frames in which one voice plays any of its notes, and which voice that is."""
        share = torch.rand(_ANY_ROWS, 4, generator=random)
        voices = (share[:, 0] * units.VOICES).long()
        counts = torch.tensor([len(self.keeps[kind]) for kind in _VOICE_KINDS])[voices]
        age = (_LONGEST_AGE ** share[:, 2] - 1).round().long()
        gone = ((share[:, 3] / _LET_GO).clamp(max=1) * REMEMBERED_FRAMES).round().long()
        note = torch.stack([(share[:, 1] * counts).long(), age, REMEMBERED_FRAMES - gone], 1)
        plays = torch.nn.functional.one_hot(voices, units.VOICES)
        return note[:, None].expand(-1, units.VOICES, -1), plays.float()

    def _sounded(self, rows: Tensor, plays: Tensor) -> tuple[Tensor, Tensor]:
        """Return wanted and made levels of tones."""
        power = torch.zeros(len(rows), TONES)
        opened, swelled, held = torch.full_like(power, TONE_SHUT), self.rest, 0 * power
        for voice, kind in enumerate(_VOICE_KINDS):
            state, age, gone = rows[:, voice].unbind(1)
            on = ((state >= 0) * plays[:, voice])[:, None]
            layout = PITCHED[KINDS[kind]]
            state = state.clamp(min=0, max=layout.states - 1)
            left = (self.keeps[kind][state] ** age)[:, None]
            logits = _mixed(self.logits[kind], state, left)
            dying = on * _left_to_hear(gone, kind)[:, None]
            heard = self.gains * logits.sigmoid() * (logits > -8)
            power = power + (dying * heard).square()
            count = len(self.keeps[kind])
            vectors = self.vectors[kind]
            memory = on * _mixed((vectors[:count], vectors[count:]), state, left)
            memory = memory * (RELEASE_KEEPS[voice] ** gone)[:, None]
            opened = opened + memory @ self.tones[kind]
            swelled = swelled + memory @ self.swells[kind]
            stage = torch.bucketize(age.contiguous(), torch.tensor(layout.ages), right=True) - 1
            key = self.keys[kind][1 + state * len(layout.ages) + stage]
            read = torch.cat([vectors[state + count * (stage > 0)], key], 1)
            held = held + (on * (gone == 0)[:, None] * read) @ self.holds[kind]
        opened, swelled = opened + held, swelled + self.swelled * held
        made = self.gains * self.louder.exp() * opened.sigmoid() * swelled.sigmoid()
        return power.sqrt(), made

    def result(self, noise: Sequence[Reals]) -> VoiceFit:
        """Return what was fitted, each dimension of a pattern as large as any other.

        `noise` are the levels [states, stages, bands] of each kind.
        """
        vectors, parts, holds, hisses = {}, [], [], []
        for kind, book in enumerate(KINDS):
            own = self.vectors[kind].detach().numpy()
            size = np.sqrt(np.square(own).mean(0))
            shares, spectra = factorise_noise(noise[kind].reshape(-1, units.BANDS))
            keeps = self.keeps[kind].numpy()
            vectors[book] = _table(PITCHED[book], own / size, keeps, shares, RELEASE_KEEPS[kind])
            weights = (self.tones, self.swells)
            parts.append([each[kind].detach().numpy() * size[:, None] for each in weights])
            sizes = np.concatenate([size, np.ones(units.KEY_DIMENSIONS, np.float32)])
            holds.append(self.holds[kind].detach().numpy() * sizes[:, None])
            hisses.append(spectra)
        tones, swells = (
            np.concatenate([parts[kind][n] for kind in _VOICE_KINDS]) for n in range(2)
        )
        return VoiceFit(
            vectors=vectors,
            tones=tones,
            swells=swells,
            rest=self.rest.detach().numpy(),
            holds=np.stack([holds[kind] for kind in _VOICE_KINDS]),
            swelled=self.swelled.detach().numpy(),
            noise=np.stack([hisses[kind] for kind in _VOICE_KINDS]).astype(np.float32),
            gains=(self.gains * self.louder.exp()).detach().numpy(),
        )


def _left_to_hear(gone: Tensor, kind: int) -> Tensor:
    """Return what is heard of a note some frames after it was let go: its end, and the room."""
    time = gone / FRAMES_PER_SECOND
    fading = (time / _RELEASE_SECONDS).clamp(max=1)
    dry = torch.exp(-5 * fading) * (1 - fading)
    room = _WETNESS[kind] * torch.exp(-time / DECAY_SECONDS)
    return torch.where(gone > 0, torch.maximum(dry, room), 1.0)


def _mixed(ends: tuple[Tensor, Tensor], state: Tensor, left: Tensor) -> Tensor:
    """Return what lies between what notes begin with and what they fade to."""
    return left * ends[0][state] + (1 - left) * ends[1][state]


def _in_bands(levels: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(levels.square(), (0, -TONES % _TONES_OF_BAND))
    return padded.unflatten(1, (-1, _TONES_OF_BAND)).sum(2)


def _table(
    layout: Pitched, patterns: Floats, keeps: Floats, hisses: Reals, release: float
) -> Floats:
    """Return the vectors of all codes: how the note fades, its tones, its noise."""
    table = np.zeros((CODES, units.STEM_DIMENSIONS), np.float32)
    stages = len(layout.ages)
    for state in range(layout.states):
        for stage in range(stages):
            row = table[layout.code(state, stage)]
            kept = float(keeps[state])
            logit = _BEGUN_LOGIT if stage == 0 else math.log(kept / (1 - kept))
            row[0] = (logit - math.log(release / (1 - release))) / RATE_SCALE
            pattern = patterns[state if stage == 0 else layout.states + state]
            row[1 : 1 + units.PATTERN] = pattern
            row[1 + units.PATTERN :] = hisses[state * stages + stage]
    return table


def _tensor(values: Reals) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))
