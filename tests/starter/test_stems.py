"""The built-in model's stems: separate codebooks, notes in tune, and different seeds.

Its codes also contain the bars, on which the turns of a jam are joined.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.audio.notation import load_notation
from bot.audio.score import read_bars
from bot.domain.generation import GenerationRequest
from bot.domain.jams import NewJam
from bot.models import registry
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.engine.engine import Engine
from bot.musicgen.model import load_model
from bot.starter.training.data.codebooks import BOOKS, DRUMS, PITCHED, SILENCE, STEMS, drum_codes
from bot.store.store import open_store
from bot.words.muted_stems import muted_stems
from tests.musicgen.test_engine import run
from tests.support.starter_turns import take_turn
from tests.support.stored_jobs import Clock

SEEDS = range(4)
SECONDS = 4.0
BPM = 120
PLAYED = ("rock with drums", "funk, slap bass", "techno", "piano")
HELD = ((7, "flute", 70), (7, "violin", 74), (4, "organ", 60), (3, "synth bass", 38))


@pytest.fixture(scope="module")
def folder():
    return registry.starter_folder()


@pytest.fixture(scope="module")
def model(folder, kernel_cache):
    return load_model(folder, requests=8, cache=kernel_cache)


def clips(model, prompt, **options):
    wishes = [
        GenerationRequest(
            seconds=SECONDS, seed=seed, prompt=prompt, sampling=model.sampling, **options
        )
        for seed in SEEDS
    ]
    return [clip.tokens for clip in run(Engine(model), *wishes)]


def test_the_checkpoint_says_which_codebooks_are_which_stem(folder):
    """The stems offered to people are those of the training."""
    assert {stem.name: tuple(stem.codebooks) for stem in inspect(folder).config.stems} == dict(
        STEMS
    )


def test_silence_is_no_sound(folder):
    """Code 0 of every codebook has a zero vector, as have all codes of clock and plan."""
    weights = load_file(folder / "model.safetensors")
    for book in range(len(BOOKS)):
        vectors = weights[f"audio_encoder.quantizer.layers.{book}.codebook.embed"]
        assert not vectors[SILENCE].any()
        assert vectors.any() == (book >= DRUMS)


def test_held_notes_are_in_tune(model):
    """Most power of a held note is at multiples of its pitch, not of 50 Hz."""
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
    """Any two differ in over a third of the frames in which either plays."""
    takes = clips(model, "90s rock song with loud guitars and heavy drums")
    for one, other in combinations(takes, 2):
        plays = (one[DRUMS:] > 0) | (other[DRUMS:] > 0)
        assert (one[DRUMS:] != other[DRUMS:])[plays].mean() > 1 / 3


def test_no_drums_are_no_drums(model):
    """If the model does not follow the words, the stem is muted."""
    prompt = "calm folk with flute, no drums"
    for take in clips(model, prompt, muted=muted_stems(prompt, tuple(STEMS), ())):
        struck = [drum_codes().drum_set(int(code)) for code in take[DRUMS]]
        assert not any(struck)


async def test_every_turn_of_a_jam_joins_on_the_bar(tmp_path, model, folder):
    """Whatever the first turn's tempo is, also on a track without codes."""
    async with open_store(tmp_path, Clock()) as store:
        jam = await store.jams.begin(
            NewJam(
                key="1", guild_id=10, channel_id=5, user_id=1, name="A", title="T", style=None,
                bpm=BPM, music_key=None, bars=1, in_rotation=False, most_seconds=60.0,
            )
        )  # fmt: skip
        turns = [
            await take_turn(store, model, jam, words, seed=seed, keeps_codes=words != PLAYED[-1])
            for seed, words in enumerate(PLAYED)
        ]
        grid, last = turns[0].grid, turns[-1]
        assert grid.bpm == pytest.approx(BPM, rel=0.2)
        for number, turn in enumerate(turns):
            assert turn.grid == grid
            assert turn.seconds_before == pytest.approx(number * grid.bar_seconds)
            assert turn.sound.seconds == pytest.approx((number + 1) * grid.bar_seconds)
        # The track's clock continues through all turns.
        notation = load_notation(folder)
        assert notation is not None
        bars = read_bars(last.codes.tokens, notation)
        assert bars.first_frame == 0
        assert bars.beat_frames / notation.frames_per_second == grid.beat_seconds
        from_sound = await take_turn(store, model, jam, "strings", seed=len(PLAYED))
        assert from_sound.codes is None
        assert from_sound.grid == grid
        assert from_sound.sound.seconds == pytest.approx(5 * grid.bar_seconds, abs=1e-4)
        assert await store.check() == []
