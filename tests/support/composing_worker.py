"""An engine for worker processes in tests whose codes are a piece by the composer.

Its sound is a tone without a beat: tempo, bars and key are in the codes alone.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from bot.domain.generation import Finished, Tokens
from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.training.data.encoding import encode_piece
from tests.support.scripted_worker import FINGERPRINT, HOP, STEMS, Engine, info


def piece_of(seed: int) -> Piece:
    """Return the piece of a clip with a seed, longer than any clip here."""
    return compose(seed, style="rock", seconds=40.0)


def codes_of_piece(seed: int, frames: int) -> Tokens:
    """Return the codes of a clip with a seed, [codebooks, frames]."""
    return np.ascontiguousarray(encode_piece(piece_of(seed), frames).astype(np.int32))


class ComposingEngine(Engine):
    def step(self):
        return [self._with_codes(event) for event in super().step()]

    def submit(self, request):
        self.seeds = {**getattr(self, "seeds", {}), self.next_id: request.seed}
        return super().submit(request)

    def _with_codes(self, event):
        if not isinstance(event, Finished):
            return event
        frames = event.sound.samples.shape[1] // HOP
        return dataclasses.replace(
            event, tokens=codes_of_piece(self.seeds[event.request_id], frames)
        )


def open_engine(config):
    """Load nothing, and return the engine with its model."""
    about = info(config.engine.slots)
    return ComposingEngine(), dataclasses.replace(about, stems=STEMS, fingerprint=FINGERPRINT)
