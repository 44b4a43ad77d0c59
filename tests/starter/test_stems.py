"""The built-in model's codebooks are stems, its held notes in tune, and its seeds different."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.domain.generation import GenerationRequest
from bot.models import registry
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.engine.engine import Engine
from bot.musicgen.model import load_model
from bot.starter.training.data.codebooks import BOOKS, DRUMS, PITCHED, SILENCE, STEMS, drum_codes
from tests.musicgen.test_engine import run

SEEDS = range(4)
SECONDS = 4.0
HELD = ((7, "flute", 70), (7, "violin", 74), (4, "organ", 60), (3, "synth bass", 38))


@pytest.fixture(scope="module")
def folder():
    return registry.starter_folder()


@pytest.fixture(scope="module")
def model(folder, kernel_cache):
    return load_model(folder, requests=8, cache=kernel_cache)


def clips(model, prompt):
    wishes = [
        GenerationRequest(seconds=SECONDS, seed=seed, prompt=prompt, sampling=model.sampling)
        for seed in SEEDS
    ]
    return [clip.tokens for clip in run(Engine(model), *wishes)]


def test_the_checkpoint_says_which_codebooks_are_which_stem(folder):
    """The stems that people are offered are those that the training made."""
    assert {stem.name: tuple(stem.codebooks) for stem in inspect(folder).config.stems} == dict(
        STEMS
    )


def test_silence_is_no_sound(folder):
    """Code 0 of every codebook has no vector, and the clock and the plan have none at all."""
    weights = load_file(folder / "model.safetensors")
    for book in range(len(BOOKS)):
        vectors = weights[f"audio_encoder.quantizer.layers.{book}.codebook.embed"]
        assert not vectors[SILENCE].any()
        assert vectors.any() == (book >= DRUMS)


def test_held_notes_are_in_tune(model):
    """Most of what is heard of a held note lies at multiples of its own pitch, not of 50 Hz."""
    shares = []
    for book, instrument, pitch in HELD:
        layout = PITCHED[book]
        codes = np.zeros((len(BOOKS), 70), np.int32)
        for stage, age in enumerate(layout.ages):
            codes[book, 5 + age : 60] = layout.code(layout.state(instrument, pitch), stage)
        sound = model.codec.decode(codes[None])[0, 16_000:35_200]
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16)) ** 2
        hz = np.fft.rfftfreq(1 << 16, 1 / 32_000)
        low = hz < 3_500
        pitch_hz = 440.0 * 2 ** ((pitch - 69) / 12)
        partial = np.round(hz / pitch_hz)
        near = (partial >= 1) & (np.abs(hz - partial * pitch_hz) < np.maximum(4, 0.006 * hz))
        shares.append(power[near & low].sum() / power[low].sum())
    assert np.mean(shares) > 0.6


def test_four_seeds_are_four_pieces(model):
    """Any two differ in more than a third of the frames in which either plays."""
    takes = clips(model, "90s rock song with loud guitars and heavy drums")
    for one, other in combinations(takes, 2):
        plays = (one[DRUMS:] > 0) | (other[DRUMS:] > 0)
        assert (one[DRUMS:] != other[DRUMS:])[plays].mean() > 1 / 3


def test_no_drums_are_no_drums(model):
    """Who wants none hears none."""
    for take in clips(model, "calm folk with flute, no drums"):
        struck = [drum_codes().drum_set(int(code)) for code in take[DRUMS]]
        assert not any(struck)
