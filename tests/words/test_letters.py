"""Letters that stand for others: Turkish i's, the long s, the kelvin sign."""

from __future__ import annotations

import re
import sys

import pytest

from bot.letters import plain_letters
from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.vocabulary import read_vocabulary
from bot.words.join import TempoAndKey, join_words
from bot.words.phrases import read_phrases
from bot.words.vocabulary import complete, known_phrases, unknown_words

STARTER = read_vocabulary(starter_folder())


def test_what_matches_a_plain_letter_is_one():
    """A word that a pattern without regard to case has found is found in a table, too."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    found = re.findall("[a-z]", everything, re.IGNORECASE)
    assert len(found) > 52
    assert all(re.fullmatch("[a-z]", plain_letters(each).lower()) for each in found)
    assert len(plain_letters(everything)) == len(everything)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("DİSCO", "disco"),
        ("hızlı pıano", "hizli piano"),
        ("ſoul, no drumſ", "soul, no drums"),
        ("roc\u212a in a mİnor key", "rock in a minor key"),
    ],
)
def test_they_are_read_as_the_letters_that_they_stand_for(text, plain):
    """What is shown is as typed."""
    assert read_phrases(text) == read_phrases(plain) != ()
    assert len(unknown_words(text, STARTER)) == len(unknown_words(plain, STARTER))
    assert all(phrase in text for phrase in known_phrases(text, STARTER))
    assert len(known_phrases(text, STARTER)) == len(known_phrases(plain, STARTER))


def test_words_in_them_are_joined_and_completed():
    """A remix and a suggestion know them, too."""
    assert complete("DİSC", STARTER, most=25) == ["disco"]
    assert "disco" not in join_words(
        "slow disco with piano", "ROCK instead of DİSCO", TempoAndKey(), most=200
    )
