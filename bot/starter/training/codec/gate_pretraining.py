"""Pretraining of the synthesizer's gates: which tones a note is made of, read from its recording.

By spectral distances alone it takes very long to learn what the gates are for. The answer is known:
a note's steady tones can be measured in its recording.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bot.starter.training.codec.additive import LOUDEST, gate_scores, tones_hz
from bot.starter.training.codec.oscillators import HIGHEST, LOWEST
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.data.codebooks import BOOKS, CODES, PITCHED
from bot.starter.training.data.mixing import SampleBank, stem_level
from bot.starter.training.data.samples import SAMPLE_RATE_HZ, Sound

_BEGIN_SECONDS, _SECONDS = 0.08, 0.3
_PARTIALS = 16
_NEAR_SEMITONES = 0.35
_SHUT = -8.5
_LEAST = -6.0
_WIDEST = 4.0
_BATCH, _CROP_FRAMES = 24, 60


def tone_levels(bank: SampleBank) -> NDArray[np.float32]:
    """Return the power of each tone in each code's sound, [books, codes, tones], 1 is LOUDEST."""
    levels = np.zeros((len(BOOKS), CODES, len(tones_hz())), np.float32)
    # Each voice of a chord has the same notes.
    measured: dict[tuple[str, int], NDArray[np.float32]] = {}
    for book, layout in PITCHED.items():
        for instrument in layout.instruments:
            first = layout.instruments.index(instrument) * layout.span
            for step in range(layout.span):
                pitch = layout.lowest[layout.instruments.index(instrument)] + step
                if (instrument, pitch) not in measured:
                    sound = bank.sound((instrument, pitch, False))
                    measured[instrument, pitch] = levels_of(sound, pitch)
                found = measured[instrument, pitch] * np.float32(stem_level(book) ** 2)
                for stage in range(len(layout.ages)):
                    levels[book, layout.code(first + step, stage)] = found
    return levels


def levels_of(sound: Sound, pitch: int) -> NDArray[np.float32]:
    """Return the power of each tone in the steady part of a note of some pitch, 1 is LOUDEST."""
    begin, count = round(_BEGIN_SECONDS * SAMPLE_RATE_HZ), round(_SECONDS * SAMPLE_RATE_HZ)
    piece = np.zeros(count, np.float32)
    heard = sound[begin : begin + count]
    piece[: len(heard)] = heard
    window = np.hanning(count)
    amplitudes = 2 * np.abs(np.fft.rfft(piece * window, 4 * count)) / window.sum()
    found = np.zeros(HIGHEST - LOWEST + 1, np.float32)
    for partial in range(1, _PARTIALS + 1):
        exact = pitch + 12 * math.log2(partial)
        tone = round(exact)
        if tone > HIGHEST:
            break
        if tone < LOWEST or abs(exact - tone) > _NEAR_SEMITONES:
            continue
        place = 440.0 * 2 ** ((exact - 69) / 12) * 4 * count / SAMPLE_RATE_HZ
        near = amplitudes[int(place * 0.985) - 2 : int(place * 1.015) + 3]
        found[tone - LOWEST] += (float(near.max(initial=0.0)) / LOUDEST) ** 2
    return found


def pretrain_gates(
    model: StemCodec,
    codes: Tensor,
    levels: Tensor,
    steps: int,
    rate: float = 4e-3,
    batch: int = _BATCH,
) -> float:
    """Teach the gates, and the vectors that they read, on codes [pieces, books, frames].

    Each step draws `batch` of them. Returns the mean error of what is to be heard, in natural
    logarithms.
    """
    decoder = model.codec.decoder
    lstm = decoder.layers[1].lstm
    parameters = [
        *(p for p in model.vectors.parameters() if p.requires_grad),
        lstm.weight_ih_l0,
        lstm.bias_ih_l0,
    ]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    error = torch.zeros(())
    for step in range(steps):
        for settings in optimizer.param_groups:
            settings["lr"] = rate * min(1.0, (step + 1) / 20) * (1 - step / steps)
        rows = torch.randint(len(codes), (batch,), device=codes.device)
        start = int(torch.randint(codes.shape[2] - _CROP_FRAMES + 1, ()))
        crop = codes[rows, :, start : start + _CROP_FRAMES]
        loss, error = gate_loss(model, crop, levels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(error)


def gate_loss(model: StemCodec, codes: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
    """Return how wrong the gates are, to be trained on, and the mean error of what is heard."""
    power = sum(levels[book][codes[:, book]] for book in PITCHED)
    assert isinstance(power, Tensor)
    share = power.sqrt().clamp(1e-4, 0.98)
    wanted = torch.log(share / (1 - share))
    scores = gate_scores(model.codec.decoder, model.states(codes, model.tables()))
    is_heard = wanted > _LEAST
    # How wrong a tone is counts the more the louder it is; what is not heard only has to stay shut.
    weight = torch.where(is_heard, 0.1 + share, 0.0)
    wrong = functional.smooth_l1_loss(scores, wanted.clamp(min=_SHUT), reduction="none")
    leaking = functional.relu(scores - _SHUT).clamp(max=_WIDEST**2).square() / _WIDEST
    loss = (weight * wrong).sum() + 0.03 * torch.where(is_heard, 0.0, leaking).sum()
    error = ((scores - wanted).abs() * weight).sum() / weight.sum()
    return loss / codes.shape[0] / codes.shape[2], error.detach()
