"""Fit the whole decoder to recordings in minutes on one processor, without training it on sound.

The decoder is written (`grain_decoder.py`); its figures and the vectors that it reads come from the
recordings (`drum_fitting.py`, `voice_measuring.py`, `voice_fitting.py`). The encoder and the keys
that it finds stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from bot.starter.training.codec import units
from bot.starter.training.codec.decoder_inputs import Amounts
from bot.starter.training.codec.drum_fitting import DrumFit, fit_drums
from bot.starter.training.codec.grain_decoder import write_decoder
from bot.starter.training.codec.latent_layout import NOISE, vector_dimensions
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.codec.voice_factors import factorise
from bot.starter.training.codec.voice_fitting import KINDS, VoicePolish
from bot.starter.training.codec.voice_frames import played_frames
from bot.starter.training.codec.voice_measuring import (
    Measured,
    fit_fading,
    loudest_tones,
    measure_states,
    noise_of_stages,
)
from bot.starter.training.codec.voice_tables import VoiceFit, tabulate
from bot.starter.training.data.codebooks import DRUMS, PITCHED
from bot.starter.training.data.mixing import SampleBank, stem_level

_FRAME_SEED = 9_000_000
_NOISE_PLACES = np.arange(NOISE.start, NOISE.stop)


def fit_decoder(codec: StemCodec, bank: SampleBank, *, steps: int, pieces: int) -> None:
    """Fit decoder and vectors; `steps` polish the gates on frames of so many pieces."""
    keys = [codec.keys[str(book)]().detach().numpy() for book in KINDS]
    write_fit(codec, fit_drums(bank, steps, pieces), fit_voices(bank, keys, steps, pieces))


def fit_voices(
    bank: SampleBank, keys: Sequence[NDArray[np.float32]], steps: int, pieces: int
) -> VoiceFit:
    """Fit the vectors of the pitched codebooks, and the gates that they open."""
    known: dict[str, Measured] = {}
    found = {book: measure_states(bank, PITCHED[book], stem_level(book), known) for book in KINDS}
    gains = loudest_tones({book: tones for book, (tones, _) in found.items()})
    levels = [found[book][0] for book in KINDS]
    fading = [fit_fading(each, gains) for each in levels]
    noise = [noise_of_stages(found[book][1], PITCHED[book]) for book in KINDS]
    keeps, factors = [each.keeps for each in fading], [factorise(each) for each in fading]
    polish = VoicePolish(levels, keeps, factors, gains, keys)
    polish.train(played_frames(pieces, _FRAME_SEED), steps)
    return tabulate(polish, noise)


@torch.no_grad()
def write_fit(codec: StemCodec, drums: DrumFit, voices: VoiceFit) -> None:
    """Write what was fitted into a codec's decoder and vectors."""
    tables = {DRUMS: drums.vectors, **voices.vectors}
    places = {book: np.isin(vector_dimensions(book), _NOISE_PLACES) for book in tables}
    loudest = np.max([table[:, places[book]].max(0) for book, table in tables.items()], axis=0)
    amounts = Amounts(
        tones=voices.tones,
        swells=voices.swells,
        rest=voices.rest,
        holds=voices.holds,
        spectrum=voices.spectrum,
        swelled=voices.swelled,
        tone_gains=voices.gains,
        noise=loudest,
        tails=drums.tails,
        waves=drums.waves,
        wave_grains=drums.wave_grains,
    )
    write_decoder(codec.codec.decoder, amounts)
    for book, table in tables.items():
        vectors, scaled = codec.vectors[str(book)], table.copy()
        scaled[:, places[book]] /= loudest
        vectors.own.copy_(torch.from_numpy(scaled))
        vectors.shared.zero_()
    assert codec.codec.size.widest == units.WIDTH
