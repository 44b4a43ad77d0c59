"""Fit the whole codec to recordings in minutes on one processor, without training it on sound.

The decoder is written (`grain_decoder.py`), its figures and the vectors come from the recordings
(`drum_fitting.py`, `voice_measuring.py`, `voice_fitting.py`), and the encoder follows
(`encoder_fitting.py`).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bot.starter.training.codec import units
from bot.starter.training.codec.drum_fitting import DrumFit, fit_drums
from bot.starter.training.codec.encoder_fitting import fit_encoder
from bot.starter.training.codec.grain_decoder import Amounts, write_decoder
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.codec.voice_fitting import (
    KINDS,
    VoiceFit,
    VoicePolish,
    factorise,
    played_frames,
)
from bot.starter.training.codec.voice_measuring import (
    Measured,
    fit_fading,
    loudest_tones,
    measure_states,
)
from bot.starter.training.data.codebooks import DRUMS, PITCHED
from bot.starter.training.data.mixing import SampleBank, stem_level

_FRAME_SEED, _ENCODER_SEED = 9_000_000, 9_500_000


def fit_codec(
    codec: StemCodec, bank: SampleBank, *, steps: int = 4000, pieces: int = 700, mixes: int = 80
) -> Tensor:
    """Fit decoder, vectors and encoder; `steps` polish the gates on frames of so many pieces.

    Returns the share of frames whose code the encoder then recognises, for each sounding book.
    """
    drums = fit_drums(bank)
    voices = fit_voices(bank, steps, pieces)
    write_fit(codec, drums, voices)
    return fit_encoder(codec, bank, mixes, _ENCODER_SEED)


def fit_voices(bank: SampleBank, steps: int, pieces: int) -> VoiceFit:
    """Fit the vectors of the pitched codebooks, and the gates that they open."""
    known: dict[str, Measured] = {}
    found = {book: measure_states(bank, PITCHED[book], stem_level(book), known) for book in KINDS}
    gains = loudest_tones({book: tones for book, (tones, _) in found.items()})
    fading = [fit_fading(*found[book], gains) for book in KINDS]
    polish = VoicePolish(fading, [factorise(each) for each in fading], gains)
    polish.train(played_frames(pieces, _FRAME_SEED), steps)
    return polish.result()


@torch.no_grad()
def write_fit(codec: StemCodec, drums: DrumFit, voices: VoiceFit) -> None:
    """Write what was fitted into a codec's decoder and vectors."""
    amounts = Amounts(
        tones=voices.tones,
        swells=voices.swells,
        rest=voices.rest,
        tone_gains=voices.gains,
        noise=voices.noise,
        tails=drums.tails,
        waves=drums.waves,
        wave_grains=drums.wave_grains,
    )
    write_decoder(codec.codec.decoder, amounts)
    for book, table in {DRUMS: drums.vectors, **voices.vectors}.items():
        vectors = codec.vectors[str(book)]
        vectors.own.copy_(torch.from_numpy(np.ascontiguousarray(table)))
        vectors.shared.zero_()
    assert codec.codec.size.widest == units.WIDTH
