"""EnCodec whose codebooks are stems: vectors of what notes say, each in dimensions of its own.

The decoder takes the sum of the codebooks' vectors. As the vectors of different codebooks share no
dimension, residual quantisation is product quantisation: every codebook can be decoded alone, and
none hears the others. The vectors are embeddings of codes that were never heard, trained together
with the decoder; the encoder is trained to find them in the mix.

Source: arXiv 2210.13438 (EnCodec).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.codec.additive import freeze_synthesizer, init_synthesizer
from bot.starter.training.codec.brightness import constrain_brightness
from bot.starter.training.codec.network import Codec, CodecSize
from bot.starter.training.data.code_factors import factors_of
from bot.starter.training.data.codebooks import BOOKS, CHORDS, CODES, DRUMS

DIMENSIONS = 16
"""Dimensions of the latent space that belong to one codebook."""

SOUNDING = tuple(range(DRUMS, len(BOOKS)))
_SIZE = DIMENSIONS * len(SOUNDING)
PITCHED_DIMENSIONS = slice(DIMENSIONS, _SIZE)
"""The dimensions of all codebooks but the drums'."""


def codec_size(filters: int = 24) -> CodecSize:
    """Return the dimensions of the starter's EnCodec."""
    return CodecSize(filters=filters, hidden_size=_SIZE, codebooks=len(BOOKS), codebook_size=CODES)


class Vectors(nn.Module):
    """The vectors of one codebook's codes; that of silence is zero for ever."""

    def __init__(self, book: int) -> None:
        super().__init__()
        factors = torch.from_numpy(factors_of(book)[:CODES])
        self.register_buffer("factors", factors, persistent=False)
        self.shared = nn.Parameter(torch.randn(factors.shape[1], DIMENSIONS) * 0.4)
        self.own = nn.Parameter(torch.randn(CODES, DIMENSIONS) * 0.3)

    def forward(self) -> Tensor:
        """Return the table [codes, dimensions]."""
        table = self.get_buffer("factors") @ self.shared + self.own
        keep = torch.ones(CODES, 1, device=table.device)
        keep[0] = 0
        return table * keep


class StemCodec(nn.Module):
    """Encoder, vectors and decoder."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.codec = Codec(size)
        init_synthesizer(self.codec.decoder, PITCHED_DIMENSIONS)
        freeze_synthesizer(self.codec.decoder)
        self.constrain()
        # The three voices of a chord sound alike: what is learnt of one holds for all.
        firsts = [book for book in SOUNDING if book not in CHORDS[1:]]
        self.vectors = nn.ModuleDict({str(book): Vectors(book) for book in firsts})
        self.sharpness = nn.Parameter(torch.zeros(len(SOUNDING)))

    def constrain(self) -> None:
        """Bring the decoder back to where held notes sound by the synthesizer alone."""
        constrain_brightness(self.codec.decoder, PITCHED_DIMENSIONS)

    def tables(self) -> list[Tensor]:
        """Return the table of each sounding codebook, [codes, dimensions]."""
        made = {book: vectors() for book, vectors in self.vectors.items()}
        return [made[str(CHORDS[0] if book in CHORDS else book)] for book in SOUNDING]

    def states(self, codes: Tensor, tables: list[Tensor]) -> Tensor:
        """Return the states [batch, frames, hidden] of codes [batch, books, frames]."""
        parts = [
            functional.embedding(codes[:, book], table)
            for book, table in zip(SOUNDING, tables, strict=True)
        ]
        return torch.cat(parts, -1)

    def decode(self, codes: Tensor, tables: list[Tensor]) -> Tensor:
        """Return the sound [batch, samples] of codes."""
        return self.codec.decode(self.states(codes, tables))

    def recognise(self, sound: Tensor, tables: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return the encoder's states of a sound, and how likely it makes each code.

        The second is a list of scores [batch, frames, codes]: the nearer a vector, the likelier.
        """
        states = self.codec.encode(sound)
        scores = []
        for number, table in enumerate(tables):
            part = states[..., number * DIMENSIONS : (number + 1) * DIMENSIONS].float()
            distance = (
                part.square().sum(-1, keepdim=True) - 2 * part @ table.t() + table.square().sum(-1)
            )
            scores.append(-distance * self.sharpness[number].exp())
        return states, scores
