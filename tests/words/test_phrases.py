"""Parsing the musical meaning of a text."""

from __future__ import annotations

import pytest

from bot.words import chinese, english
from bot.words.facets import Degree, Facet
from bot.words.muted_stems import muted_stems
from bot.words.phrases import read_phrases


def found(text):
    return [(each.facet, each.name, text[each.start : each.stop]) for each in read_phrases(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s rock", [(Facet.ERA, "90s", "90s"), (Facet.STYLE, "rock", "rock")]),
        ("drum and bass", [(Facet.STYLE, "drum and bass", "drum and bass")]),
        ("Slow Jazz", [(Facet.PACE, "slow", "Slow"), (Facet.STYLE, "jazz", "Jazz")]),
        ("in C# minor", [(Facet.KEY, "C# minor", "in C# minor")]),
        ("key of B flat major", [(Facet.KEY, "Bb major", "key of B flat major")]),
        ("in a minor key", [(Facet.KEY, "minor", "in a minor key")]),
        ("a minor blues", [(Facet.STYLE, "blues", "blues")]),
        ("降B大调", [(Facet.KEY, "Bb major", "降B大调")]),
        ("tempo 120", [(Facet.TEMPO, "120", "tempo 120")]),
        ("at 97.5 bpm", [(Facet.TEMPO, "97.5", "at 97.5 bpm")]),
        ("每分钟90拍", [(Facet.TEMPO, "90", "每分钟90拍")]),
        ("三拍子", [(Facet.METER, "3/4", "三拍子")]),
        ("rocket science", []),
        ("no drums", [(Facet.DRUMS, "none", "no drums")]),
        ("remove all drums", [(Facet.DRUMS, "none", "remove all drums")]),
    ],
)
def test_words_tempi_and_keys_are_parsed(text, expected):
    """Whole words only, the longest match, in either language."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("jazzier", Degree.MORE),
        ("a bit more jazz", Degree.MORE),
        ("爵士一点", Degree.MORE),
        ("less jazz", Degree.LESS),
        ("not so dark", Degree.LESS),
        ("without piano", Degree.LESS),
        ("不要钢琴", Degree.LESS),
        ("jazz", Degree.PLAIN),
    ],
)
def test_degrees_are_parsed(text, degree):
    """The words of the degree belong to the phrase."""
    (phrase,) = read_phrases(text)
    assert (phrase.degree, phrase.start, phrase.stop) == (degree, 0, len(text))


def test_what_describes_an_instrument_is_within_its_phrase():
    """Otherwise "calmer" would not know that it contradicts the loud guitars."""
    text = "rock with loud guitars"
    assert found(text)[1:] == [
        (Facet.MOOD, "loud", "loud"),
        (Facet.INSTRUMENT, "guitar", "loud guitars"),
    ]
    assert (Facet.INSTRUMENT, "piano", "piano") in found("sad piano")


@pytest.mark.parametrize(
    ("prompt", "kept", "unwanted"),
    [
        ("disco, no drums", (), ("drums",)),
        ("disco without percussion", ("bass",), ("drums",)),
        ("慢歌，不要鼓", (), ("drums",)),
        ("disco", (), ()),
        ("disco with heavy drums", (), ()),
        ("no drums at first, then heavy drums", (), ()),
        ("disco, no drums", ("drums",), ()),  # both are mentioned, and one was chosen
        ("disco, no drums", ("bass", "lead"), ()),  # nothing would be left to generate
        (None, (), ()),
    ],
)
def test_excluded_drums_are_muted(prompt, kept, unwanted):
    """If the model has them as a stem."""
    assert muted_stems(prompt, ("drums", "bass", "lead"), kept) == unwanted
    assert muted_stems(prompt, (), kept) == ()


def test_every_vocabulary_word_has_its_meaning():
    """None is hidden by a longer one, and none has two meanings."""
    kinds = {
        Facet.STYLE: [english.STYLES, english.STYLES_MORE, chinese.STYLES],
        Facet.ERA: [english.ERAS, chinese.ERAS],
        Facet.MOOD: [english.MOODS, english.MOODS_MORE, chinese.MOODS],
        Facet.PACE: [english.PACES, english.PACES_MORE, chinese.PACES],
        Facet.METER: [english.METERS, chinese.METERS],
        Facet.INSTRUMENT: [english.INSTRUMENTS, chinese.INSTRUMENTS],
        Facet.DRUMS: [english.DRUMS, chinese.DRUMS],
    }
    for facet, tables in kinds.items():
        for words in tables:
            for name, spelled in words.items():
                for word in spelled.split("|"):
                    (phrase,) = read_phrases(word)
                    assert (phrase.facet, phrase.name) == (facet, name), word
