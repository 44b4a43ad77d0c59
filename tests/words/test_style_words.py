"""Styles that are added to a prompt, and random words."""

from __future__ import annotations

import pytest

from bot.words.facets import Facet
from bot.words.phrases import read_phrases
from bot.words.random_words import roll_words
from bot.words.style_words import with_style


@pytest.mark.parametrize(
    ("typed", "style", "words"),
    [
        ("slow piano", "lo-fi, vinyl crackle", "slow piano, lo-fi, vinyl crackle"),
        ("fast metal", "vinyl crackle, calm, slow", "fast metal, vinyl crackle"),
        ("funk, 120 BPM", "90 BPM, slap bass", "funk, 120 BPM, slap bass"),
        ("jazz in A minor", "C major, brushed drums", "jazz in A minor, brushed drums"),
        ("80s pop", "90s, synth", "80s pop, synth"),
        ("lo-fi piano", "LO-FI, rain", "lo-fi piano, rain"),
        ("慢速爵士", "钢琴", "慢速爵士，钢琴"),
        (None, "rain", "rain"),
        ("rain", None, "rain"),
        (None, None, None),
    ],
)
def test_typed_words_precede_the_style(typed, style, words):
    """Parts of the style that contradict or repeat the prompt are dropped."""
    assert with_style(typed, style, most=400) == words


def test_style_words_are_cut_to_the_prompt_limit():
    """By whole parts; the typed prompt is never cut."""
    assert with_style("rock", "a very long part indeed, loud", most=12) == "rock, loud"
    assert with_style("rock", "loud", most=5) == "rock"


def test_random_words_are_deterministic_by_seed():
    """They are on cards and in files, so that later versions must draw the same."""
    assert roll_words(3, most=400) == "loud 70s jazz with brass, 125 BPM"
    assert roll_words(3, most=400, attempt=1) != roll_words(3, most=400)
    assert len({roll_words(seed, most=400) for seed in range(50)}) > 45


def test_random_words_can_be_parsed():
    """A style, a mood, an instrument and a tempo, each of which a remix can change."""
    for seed in range(50):
        facets = {each.facet for each in read_phrases(roll_words(seed, most=400))}
        assert {Facet.STYLE, Facet.MOOD, Facet.INSTRUMENT, Facet.TEMPO} <= facets, seed


def test_random_words_fill_only_what_a_style_leaves_open():
    """The style comes first."""
    for seed in range(20):
        words = roll_words(seed, "calm lo-fi, 80 BPM", most=400)
        assert words.startswith("calm lo-fi, 80 BPM, ")
        facets = [each.facet for each in read_phrases(words)]
        assert facets.count(Facet.STYLE) == facets.count(Facet.TEMPO) == 1
        assert Facet.INSTRUMENT in facets
    whole = "calm lo-fi, 80 BPM, piano"
    assert roll_words(1, whole, most=400) == whole
