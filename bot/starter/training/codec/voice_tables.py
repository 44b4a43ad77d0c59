"""The vectors of all pitched codes, and the decoder's weights that read them, from what was fitted.

Each dimension of a vector is made as large as any other, for a checkpoint has halves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codec.grain_decoder import RATE_SCALE, RELEASE_KEEPS
from bot.starter.training.codec.latent_layout import (
    KEY_DIMENSIONS,
    vector_dimensions,
)
from bot.starter.training.codec.voice_fitting import KINDS, VOICE_KINDS, VoicePolish
from bot.starter.training.codec.voice_measuring import Reals
from bot.starter.training.data.codebooks import CODES, PITCHED, Pitched

Floats = NDArray[np.float32]

_BEGUN_LOGIT = -6.0


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """The vectors of all pitched codes by kind, and what the decoder makes of them (`Amounts`).

    What vectors say of noise are shares of `NOISE_LOUDEST`.
    """

    vectors: Mapping[int, Floats]
    tones: Floats
    swells: Floats
    rest: Floats
    holds: Floats
    spectrum: Floats
    swelled: Floats
    gains: Floats


def tabulate(polish: VoicePolish, noise: Sequence[Reals]) -> VoiceFit:
    """Return what was fitted; `noise` are the levels [states, stages, bands] of each kind."""
    spectra = [each.detach().numpy() for each in polish.spectra]
    spread = np.sqrt(np.square(np.concatenate(spectra)).mean(0))
    vectors, tones, swells, holds = {}, [], [], []
    for kind, book in enumerate(KINDS):
        own = polish.vectors[kind].detach().numpy()
        size = np.sqrt(np.square(own).mean(0))
        vectors[book] = _table(
            PITCHED[book],
            patterns=own / size,
            spectra=spectra[kind] / spread,
            noise=noise[kind],
            keeps=polish.keeps(kind),
            release=RELEASE_KEEPS[VOICE_KINDS.index(kind)],
        )
        tones.append(polish.tones[kind].detach().numpy() * size[:, None])
        swells.append(polish.swells[kind].detach().numpy() * size[:, None])
        sizes = np.concatenate([size, np.ones(KEY_DIMENSIONS, np.float32)])
        holds.append(polish.holds[kind].detach().numpy() * sizes[:, None])
    return VoiceFit(
        vectors=vectors,
        tones=np.concatenate([tones[kind] for kind in VOICE_KINDS]),
        swells=np.concatenate([swells[kind] for kind in VOICE_KINDS]),
        rest=polish.rest.detach().numpy(),
        holds=np.stack([holds[kind] for kind in VOICE_KINDS]),
        spectrum=polish.spectrum.detach().numpy() * spread[:, None],
        swelled=polish.swelled.detach().numpy(),
        gains=(polish.gains * polish.louder.exp()).detach().numpy(),
    )


def _table(
    layout: Pitched, *, patterns: Floats, spectra: Floats, noise: Reals, keeps: Floats,
    release: float,
) -> Floats:  # fmt: skip
    """Return the vectors of all codes: how the note fades, its memory, its noise, its tones.

    `patterns` and `spectra` [2 * states, ...] are those of struck notes, then of held ones.
    """
    table = np.zeros((CODES, len(vector_dimensions(KINDS[0]))), np.float32)
    for state in range(layout.states):
        for stage in range(len(layout.ages)):
            kept = float(keeps[state])
            logit = _BEGUN_LOGIT if stage == 0 else math.log(kept / (1 - kept))
            rate = (logit - math.log(release / (1 - release))) / RATE_SCALE
            struck_or_held = state if stage == 0 else layout.states + state
            table[layout.code(state, stage)] = np.concatenate(
                [[rate], patterns[struck_or_held], noise[state, stage], spectra[struck_or_held]]
            )
    return table
