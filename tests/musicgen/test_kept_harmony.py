"""Tempo and harmony of an earlier clip, kept without any of its stems."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import GenerationRequest, Kept
from bot.musicgen.checkpoint.stems import FREE, Stem, fixed_tokens
from bot.musicgen.engine.validation import check_stems


def test_harmony_alone_is_kept_without_stems():
    """Guides are the earlier clip's, except where they are unknown (0); all stems are new."""
    stems = (Stem("drums", (1,)), Stem("bass", (2,)))
    tokens = np.arange(12, dtype=np.int32).reshape(3, 4)
    kept = Kept(tokens=tokens, stems=(), harmony_only=True)
    request = GenerationRequest(seconds=0.1, seed=1, kept=kept)
    check_stems(request, stems)
    fixed = fixed_tokens(request, stems, 3, 5)
    assert fixed is not None
    assert fixed[0].tolist() == [FREE, 1, 2, 3, FREE]
    assert (fixed[1:] == FREE).all()
