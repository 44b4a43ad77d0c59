"""Tempo and harmony of a kept sound, as codes to generate a new part over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.audio.analysis.rhythm import Rhythm
from bot.audio.held_harmony import hold_harmony, repeat_codes
from bot.audio.notation import load_notation
from bot.audio.prompt import cut_at_bars
from bot.audio.score import read_bars
from bot.audio.written_guides import write_guides
from bot.domain.jobs import Keep
from bot.models.registry import starter_folder
from bot.starter.training.data.codebooks import (
    CLOCK,
    PLAN,
    clock_meaning,
    plan_code,
    plan_meaning,
)
from tests.support.known_sounds import RATE_HZ, drums, sound_of, triad

FRAME_SAMPLES = 640
BAR_SECONDS = 4 * 60 / 125
CHORDS = [(0, "maj"), (9, "min"), (5, "maj"), (7, "maj")]


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


@pytest.fixture(scope="module")
def heard():
    """The last bars of a recording: C major, A minor, F and G over drums at 125 BPM, thrice."""
    bars = [triad(root, 3 if quality == "min" else 4, BAR_SECONDS) for root, quality in CHORDS]
    sound = np.concatenate([*bars, *bars, *bars])
    sound = sound + 0.5 * drums(125, len(sound) / RATE_HZ)[: len(sound)]
    return cut_at_bars(sound_of(sound), 2 * BAR_SECONDS, Keep.END, FRAME_SAMPLES)


def hold(heard, notation, *, lead=0, frames=800, tokens=None):
    return hold_harmony(
        heard, tokens, notation, frame_samples=FRAME_SAMPLES, lead=lead, frames=frames
    )


@pytest.mark.parametrize(
    ("frames", "period", "lead", "expected"),
    [
        (4, 4, 0, [0, 1, 2, 3, 0, 1, 2, 3, 0]),
        (4, 4, 2, [2, 3, 0, 1, 2, 3, 0, 1, 2]),  # starts with the last two frames
        (5, 4, 0, [1, 2, 3, 4, 1, 2, 3, 4, 1]),  # repeats only the last bar
        (7, 8, 0, [0, 0, 1, 2, 3, 4, 5, 6, 0]),  # the frame before the first bar is missing
        (1, 4, 0, [0] * 9),
    ],
)
def test_kept_codes_repeat(frames, period, lead, expected):
    """The last whole bars are repeated in time for the whole new part."""
    tokens = np.tile(np.arange(frames, dtype=np.int32), (8, 1))
    held = repeat_codes(tokens, period, lead, 9)
    assert held.shape == (8, 9)
    assert held[0].tolist() == expected


@pytest.mark.parametrize("lead", [0, 24])
def test_a_recording_s_beat_and_chords_go_on_in_the_new_part(heard, notation, lead):
    """It has the same tempo and the chords of the last eight bars, though two are kept."""
    assert heard.end.seconds == pytest.approx(2 * BAR_SECONDS, abs=0.1)
    kept = hold(heard, notation, lead=lead)
    assert (kept.stems, kept.harmony_only) == ((), True)
    assert kept.tokens.shape == (8, 800)
    bars = read_bars(kept.tokens, notation)
    assert (bars.beat_frames, bars.beats_per_bar) == (24, 4)
    assert abs((bars.first_frame - lead + 48) % 96 - 48) <= 3  # the new part begins with a bar
    planned = [plan_meaning(int(code))[:2] for code in kept.tokens[PLAN]]
    middles = [planned[lead + 96 * bar + 48] for bar in range(8)]
    assert middles == [*CHORDS, *CHORDS]


def test_the_beat_goes_on_from_the_joint_to_the_frame(heard, notation):
    """The new part's first beat is where the recording's next one would be, within a frame."""
    kept = hold(heard, notation, lead=0)
    beats = [at for at in range(200) if clock_meaning(int(kept.tokens[CLOCK][at]))[2] == 0]
    last = heard.rhythm.beats[-1] - heard.end.seconds
    wanted = (last * RATE_HZ / FRAME_SAMPLES) % 24
    assert min(abs(beats[0] - wanted), 24 - abs(beats[0] - wanted)) <= 0.6


def test_a_recording_cut_before_its_bar_line_has_whole_bars(notation):
    """Four bars short of 50 ms repeat as four bars, not as three."""
    bars = [triad(root, 3 if quality == "min" else 4, BAR_SECONDS) for root, quality in CHORDS]
    sound = np.concatenate(bars) + 0.5 * drums(125, 4 * BAR_SECONDS)
    rhythm = Rhythm(
        bpm=125.0, confidence=1.0, beats=tuple(0.48 * beat for beat in range(16)),
        downbeats=tuple(1.92 * bar for bar in range(4)), beats_per_bar=4, is_even=True,
    )  # fmt: skip
    short = sound_of(sound[: len(sound) - 1600])
    codes = write_guides(short, rhythm, FRAME_SAMPLES, notation, new_frames=384)
    planned = [plan_meaning(int(code))[:2] for code in codes[PLAN]]
    assert [planned[96 * bar + 48] for bar in range(7)] == [*CHORDS, *CHORDS[:3]]


def test_a_new_part_shorter_than_the_overlap_is_held(heard, notation):
    """A new part shorter than the overlap gets the start of the same codes."""
    whole = hold(heard, notation, lead=24, frames=50)
    assert np.array_equal(hold(heard, notation, lead=24, frames=10).tokens, whole.tokens[:, :10])


def test_harmony_that_is_not_heard_is_left_to_the_model(notation):
    """Drums alone give a beat and no chords: the plan is 0 (unknown)."""
    sound = sound_of(drums(125, 12.0))
    kept = hold(cut_at_bars(sound, 6.0, Keep.END, FRAME_SAMPLES), notation)
    assert kept.tokens[CLOCK].all()
    assert not kept.tokens[PLAN].any()


def test_without_a_beat_nothing_is_held(heard, notation):
    """If the sound has no beat, or the model's codes are not notes."""
    hiss = sound_of(0.1 * np.random.default_rng(0).standard_normal(8 * RATE_HZ))
    assert hold(cut_at_bars(hiss, 5.0, Keep.END, FRAME_SAMPLES), notation) is None
    assert hold(heard, None) is None
    assert hold(replace(heard, rhythm=None), notation) is None


