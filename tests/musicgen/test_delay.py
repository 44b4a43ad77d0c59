"""The delay pattern: the position of each token, and the windows of a long clip."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.musicgen.engine.delay import (
    Window,
    codebook_delays,
    feed_columns,
    plan_windows,
    write_tokens,
)

START = 99


def fill(window: Window, codebooks: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Run a window with a model that returns 10 * frame + codebook; return tokens and columns."""
    delay = codebook_delays(codebooks, channels)
    tokens = np.full((codebooks, window.end), -1, np.int32)
    fed = []
    for position in range(window.last_position(delay) + 1):
        span = range(position, position + 1)
        fed.append(feed_columns(tokens, window, span, delay, START)[0])
        frames = window.begin + position - delay
        write_tokens(tokens, window, position, delay, 10 * frames + np.arange(codebooks))
    return tokens, np.array(fed)


def test_each_codebook_is_one_column_later_than_the_one_before() -> None:
    """Column c feeds codebook k the token of frame c - 1 - k, or the start token outside."""
    _, fed = fill(Window(begin=0, context=0, end=3), 4, 1)
    expected = [
        [START, START, START, START],
        [0, START, START, START],
        [10, 1, START, START],
        [20, 11, 2, START],
        [START, 21, 12, 3],
        [START, START, 22, 13],
    ]
    assert fed.tolist() == expected


def test_stereo_pairs_share_a_delay() -> None:
    """Eight stereo codebooks are delayed by 0, 0, 1, 1, 2, 2, 3, 3 columns."""
    assert codebook_delays(8, 2).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(("codebooks", "channels"), [(4, 1), (8, 2)])
def test_the_last_column_completes_the_last_frame(codebooks: int, channels: int) -> None:
    """A clip of n frames takes n + 3 columns, after which every token is written once."""
    window = Window(begin=0, context=0, end=7)
    tokens, fed = fill(window, codebooks, channels)
    assert len(fed) == 7 + 3
    expected = 10 * np.arange(7) + np.arange(codebooks)[:, None]
    assert np.array_equal(tokens, expected)


def test_prompt_frames_are_never_overwritten() -> None:
    """The frames of a window's context keep their tokens in every codebook."""
    window = Window(begin=2, context=3, end=8)
    delay = codebook_delays(4, 1)
    tokens = np.full((4, 8), -1, np.int32)
    tokens[:, :5] = 7
    for position in range(window.last_position(delay) + 1):
        write_tokens(tokens, window, position, delay, np.full(4, 5, np.int32))
    assert (tokens[:, :5] == 7).all()
    assert (tokens[:, 5:] == 5).all()


def test_frames_are_complete_when_their_last_codebook_is_written() -> None:
    """With a delay of three, position p completes frame p - 3."""
    window = Window(begin=0, context=0, end=5)
    complete = [window.complete_frames(p, codebook_delays(4, 1)) for p in range(8)]
    assert complete == [0, 0, 0, 1, 2, 3, 4, 5]


def test_a_clip_within_the_window_is_generated_at_once() -> None:
    """Up to 1500 frames, including the prompt's, need a single window."""
    planned = list(plan_windows(500, 1000, longest=1500, overlap=600))
    assert planned == [Window(begin=0, context=500, end=1500)]


def test_a_long_clip_slides_by_eighteen_seconds() -> None:
    """Each later window begins 600 frames before the end of the one before."""
    planned = list(plan_windows(0, 3500, longest=1500, overlap=600))
    assert [(w.begin, w.context, w.end) for w in planned] == [
        (0, 0, 1500),
        (900, 600, 2400),
        (1800, 600, 3300),
        (2700, 600, 3500),
    ]


def test_a_long_prompt_leaves_room_for_new_frames() -> None:
    """Only the end of a prompt longer than the window is used."""
    planned = list(plan_windows(2000, 100, longest=1500, overlap=600))
    assert planned == [Window(begin=600, context=1400, end=2100)]


def test_endless_music_has_endless_windows() -> None:
    """Each generates eighteen seconds after twelve known ones, and none is the last."""
    planned = list(itertools.islice(plan_windows(2000, None, longest=1500, overlap=600), 4))
    assert [(w.begin, w.context, w.end) for w in planned] == [
        (1400, 600, 2900),
        (2300, 600, 3800),
        (3200, 600, 4700),
        (4100, 600, 5600),
    ]


@given(prompt=st.integers(0, 4000), new=st.integers(1, 6000))
def test_windows_cover_every_new_frame_once(prompt: int, new: int) -> None:
    """Windows are never too long, and each generates the frames that follow the previous ones."""
    planned = list(plan_windows(prompt, new, longest=1500, overlap=600))
    made = prompt
    for window in planned:
        assert window.end - window.begin <= 1500
        assert window.begin + window.context == made
        assert window.end > made
        made = window.end
    assert made == prompt + new
