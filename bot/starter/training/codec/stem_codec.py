"""EnCodec whose codebooks are stems: vectors of what notes say, and keys that the encoder finds.

The decoder takes the sum of the codebooks' vectors, so every codebook can be decoded alone. Drums
and the memory of each voice have dimensions of their own; what all pitched codebooks say of tones
and noise is added up by the decoder anyway, and shares dimensions. The vectors are embeddings of
codes that were never heard, trained together with the decoder. Each code has a key beside its
vector, and the keys of codebooks share no dimension: that is what the encoder is trained to find in
the mix, as product quantisation, and the decoder only reads it. So vectors and decoder can change
without the encoder; a checkpoint holds vectors and keys in one table.

Source: arXiv 2210.13438 (EnCodec).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.codec.additive import freeze_synthesizer, init_synthesizer
from bot.starter.training.codec.brightness import constrain_brightness
from bot.starter.training.codec.latent_layout import (
    HIDDEN_DIMENSIONS,
    KEY_DIMENSIONS,
    PITCHED_VECTORS,
    SOUNDING,
    VECTOR_DIMENSIONS,
    key_dimensions,
    vector_dimensions,
)
from bot.starter.training.codec.network import Codec, CodecSize
from bot.starter.training.data.code_factors import factors_of
from bot.starter.training.data.codebooks import BOOKS, CHORDS, CODES


def codec_size(filters: int = 24) -> CodecSize:
    """Return the dimensions of the starter's EnCodec."""
    return CodecSize(
        filters=filters,
        hidden_size=HIDDEN_DIMENSIONS,
        key_size=HIDDEN_DIMENSIONS - VECTOR_DIMENSIONS,
        codebooks=len(BOOKS),
        codebook_size=CODES,
    )


class Vectors(nn.Module):
    """The vectors, or keys, of one codebook's codes; that of silence is zero for ever."""

    def __init__(self, book: int, dimensions: int) -> None:
        super().__init__()
        factors = torch.from_numpy(factors_of(book)[:CODES])
        self.register_buffer("factors", factors, persistent=False)
        self.shared = nn.Parameter(torch.randn(factors.shape[1], dimensions) * 0.4)
        self.own = nn.Parameter(torch.randn(CODES, dimensions) * 0.3)

    def forward(self) -> Tensor:
        """Return the table [codes, dimensions]."""
        table = self.get_buffer("factors") @ self.shared + self.own
        keep = torch.ones(CODES, 1, device=table.device)
        keep[0] = 0
        return table * keep


class StemCodec(nn.Module):
    """Encoder, keys, vectors and decoder."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.codec = Codec(size)
        init_synthesizer(self.codec.decoder, PITCHED_VECTORS)
        freeze_synthesizer(self.codec.decoder)
        self.constrain()
        # The three voices of a chord sound alike: what is learnt of one holds for all.
        firsts = [book for book in SOUNDING if book not in CHORDS[1:]]
        self.vectors = nn.ModuleDict(
            {str(book): Vectors(book, len(vector_dimensions(book))) for book in firsts}
        )
        self.keys = nn.ModuleDict({str(book): Vectors(book, KEY_DIMENSIONS) for book in firsts})
        self.sharpness = nn.Parameter(torch.zeros(len(SOUNDING)))

    def constrain(self) -> None:
        """Bring the decoder back to where held notes sound by the synthesizer alone.

        A decoder in training reads no keys.
        """
        constrain_brightness(self.codec.decoder, PITCHED_VECTORS)
        layers = self.codec.decoder.layers
        assert isinstance(layers, nn.ModuleList)
        layers[0].conv.weight.detach()[:, VECTOR_DIMENSIONS:] = 0

    def tables(self) -> list[Tensor]:
        """Return what each sounding codebook's codes mean: vector and key, [codes, dimensions]."""
        pairs = zip(_tables(self.vectors), self.key_tables(), strict=True)
        return [torch.cat([vectors, keys.detach()], 1) for vectors, keys in pairs]

    def key_tables(self) -> list[Tensor]:
        """Return the keys of each sounding codebook, [codes, key dimensions]."""
        return _tables(self.keys)

    def states(self, codes: Tensor, tables: list[Tensor]) -> Tensor:
        """Return what the decoder reads [batch, frames, hidden] of codes [batch, books, frames].

        What codebooks share is summed.
        """
        states = tables[0].new_zeros(codes.shape[0], codes.shape[2], HIDDEN_DIMENSIONS)
        for book, table in zip(SOUNDING, tables, strict=True):
            dimensions = np.concatenate([vector_dimensions(book), key_dimensions(book)])
            part = functional.embedding(codes[:, book], table)
            states = states.index_add(-1, torch.from_numpy(dimensions).to(table.device), part)
        return states

    def key_states(self, codes: Tensor) -> Tensor:
        """Return what the encoder is to find [batch, frames, keys] of codes."""
        pairs = zip(SOUNDING, self.key_tables(), strict=True)
        return torch.cat([functional.embedding(codes[:, book], t) for book, t in pairs], -1)

    def decode(self, codes: Tensor, tables: list[Tensor]) -> Tensor:
        """Return the sound [batch, samples] of codes."""
        return self.codec.decode(self.states(codes, tables))

    def recognise(self, sound: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the encoder's states of a sound, and how likely it makes each code.

        The second is a list of scores [batch, frames, codes]: the nearer a key, the likelier.
        """
        states = self.codec.encode(sound)
        scores = []
        for number, table in enumerate(self.key_tables()):
            part = states[..., number * KEY_DIMENSIONS : (number + 1) * KEY_DIMENSIONS].float()
            distance = (
                part.square().sum(-1, keepdim=True) - 2 * part @ table.t() + table.square().sum(-1)
            )
            scores.append(-distance * self.sharpness[number].exp())
        return states, scores


def _tables(parts: nn.ModuleDict) -> list[Tensor]:
    made = {book: vectors() for book, vectors in parts.items()}
    return [made[str(CHORDS[0] if book in CHORDS else book)] for book in SOUNDING]
