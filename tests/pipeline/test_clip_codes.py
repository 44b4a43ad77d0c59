"""Codes are cut exactly as their sound, or not stored at all."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.prompt import AudioPrompt
from bot.domain.generation import Codes, Sound
from bot.pipeline.clip_codes import match_codes, split_codes

HOP = 640


def codes(frames, first=0):
    """Codes whose values are their frame numbers."""
    tokens = np.repeat(np.arange(first, first + frames, dtype=np.int32)[None], 8, axis=0)
    return Codes(tokens=tokens, fingerprint="00" * 8)


def sound(samples):
    return Sound(samples=np.zeros((1, samples), np.float32), sample_rate_hz=32_000)


def frames_of(found):
    return None if found is None else found.tokens[0].tolist()


@pytest.mark.parametrize(
    ("before", "end", "frames", "parted"),
    [
        (4 * HOP, 6 * HOP, 10, (4, 6)),
        (0, 10 * HOP, 10, (0, 10)),
        (4 * HOP + 10, 6 * HOP - 10, 10, (4, 6)),  # part of a frame counts
        (4 * HOP, 6 * HOP + 1, 10, None),  # the sound is longer than its codes
        (4, 5, 10, None),
    ],
)
def test_codes_are_split_like_their_sound(before, end, frames, parted):
    """Every frame is on one side; codes of another sound are discarded."""
    found = split_codes(codes(frames), AudioPrompt(before=sound(before), end=sound(end)))
    if parted is None:
        assert found is None
        return
    assert found is not None
    assert tuple(each.tokens.shape[1] for each in found) == parted
    assert frames_of(found[0]) + frames_of(found[1]) == list(range(frames))


@pytest.mark.parametrize(
    ("samples", "before", "expected"),
    [
        (10 * HOP, None, list(range(10))),  # all of it
        (4 * HOP, None, [6, 7, 8, 9]),  # the new part only
        (12 * HOP, 3, [101, 102, *range(10)]),  # the part before was cut, too
        (13 * HOP, 3, [100, 101, 102, *range(10)]),
        (14 * HOP, 3, None),  # some of it has no codes
        (11 * HOP, None, None),
        (10 * HOP - 1, None, None),
        (0, None, None),
    ],
)
def test_codes_cover_the_whole_sound_or_are_none(samples, before, expected):
    """The end of the generated sound, or all of it with the part before it."""
    earlier = None if before is None else codes(before, first=100)
    found = match_codes(sound(samples), codes(10), sound(10 * HOP), earlier)
    assert frames_of(found) == expected
