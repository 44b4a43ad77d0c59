"""Captions of composed pieces: true, in two languages, with the intended frequencies."""

import re
from dataclasses import replace

import numpy as np
import pytest

from bot.starter.composer import caption_words, caption_words_chinese
from bot.starter.composer.caption_facts import USUAL, facts_of
from bot.starter.composer.captions import caption, nearest_beat_frames
from bot.starter.composer.compose import compose
from bot.starter.composer.instruments import (
    BASS_INSTRUMENTS,
    CHORD_INSTRUMENTS,
    LEAD_INSTRUMENTS,
)
from bot.starter.composer.moods import MOODS
from bot.starter.composer.styles import STYLES

KEYS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def test_a_caption_says_nothing_untrue(pieces):
    """Tempo, key, drums and the like in a caption are those of the piece."""
    random = np.random.default_rng(0)
    counts = {"bpm": 0, "key": 0, "no drums": 0, "melody": 0, "meter": 0}
    for piece in pieces:
        for text in (caption(piece, random) for _ in range(12)):
            low = text.lower()
            if found := re.search(r"(\d{2,3}) ?(?:bpm|beats per minute|拍)", low):
                counts["bpm"] += 1
                assert abs(int(found[1]) - piece.bpm) <= 0.5 + 0.04 * piece.bpm, text
            if found := re.search(r"\b([A-G])([#b]?) (major|minor)", text):
                counts["key"] += 1
                shift = {"": 0, "#": 1, "b": -1}[found[2]]
                assert (KEYS[found[1]] + shift) % 12 == piece.tonic, text
                assert found[3] == piece.mode, text
            without = ("no drums", "without drums", "drumless", "没有鼓", "不要鼓", "无鼓")
            if any(word in low for word in without):
                counts["no drums"] += 1
                assert piece.drum_density == "none", text
            if found := re.search(r"\b(violin|cello|oboe|banjo|sitar) (?:melody|solo)\b", low):
                counts["melody"] += 1
                assert facts_of(piece).lead == found[1], text
            if "小提琴旋律" in low or "用小提琴演奏" in low:
                counts["melody"] += 1
                assert facts_of(piece).lead == "violin", text
            if "3/4" in low or "6/8" in low:
                counts["meter"] += 1
                assert piece.beats_per_bar == (3 if "3/4" in low else 2), text
    assert counts["bpm"] > 500
    assert counts["key"] > 200
    assert counts["no drums"] > 100
    assert min(counts.values()) > 3


def test_captions_name_what_they_should_as_often_as_they_should(pieces):
    """Style, lead and tempo are named in the shares that the training assumes."""
    random = np.random.default_rng(2)
    texts = [caption(piece, random) for piece in pieces for _ in range(4)]
    tempo = sum(bool(re.search(r"(?<!\d)(?:[5-9]\d|1\d\d)(?![\dsS年'])", text)) for text in texts)
    assert 0.3 < tempo / len(texts) < 0.5
    assert 0.15 < sum(bool(re.search("[一-鿿]", text)) for text in texts) / len(texts) < 0.4
    assert len(set(texts)) > 0.8 * len(texts)
    assert max(map(len, texts)) < 300


def test_every_number_of_beats_means_one_tempo():
    """Every number that people may write has a tempo within 4 %."""
    for bpm in range(60, 179):
        assert 3000 / nearest_beat_frames(bpm) == pytest.approx(bpm, rel=0.04)


def test_a_caption_names_a_tempo_as_often_as_it_should(pieces):
    """A caption that should name a tempo does, in both languages; others do not."""
    random = np.random.default_rng(1)
    for piece in pieces[::12]:
        for names in (0.0, 1.0):
            texts = [caption(piece, random, replace(USUAL, tempo=names)) for _ in range(10)]
            named = [bool(re.search(r"(?<!\d)(?:[5-9]\d|1\d\d)(?![\dsS年'])", t)) for t in texts]
            assert all(each == bool(names) for each in named), texts


def test_everything_has_names_in_both_languages():
    """Every style, mood and instrument has a word in both."""
    assert (
        STYLES.keys()
        == caption_words.STYLE_WORDS.keys()
        == caption_words_chinese.STYLE_WORDS.keys()
    )
    assert (
        MOODS.keys() == caption_words.MOOD_WORDS.keys() == caption_words_chinese.MOOD_WORDS.keys()
    )
    assert MOODS.keys() == caption_words.MOOD_COMPARATIVES.keys()
    played = {*LEAD_INSTRUMENTS, *CHORD_INSTRUMENTS, *BASS_INSTRUMENTS}
    assert played <= caption_words_chinese.INSTRUMENT_WORDS.keys()
    assert caption_words.TRAIT_WORDS.keys() == caption_words_chinese.TRAIT_WORDS.keys()


def test_captions_use_the_words_of_the_article_s_prompts():
    """Pieces of a style have the words by which the article asks for it."""
    random = np.random.default_rng(3)
    for style, asked in {
        "80s pop": ("bassy drums", "synth"),
        "90s rock": ("loud guitars", "heavy drums"),
        "blues": ("groovy", "sax"),
        "punk": ("密集的鼓点", "80s"),
    }.items():
        missing = set(asked)
        for seed in range(400):
            text = caption(compose(seed, style=style), random).lower()
            missing = {word for word in missing if word not in text}
            if not missing:
                break
        assert not missing, style


def test_a_melody_instrument_s_own_name_is_no_other_s():
    """Who asks for a trumpet never means the muted one."""
    own = {name: caption_words.INSTRUMENT_WORDS.get(name, (name,))[0] for name in LEAD_INSTRUMENTS}
    assert len(set(own.values())) == len(own)
    for instrument, words in caption_words.INSTRUMENT_WORDS.items():
        assert not set(words) & {word for name, word in own.items() if name != instrument}
