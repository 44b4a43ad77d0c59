"""The pieces that the starter model learns from: what is composed, played and said of them."""

import re
import shutil

import numpy as np
import pytest

from bot.starter.composer.captions import caption, nearest_beat_frames
from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.loops import LAPS, compose_loop, loops
from bot.starter.composer.render import render_many
from bot.starter.composer.styles import STYLES
from bot.starter.composer.words import STYLE_WORDS, STYLE_WORDS_ZH

RATE_HZ = 32_000
FRAME_SAMPLES = 640
KEYS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

needs_fluidsynth = pytest.mark.skipif(
    not shutil.which("fluidsynth"), reason="needs FluidSynth: apt install fluidsynth"
)


def pieces(each=6):
    return [compose(seed, style=style) for style in STYLES for seed in range(each)]


def test_a_seed_always_gives_the_same_piece():
    """A training can be repeated: nothing but the seed decides."""
    assert compose(7) == compose(7)
    assert compose(7) != compose(8)


def test_every_style_begins_at_once_and_stays_in_range():
    """Every piece has notes from its first beat on, that MIDI can hold, at a tempo people know."""
    for piece in pieces():
        notes = [note for part in piece.parts for note in part.notes]
        assert min(note.start_beats for note in notes) < 1
        assert all(0 <= note.pitch < 128 and 0 < note.velocity < 128 for note in notes)
        assert 17 <= piece.beat_frames <= 50
        assert len(piece.parts) <= 6


def test_the_tempo_that_is_asked_for_is_kept():
    """A beat lasts the frames that were asked for, whatever the style plays usually."""
    assert compose(1, style="techno", beat_frames=40).bpm == 75


def test_a_caption_says_nothing_untrue():
    """Tempo, key, drums and the like in a caption are those of the piece."""
    random = np.random.default_rng(0)
    told = {"bpm": 0, "key": 0, "no drums": 0}
    for piece in pieces():
        for text in (caption(piece, random) for _ in range(20)):
            low = text.lower()
            if found := re.search(r"(\d{2,3}) ?(?:bpm|beats per minute|拍)", low):
                told["bpm"] += 1
                assert abs(int(found[1]) - piece.bpm) <= 0.5 + 0.04 * piece.bpm, text
            if found := re.search(r"\bin ([A-G])([#b]?) (major|minor)", text):
                told["key"] += 1
                shift = {"": 0, "#": 1, "b": -1}[found[2]]
                assert (KEYS[found[1]] + shift) % 12 == piece.tonic, text
                assert found[3] == piece.mode, text
            if any(word in low for word in ("no drums", "without drums", "drumless", "没有鼓")):
                told["no drums"] += 1
                assert piece.drum_density == "none", text
    assert min(told.values()) > 20


def test_every_number_of_beats_means_one_tempo():
    """There is a tempo within 4 % of every number that people may say."""
    for bpm in range(60, 179):
        assert 3000 / nearest_beat_frames(bpm) == pytest.approx(bpm, rel=0.04)


def test_a_caption_names_a_tempo_as_often_as_it_should():
    """Where a tempo is to be named it is, in either language; where not, it is not."""
    random = np.random.default_rng(1)
    for piece in pieces()[:20]:
        for names in (0.0, 1.0):
            texts = [caption(piece, random, names) for _ in range(10)]
            named = [bool(re.search(r"(?<!\d)(?:[6-9]\d|1\d\d)(?![\ds年'])", t)) for t in texts]
            assert all(each == bool(names) for each in named), texts


def test_every_style_has_names_in_both_languages():
    """Nobody asks for a style by a word that is not there."""
    assert STYLES.keys() == STYLE_WORDS.keys() == STYLE_WORDS_ZH.keys()


@needs_fluidsynth
def test_pieces_are_played_at_their_length_and_level():
    """What is rendered together is cut apart exactly, finite, unclipped and equally loud."""
    asked = [compose(seed, style=style, seconds=4) for seed, style in enumerate(STYLES)]
    for piece, sound in zip(asked, render_many(asked), strict=True):
        assert sound.shape == (4 * RATE_HZ,), piece.style
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() < 0.95
        assert 0.03 < np.sqrt(np.square(sound).mean()) < 0.2, piece.style


@needs_fluidsynth
def test_a_loop_that_comes_back_sounds_the_same():
    """The same notes at the same place of a beat give the same samples, so the same codes."""
    piece = compose(3, style="techno", seconds=20, beat_frames=24)
    bar = piece.beat_frames * piece.beats_per_bar * FRAME_SAMPLES
    [sound] = render_many([piece])
    bars = sound[: len(sound) // bar * bar].reshape(-1, bar)
    alike = np.corrcoef(bars)
    np.fill_diagonal(alike, 0)
    assert alike.max() > 0.9999


def test_every_style_has_a_loop_for_every_tempo():
    """All styles are heard equally often, each song at each tempo, the usual ones most."""
    every = list(loops())
    for style in STYLES.values():
        own = [loop for loop in every if loop.style == style.name]
        assert sum(loop.share for loop in own) == pytest.approx(1 / len(STYLES))
        for song in {loop.song for loop in own}:
            tempos = {loop.beat_frames for loop in own if loop.song == song}
            assert tempos == set(BEAT_FRAMES)


@needs_fluidsynth
def test_the_laps_of_a_loop_sound_the_same():
    """From the second on each lap follows itself: the codes of one are the codes of all."""
    chosen = list(loops())[::97]
    composed = [compose_loop(loop) for loop in chosen]
    for (piece, frames), sound in zip(
        composed, render_many([piece for piece, _ in composed]), strict=True
    ):
        assert len(sound) == LAPS * frames * FRAME_SAMPLES
        _, second, third = np.split(sound, LAPS)
        assert np.square(third - second).sum() < 0.02 * np.square(second).sum(), piece.style
