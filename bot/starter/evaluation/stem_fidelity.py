"""What the codec makes of held-out pieces' codes: the mix, each stem alone, and what is muted.

The pieces' codes come straight from their notes, and what they should sound like is played from
the recordings that the codec was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.spectra import power_spectrogram
from bot.domain.generation import Floats
from bot.starter.evaluation.codec_fidelity import log_mel_distance_db
from bot.starter.evaluation.features import Sound, decibels, heard_bands
from bot.starter.evaluation.renders import Player, Render
from bot.starter.evaluation.report_section import MODEL, Row, Section
from bot.starter.training.data.codebooks import STEMS

Decode = Callable[[NDArray[np.int32]], Sound]
"""Turns codes [books, frames] into sound."""

_WINDOW, _HOP, _BANDS = 2048, 1024, 80
# Quieter than this against the mix, a stem is not played at all.
_LEAST_SHARE = 1e-4


def build_section(pieces: Sequence[Render], player: Player, decode: Decode) -> Section:
    """Compare decoded codes with the played pieces: the mix, and each stem alone."""
    mixes: list[float] = []
    silent_db: list[float] = []
    alone: dict[str, list[float]] = {}
    leaks: dict[str, list[float]] = {}
    for each in pieces:
        codes = each.codes.astype(np.int32)
        played = player.stems(each.codes)
        mix = np.sum(list(played.values()), axis=0)
        mixes.append(log_mel_distance_db(decode(codes)[: len(mix)], mix))
        power = float(np.square(mix).mean())
        heard = {
            name: sound
            for name, sound in played.items()
            if float(np.square(sound).mean()) > _LEAST_SHARE * power
        }
        for name in heard:
            sound = decode(only(codes, name))[: len(mix)]
            alone.setdefault(name, []).append(log_mel_distance_db(sound, heard[name]))
            if len(heard) > 1:
                leaks.setdefault(name, []).append(leak_db(sound, heard, name))
        silence = decode(np.zeros_like(codes))
        silent_db.append(float(decibels(np.square(silence).mean() / np.array(power))))
    overall = float(np.mean(mixes))
    rows = [Row("log-mel distance of the mix, dB", "≤ 2.85", {MODEL: overall})]
    rows += [
        Row(f"{name} alone, dB", f"≤ {overall + 1:.2f}", {MODEL: float(np.mean(each))})
        for name, each in alone.items()
    ]
    rows += [
        Row(f"other stems when only {name} sounds, dB", "≤ −20", {MODEL: float(np.median(each))})
        for name, each in leaks.items()
    ]
    rows.append(Row("all stems muted, dB", "≤ −20", {MODEL: float(np.median(silent_db))}))
    note = (
        f"{len(pieces)} held-out pieces: codes from notes, decoded, against the same notes played. "
        "Other stems: their share in what one stem sounds like alone, by least squares on mel "
        "spectra, against the level they have in the mix (an estimate: stems that share bands are "
        "taken for each other)."
    )
    return Section.compared("Sound", rows, note)


def only(codes: NDArray[np.int32], stem: str) -> NDArray[np.int32]:
    """Return codes with all books silent but those of one stem."""
    kept = np.zeros_like(codes)
    kept[list(STEMS[stem])] = codes[list(STEMS[stem])]
    return kept


def leak_db(sound: Sound, played: dict[str, Sound], stem: str) -> float:
    """Return the level of the other stems in a sound, against what they have in the mix."""
    names = list(played)
    columns = np.stack([_bands(played[name]) for name in names], axis=1)
    shares = non_negative_shares(columns, _bands(sound[: len(played[stem])]))
    energies = columns.sum(axis=0)
    other = np.array([name != stem for name in names])
    leaked, usual = float((shares * energies)[other].sum()), float(energies[other].sum())
    return float(decibels(np.array(leaked / max(usual, 1e-12))))


def non_negative_shares(columns: Floats, goal: Floats) -> Floats:
    """Return the weights, none below 0, with which the columns add up to a goal most nearly.

    Exact, by trying which of them are 0: there are only a few.
    """
    count = columns.shape[1]
    best, smallest = np.zeros(count), float(np.square(goal).sum())
    for size in range(1, count + 1):
        for chosen in map(list, combinations(range(count), size)):
            weights = np.linalg.lstsq(columns[:, chosen], goal, rcond=None)[0]
            error = float(np.square(columns[:, chosen] @ weights - goal).sum())
            if (weights >= 0).all() and error < smallest:
                smallest = error
                best = np.zeros(count)
                best[chosen] = weights
    return np.asarray(best, np.float32)


def _bands(sound: Sound) -> Floats:
    mel = power_spectrogram(sound, _WINDOW, _HOP) @ heard_bands(_WINDOW, _BANDS)
    # Loud bands would decide alone.
    return np.asarray(mel.ravel(), np.float64)
