"""The tokens of a clip without a model, with and without an end."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import Sampling
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.engine.sequence import Sequence

CONFIG = DecoderConfig(hidden_size=4, layers=1, heads=1, ffn_size=4, vocab_size=11)
WINDOW_FRAMES, OVERLAP_FRAMES = 20, 8


def sequence(new_frames: int | None) -> Sequence:
    """Return the tokens of a clip after five frames, none of them chosen yet."""
    return Sequence(
        CONFIG,
        Sampling(top_k=0),
        seed=3,
        prompt=np.zeros((CONFIG.codebooks, 5), np.int32),
        new_frames=new_frames,
        window_frames=WINDOW_FRAMES,
        overlap_frames=OVERLAP_FRAMES,
    )


def choose(tokens: Sequence, frames: int) -> None:
    """Choose tokens with a model whose scores are all equal, until so many frames are complete."""
    logits = np.zeros((CONFIG.codebooks, CONFIG.vocab_size), np.float32)
    while tokens.complete_frames < frames:
        tokens.advance(tokens.pending_positions, logits, None)


def test_an_endless_sequence_samples_equally_and_keeps_few_tokens() -> None:
    """Over five hundred windows, tokens outside the window are dropped once decoded."""
    frames = 6000
    endless, whole = sequence(None), sequence(frames)
    choose(whole, frames)
    sizes = []
    for heard in range(100, frames, 100):
        choose(endless, heard)
        assert np.array_equal(
            endless.codes(heard - 100, heard), whole.tokens[:, heard - 100 : heard]
        )
        endless.release(heard)
        sizes.append(endless._tokens.nbytes)
    assert max(sizes[2:]) == max(sizes[:2])
    assert endless.tokens.shape == (CONFIG.codebooks, 0)


def test_undecoded_tokens_are_kept() -> None:
    """However long ago they were chosen."""
    endless = sequence(None)
    choose(endless, 300)
    endless.release(40)
    choose(endless, 500)
    whole = sequence(600)
    choose(whole, 600)
    assert np.array_equal(endless.codes(40, 500), whole.tokens[:, 40:500])


def test_an_ended_sequence_stops_at_its_last_complete_frame() -> None:
    """No token is pending any more, and all complete frames can be decoded."""
    endless = sequence(None)
    choose(endless, 33)
    endless.end()
    assert endless.done and endless.pending_positions == 0
    assert (endless.codes(5, endless.complete_frames) >= 0).all()
