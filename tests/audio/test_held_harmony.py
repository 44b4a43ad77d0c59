"""Tempo and harmony of a kept sound as codes that a new part is generated over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.audio.held_harmony import hold_harmony, repeat_codes
from bot.audio.notation import load_notation, read_bars
from bot.audio.prompt import cut_at_bars
from bot.domain.jobs import Keep
from bot.models.registry import starter_folder
from bot.starter.training.data.codebooks import CLOCK, PLAN, plan_meaning
from tests.support.known_sounds import RATE_HZ, drums, sound_of, triad

FRAME_SAMPLES = 640
BAR_SECONDS = 4 * 60 / 125
CHORDS = [(0, "maj"), (9, "min"), (5, "maj"), (7, "maj")]


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


@pytest.fixture(scope="module")
def heard():
    """The last four bars of a recording: C major, A minor, F and G over drums of 125 BPM."""
    bars = [triad(root, 3 if quality == "min" else 4, BAR_SECONDS) for root, quality in CHORDS]
    sound = np.concatenate([*bars, *bars, *bars])
    sound = sound + 0.5 * drums(125, len(sound) / RATE_HZ)[: len(sound)]
    return cut_at_bars(sound_of(sound), 4 * BAR_SECONDS, Keep.END, FRAME_SAMPLES)


def hold(heard, notation, *, lead=0, frames=800, tokens=None):
    return hold_harmony(
        heard, tokens, notation, frame_samples=FRAME_SAMPLES, lead=lead, frames=frames
    )


@pytest.mark.parametrize(
    ("frames", "beat_frames", "lead", "expected"),
    [
        (4, 2.0, 0, [0, 1, 2, 3, 0, 1, 2, 3, 0]),
        (4, 2.0, 2, [2, 3, 0, 1, 2, 3, 0, 1, 2]),  # from the last beat on
        (5, 2.0, 0, [1, 2, 3, 4, 1, 2, 3, 4, 1]),  # whole beats only
        (7, 4.0, 0, [0, 0, 1, 2, 3, 4, 5, 6, 0]),  # the breath before the first bar is missing
        (3, None, 0, [0, 1, 2, 0, 1, 2, 0, 1, 2]),
        (1, 4.0, 0, [0] * 9),
    ],
)
def test_kept_harmony_repeats_by_bars(frames, beat_frames, lead, expected):
    """The bars that stay are gone through again and again, in time."""
    held = repeat_codes(np.tile(np.arange(frames, dtype=np.int32), (8, 1)), beat_frames, lead, 9)
    assert held.shape == (8, 9)
    assert held[0].tolist() == expected


@pytest.mark.parametrize("lead", [0, 24])
def test_a_recording_s_beat_and_chords_go_on_in_the_new_part(heard, notation, lead):
    """Bars of the same tempo, one after the other, with the chords of the bars that are kept."""
    kept = hold(heard, notation, lead=lead)
    assert (kept.stems, kept.harmony_only) == ((), True)
    assert kept.tokens.shape == (8, 800)
    bars = read_bars(kept.tokens, notation)
    assert (bars.beat_frames, bars.beats_per_bar) == (24, 4)
    assert abs((bars.first_frame - lead + 48) % 96 - 48) <= 3  # the new part begins with a bar
    planned = [plan_meaning(int(code))[:2] for code in kept.tokens[PLAN]]
    middles = [planned[lead + 96 * bar + 48] for bar in range(8)]
    assert middles == [*CHORDS, *CHORDS]


def test_a_new_part_shorter_than_the_overlap_is_held(heard, notation):
    """A second over the beat before the joint, or less than that beat."""
    whole = hold(heard, notation, lead=24, frames=50)
    assert np.array_equal(hold(heard, notation, lead=24, frames=10).tokens, whole.tokens[:, :10])


def test_harmony_that_is_not_heard_is_left_to_the_model(notation):
    """Of drums alone the beat is held: 0 in the plan says nothing."""
    sound = sound_of(drums(125, 12.0))
    kept = hold(cut_at_bars(sound, 6.0, Keep.END, FRAME_SAMPLES), notation)
    assert kept.tokens[CLOCK].all()
    assert not kept.tokens[PLAN].any()


def test_without_a_beat_nothing_is_held(heard, notation):
    """A sound that has none, or a model whose codes are no notes."""
    hiss = sound_of(0.1 * np.random.default_rng(0).standard_normal(8 * RATE_HZ))
    assert hold(cut_at_bars(hiss, 5.0, Keep.END, FRAME_SAMPLES), notation) is None
    assert hold(heard, None) is None
    assert hold(replace(heard, rhythm=None), notation) is None


def test_exact_codes_are_held_as_they_are(heard, notation):
    """What a clip tells about itself needs no listening."""
    own = np.arange(8 * 384, dtype=np.int32).reshape(8, 384) % 2048
    kept = hold(heard, notation, tokens=own, frames=384)
    assert np.array_equal(kept.tokens, own)
