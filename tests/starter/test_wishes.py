"""Requested attributes of training pieces, and captions that name them."""

import random as randomness
import re

import numpy as np
import pytest

from bot.starter.composer.caption_facts import DETAILED, FEELING, USUAL
from bot.starter.composer.caption_words import MOOD_WORDS
from bot.starter.composer.caption_words_chinese import MOOD_WORDS as CHINESE_MOOD_WORDS
from bot.starter.composer.captions import caption
from bot.starter.composer.compose import compose
from bot.starter.composer.instruments import LEAD_INSTRUMENTS
from bot.starter.composer.moods import MOODS
from bot.starter.composer.styles import STYLES
from bot.starter.training.data.wishes import draw_wish


@pytest.fixture(scope="module")
def wishes():
    random = randomness.Random(1)
    return [draw_wish(random) for _ in range(3000)]


def test_a_wish_need_not_be_usual_in_its_style(wishes):
    """Every instrument is requested, mostly in styles that would not choose it."""
    leads = [wish for wish in wishes if wish.lead is not None]
    assert {wish.lead for wish in leads} == set(LEAD_INSTRUMENTS)
    unusual = [wish for wish in leads if wish.lead not in STYLES[wish.style].leads]
    assert len(unusual) > 0.7 * len(leads)
    assert {wish.style for wish in wishes} == STYLES.keys()


def test_drums_are_wished_away_or_as_a_style_has_them(wishes):
    """A style without drums is only requested without them; light ones are requested often."""
    wanted = [wish for wish in wishes if wish.density is not None]
    without = [wish for wish in wanted if wish.density == "none"]
    assert 0.2 < len(without) / len(wanted) < 0.4
    assert sum(wish.density == "light" for wish in wanted) > 0.4 * (len(wanted) - len(without))
    assert all(wish.density in STYLES[wish.style].grooves for wish in wanted
               if wish.density != "none")  # fmt: skip


def test_a_piece_is_what_was_wished_for(wishes):
    """The lead plays the melody, at the requested tempo, with or without drums."""
    for number, wish in enumerate(wishes[:60]):
        piece = compose(
            number,
            style=wish.style,
            lead=wish.lead,
            beat_frames=wish.beat_frames,
            density=wish.density,
            mood=wish.mood,
        )
        assert wish.beat_frames in (None, piece.beat_frames)
        assert wish.lead in (None, piece.lead)
        assert wish.density in (None, piece.drum_density)
        assert wish.mood in (None, piece.mood)


def test_a_wished_mood_is_true_of_what_else_is_wished(wishes):
    """Every mood is requested, none at a tempo or with drums that would contradict it."""
    moody = [wish for wish in wishes if wish.mood is not None]
    assert {wish.mood for wish in moody} == MOODS.keys()
    for wish in moody:
        mood = MOODS[wish.mood]
        if wish.beat_frames is not None:
            assert mood.slowest_bpm <= 3000 / wish.beat_frames <= mood.fastest_bpm
        if wish.density is not None:
            assert mood.densities[wish.density] > 0


def test_many_wishes_are_a_mood_alone(wishes):
    """Every mood in every style; their captions are those of a feeling, all others detailed."""
    alone = [wish for wish in wishes if wish.caption_chances is FEELING]
    assert 0.35 < len(alone) / len(wishes) < 0.5
    assert {(wish.lead, wish.beat_frames, wish.density) for wish in alone} == {(None, None, None)}
    assert {wish.mood for wish in alone} == MOODS.keys()
    assert {wish.style for wish in alone} == STYLES.keys()
    assert all(wish.caption_chances is DETAILED for wish in wishes if wish.lead is not None)


def test_captions_of_a_feeling_are_short():
    """Most name the mood, and neither an instrument, a key nor the drums."""
    pieces = [compose(seed, seconds=10.0, density="steady") for seed in range(100)]
    random = np.random.default_rng(5)
    texts = [caption(piece, random, FEELING).lower() for piece in pieces for _ in range(3)]
    assert sum(_names_mood(text) for text in texts) > 0.85 * len(texts)
    more = "major|minor|大调|小调|drum|percussion|鼓|with|featuring|要有|带"
    assert sum(bool(re.search(more, text)) for text in texts) < 0.25 * len(texts)
    assert np.median([len(text) for text in texts if text.isascii()]) < 40


def test_detailed_captions_say_more():
    """Keys, moods and missing drums are named half as often again as in people's prompts."""
    pieces = [compose(seed, seconds=10.0, density="none") for seed in range(200)]
    counts = {}
    for name, chances in (("usual", USUAL), ("detailed", DETAILED)):
        random = np.random.default_rng(5)
        texts = [caption(piece, random, chances) for piece in pieces for _ in range(3)]
        keys = sum(bool(re.search("major|minor|大调|小调", text)) for text in texts)
        drums = sum(bool(re.search("drum|percussion|鼓|打击", text.lower())) for text in texts)
        moods = sum(_names_mood(text) for text in texts)
        counts[name] = (keys, drums, moods)
    assert all(
        more > 1.5 * usual for usual, more in zip(counts["usual"], counts["detailed"], strict=True)
    )


def test_a_mood_is_named_beside_the_style_or_apart():
    """Both languages say a mood before the style and after a comma."""
    piece = compose(3, style="folk", mood="sad", seconds=10.0)
    random = np.random.default_rng(0)
    texts = [caption(piece, random, DETAILED).lower() for _ in range(800)]
    for first, apart in ((r"\bsad (?:\w+ )?folk", r", sad"), ("悲伤的.*民谣", "，悲伤")):
        assert any(re.search(first, text) for text in texts)
        assert any(re.search(apart, text) for text in texts)


def _names_mood(text):
    words = [*MOOD_WORDS.values(), *CHINESE_MOOD_WORDS.values()]
    return any(word in text.lower() for each in words for word in each)