def exact_codes(bars):
    """Return codes of whole bars of 24-frame beats, with a different chord in each bar."""
    tokens = np.zeros((8, bars * 96), np.int32)
    places = np.arange(bars * 96)
    first = min(code for code in range(2048) if clock_meaning(code) == (0, 24, 0))
    tokens[CLOCK] = first + places % 24
    chords = [plan_code(bar % 12, "maj", 0, 0) for bar in range(bars)]
    tokens[PLAN] = np.repeat(chords, 96) + np.tile(np.arange(4).repeat(24), bars) * 4
    return tokens


@pytest.mark.parametrize(("bars", "period"), [(2, 2), (3, 2), (6, 4), (11, 8)])
def test_exact_codes_repeat_by_phrases(heard, notation, bars, period):
    """The last 2, 4 or 8 whole bars are repeated to the frame."""
    tokens = exact_codes(bars)
    kept = hold(heard, notation, tokens=tokens, frames=1000)
    wanted = tokens[:, -96 * period :]
    assert np.array_equal(kept.tokens, np.tile(wanted, (1, 11))[:, :1000])


def test_codes_without_bars_repeat_by_the_beats_that_are_heard(heard):
    """If a model's codes are not notes, the kept codes repeat by the detected beats."""
    tokens = np.arange(8 * 700, dtype=np.int32).reshape(8, 700) % 2048
    length = heard.end.samples.shape[1] // FRAME_SAMPLES
    kept = hold(heard, None, tokens=tokens, frames=length + 50)
    beats = round(length / 24)
    assert abs(beats * 24 - length) < 3
    assert np.array_equal(kept.tokens[:, :50], tokens[:, -beats * 24 :][:, :50])
