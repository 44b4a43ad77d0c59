"""Which vectors of the pitched codebooks open which gates, by matrix factors of measured levels.

The levels of all codes are one matrix, which is to be a product of vectors and the decoder's
weights; tones that nobody plays may be anything that is not heard. Alternating least squares finds
it for each codebook alone. But gates add up what all voices ask for as logits, which is too loud
wherever partials meet. So the product is polished on frames of pieces, all voices together, by
gradient descent on codes: no sound is made, and it takes half a minute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.starter.composer.compose import compose
from bot.starter.training.codec import units
from bot.starter.training.codec.grain_decoder import RATE_SCALE, RELEASE, TONE_SHUT
from bot.starter.training.codec.voice_measuring import TONES, Fading, Reals
from bot.starter.training.data.codebooks import BASS, CHORDS, CODES, LEAD, PITCHED, Pitched
from bot.starter.training.data.encoding import encode_piece

Floats = NDArray[np.float32]

KINDS = (BASS, CHORDS[0], LEAD)
_VOICE_KINDS = (0, 1, 1, 1, 2)
_ALONE = ((0,), (1, 2, 3), (4,), (4,))

_SECONDS, _FRAMES, _FRAMES_A_PIECE = 8.0, 400, 60
_BATCH, _ALONE_ROWS = 256, 32
_QUIET, _QUIET_NOISE = 2e-3, 4e-4
_PLAYED = 4e-3
_TONES_OF_BAND = 6
_NOISE_SHARE = 0.15
_SWELLS, _REST, _LOW_TONES = (0.3, 0.02, 0.35), -1.0, 20
_BEGUN_LOGIT = -6.0
_STAGE_MARK = 0.02


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """The vectors of all pitched codes by kind, and what the decoder makes of them, by voice."""

    vectors: Mapping[int, Floats]
    tones: Floats
    swells: Floats
    rest: Floats
    noise: Floats
    gains: Floats


@dataclass(frozen=True, slots=True)
class _Factors:
    """Vectors [2 * states, pattern], and the weights [pattern, ...] of tones and noise."""

    vectors: Reals
    tones: Reals
    noise: Reals


def factorise(fading: Fading, steps: int = 10) -> _Factors:
    """Return vectors and weights of one codebook alone, by alternating weighted least squares."""
    logits = np.concatenate([fading.begun, fading.faded]) - TONE_SHUT
    noise = np.concatenate([fading.begun_noise, fading.faded_noise])
    goal = np.concatenate([logits, noise], 1)
    heard = logits > 1.5
    share = 0.1 + 1 / (1 + np.exp(-(logits + TONE_SHUT)))
    scale = np.repeat((1.0, 30.0), (TONES, units.BANDS))
    left, sizes, right = np.linalg.svd(goal * scale, full_matrices=False)
    roots = np.sqrt(sizes[: units.PATTERN])
    vectors, weights = left[:, : units.PATTERN] * roots, right[: units.PATTERN] * roots[:, None]
    weights = weights / scale
    counts = np.concatenate([np.zeros_like(logits), 0.02 / np.square(noise + 1.5e-3)], 1)
    wanted = goal.copy()
    ridge = np.eye(units.PATTERN)
    for step in range(2 * steps):
        made = (vectors @ weights)[:, :TONES]
        wanted[:, :TONES] = np.where(heard, logits, np.clip(made, -0.8, 2.3))
        leaks = np.where(made > 2.3, 0.12, np.where(made < -0.8, 0.04, 0.004))
        counts[:, :TONES] = np.where(heard, share, leaks)
        if step % 2 == 0:
            square = np.einsum("rt,dt,et->rde", counts, weights, weights, optimize=True)
            right_side = (counts * wanted) @ weights.T
            vectors = np.linalg.solve(square + 1e-3 * ridge, right_side[..., None])[..., 0]
        else:
            square = np.einsum("rt,rd,re->tde", counts, vectors, vectors, optimize=True)
            right_side = (counts * wanted).T @ vectors
            weights = np.linalg.solve(square + 1e-2 * ridge, right_side[..., None])[..., 0].T
    return _Factors(vectors, weights[:, :TONES], weights[:, TONES:])


def played_frames(pieces: int, first_seed: int) -> NDArray[np.int64]:
    """Return what pitched books hold in frames of pieces, [frames, books, 2]: state and age.

    The state is -1 where nothing is held.
    """
    rows = []
    for seed in range(first_seed, first_seed + pieces):
        codes = encode_piece(compose(seed, seconds=_SECONDS), _FRAMES)
        held = np.stack([_held(codes[book], layout) for book, layout in PITCHED.items()])
        chosen = np.random.default_rng(seed).choice(_FRAMES, _FRAMES_A_PIECE, replace=False)
        rows.append(held[:, chosen].transpose(1, 0, 2))
    return np.concatenate(rows)


def _held(row: NDArray[np.int16], layout: Pitched) -> NDArray[np.int64]:
    stages, age = len(layout.ages), 0
    found = np.full((len(row), 2), -1, np.int64)
    for frame, code in enumerate(row):
        meaning = layout.meaning(int(code))
        if meaning is not None:
            state, stage = divmod(int(code) - 1, stages)
            age = 0 if stage == 0 else age + 1
            found[frame] = state, age
    return found


class VoicePolish:
    """The vectors and weights of all voices together, as PyTorch trains them."""

    def __init__(self, fading: Sequence[Fading], factors: Sequence[_Factors], gains: Reals) -> None:
        self.keeps = [_tensor(each.keeps) for each in fading]
        self.logits = [(_tensor(each.begun), _tensor(each.faded)) for each in fading]
        self.levels = [(_tensor(each.begun_noise), _tensor(each.faded_noise)) for each in fading]
        self.vectors = [_tensor(each.vectors).requires_grad_() for each in factors]
        self.tones = [_tensor(each.tones).requires_grad_() for each in factors]
        self.noise = [_tensor(each.noise).requires_grad_() for each in factors]
        pairs = zip(factors, _SWELLS, strict=True)
        self.swells = [_tensor(share * each.tones).requires_grad_() for each, share in pairs]
        self.gains = _tensor(gains)
        self.louder = torch.zeros(TONES, requires_grad=True)
        self.rest = torch.full((TONES,), _REST)
        self.rest[:_LOW_TONES] = -_REST
        self.rest.requires_grad_()

    def train(self, frames: NDArray[np.int64], steps: int) -> float:
        """Take some steps, and return the last one's loss."""
        rates = {8e-3: [*self.vectors, *self.tones, *self.swells], 1e-3: self.noise,
                 4e-3: [self.louder], 1e-2: [self.rest]}  # fmt: skip
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
            loss = self._loss(rows)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    def _loss(self, rows: Tensor) -> Tensor:
        plays = torch.ones(_BATCH, units.VOICES)
        for number, voices in enumerate(_ALONE):
            few = plays[number * _ALONE_ROWS : (number + 1) * _ALONE_ROWS]
            few.zero_()
            few[:, list(voices)] = 1
        wanted, noise, made, made_noise = self._sounded(rows, plays)
        wrong = (torch.log(made + _QUIET) - torch.log(wanted + _QUIET)).abs()
        loud = 0.15 + 0.9 * (wanted > _PLAYED) + 3 * wanted.clamp(max=0.7)
        loss = 0.6 * (wrong * loud).sum(1).mean()
        bands = [_in_bands(each) for each in (made, wanted)]
        share = (bands[1] / (bands[1].sum(1, keepdim=True) + 1e-6)).sqrt()
        uneven = (torch.log(bands[0] + 1e-5) - torch.log(bands[1] + 1e-5)).abs()
        loss = loss + 0.6 * (uneven * (0.3 + 2 * share)).sum(1).mean()
        leaked = (made * (wanted < _QUIET)).square().sum() / wanted.square().sum()
        floor = _QUIET_NOISE
        hiss = (torch.log(made_noise.abs() + floor) - torch.log(noise + floor)).abs()
        return loss + 2 * leaked + _NOISE_SHARE * hiss.sum(1).mean()

    def _sounded(self, rows: Tensor, plays: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return wanted and made levels of tones and of noise."""
        power, noise = torch.zeros(len(rows), TONES), torch.zeros(len(rows), units.BANDS)
        opened, swelled, hissed = torch.full_like(power, TONE_SHUT), self.rest, noise
        for voice, kind in enumerate(_VOICE_KINDS):
            state, age = rows[:, voice, 0], rows[:, voice, 1]
            on = ((state >= 0) * plays[:, voice])[:, None]
            state = state.clamp(min=0)
            left = (self.keeps[kind][state] ** age.clamp(min=0))[:, None]
            logits = _mixed(self.logits[kind], state, left)
            power = power + on * (self.gains * logits.sigmoid() * (logits > -8)).square()
            noise = noise + on * _mixed(self.levels[kind], state, left).square()
            count = len(self.keeps[kind])
            vectors = self.vectors[kind]
            memory = on * _mixed((vectors[:count], vectors[count:]), state, left)
            opened = opened + memory @ self.tones[kind]
            swelled = swelled + memory @ self.swells[kind]
            hissed = hissed + memory @ self.noise[kind]
        made = self.gains * self.louder.exp() * opened.sigmoid() * swelled.sigmoid()
        return power.sqrt(), noise.sqrt(), made, (4 * hissed).sigmoid() - 0.5

    def result(self) -> VoiceFit:
        """Return what was fitted, each dimension of a vector as large as any other."""
        vectors, parts = {}, []
        for kind, book in enumerate(KINDS):
            own = self.vectors[kind].detach().numpy()
            size = np.sqrt(np.square(own).mean(0))
            vectors[book] = _table(PITCHED[book], own / size, self.keeps[kind].numpy())
            weights = (self.tones, self.swells, self.noise)
            parts.append([each[kind].detach().numpy() * size[:, None] for each in weights])
        tones, swells, noise = (
            np.concatenate([parts[kind][n] for kind in _VOICE_KINDS]) for n in range(3)
        )
        gains = (self.gains * self.louder.exp()).detach().numpy()
        return VoiceFit(vectors, tones, swells, self.rest.detach().numpy(), noise, gains)


def _mixed(ends: tuple[Tensor, Tensor], state: Tensor, left: Tensor) -> Tensor:
    """Return what lies between what notes begin with and what they fade to."""
    return left * ends[0][state] + (1 - left) * ends[1][state]


def _in_bands(levels: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(levels.square(), (0, -TONES % _TONES_OF_BAND))
    return padded.unflatten(1, (-1, _TONES_OF_BAND)).sum(2)


def _table(layout: Pitched, vectors: Floats, keeps: Floats) -> Floats:
    """Return the vectors of all codes: first how the note fades, then what is heard."""
    table = np.zeros((CODES, units.STEM_DIMENSIONS), np.float32)
    for state in range(layout.states):
        for stage in range(len(layout.ages)):
            row = table[layout.code(state, stage)]
            row[1:] = vectors[state if stage == 0 else layout.states + state]
            kept = float(keeps[state])
            logit = _BEGUN_LOGIT if stage == 0 else math.log(kept / (1 - kept))
            row[0] = (logit - RELEASE) / RATE_SCALE + _STAGE_MARK * max(0, stage - 1)
    return table


def _tensor(values: Reals) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))
