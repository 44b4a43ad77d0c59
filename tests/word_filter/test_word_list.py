"""Word lists: which disguises are matched, and what is not matched."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import RequestError
from bot.word_filter.word_list import (
    MAX_ENTRY_CHARACTERS,
    TOO_WIDE,
    UNREADABLE,
    WordList,
    read_entry,
)

LETTERS = st.text(string.ascii_lowercase, min_size=3, max_size=12)
DISGUISES = {
    "upper case": str.upper,
    "full width": lambda word: "".join(chr(ord(each) + 0xFEE0) for each in word),
    "bold script": lambda word: "".join(chr(0x1D4EA + ord(each) - 97) for each in word),
    "circles": lambda word: "".join(chr(0x24D0 + ord(each) - 97) for each in word),
    "squares": lambda word: "".join(chr(0x1F170 + ord(each) - 97) for each in word),
    "flags": lambda word: "".join(chr(0x1F1E6 + ord(each) - 97) for each in word),
    "accents": lambda word: "".join(f"{each}\u0301\u0323" for each in word),
    "nothing between": lambda word: "\u200b".join(word),
    "soft hyphens": lambda word: "\u00ad".join(word),
    "variation selectors": lambda word: "\U000e0100".join(word),
    "invisible vowels": lambda word: "\u17b5\u180b".join(word),
    "fillers": lambda word: f"{word[0]}\u3164{word[1]}\uffa0{word[2:]}",
    "a filler before": lambda word: f"fine\u115f{word}",
    "spaces": " ".join,
    "dots": ".".join,
    "underscores": "_".join,
    "dashes": " - ".join,
    "Cyrillic": lambda word: word.translate(str.maketrans("aeopcxy", "аеорсху")),
    "Armenian": lambda word: word.translate(str.maketrans("hnou", "հոօս")),
    "small capitals": lambda word: word.translate(str.maketrans("abcdehikt", "ᴀʙᴄᴅᴇʜɪᴋᴛ")),
    "digits": lambda word: word[0] + word[1:].translate(str.maketrans("aeiost", "431057")),
    "drawn out": lambda word: word + 4 * word[-1],
    "quoted": lambda word: f'"{word}"',
    "starred": lambda word: f"**{word}**",
}


def finds(entry, text):
    return WordList([read_entry(entry)]).find(text) is not None


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(word=LETTERS)
def test_a_word_is_found_in_each_disguise(disguise, word):
    """Alone and within a sentence."""
    hidden = DISGUISES[disguise](word)
    assert finds(word, hidden)
    assert finds(word, f"90s rock, {hidden} and drums")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(word=LETTERS, before=LETTERS, after=LETTERS)
def test_a_word_is_not_found_inside_a_longer_one_unless_asked_for(word, before, after):
    """A star at the end of an entry stands for any letters."""
    # A repeated last letter counts as the word drawn out.
    assume(before[-1] != word[0] and after[0] != word[-1])
    longer = before + word + after
    assert not finds(word, longer)
    assert finds(f"*{word}*", longer)
    assert finds(f"{word}*", word + after)
    assert finds(f"*{word}", before + word)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(word=st.text("abc", min_size=3, max_size=8), text=st.text("abc ", max_size=40))
def test_plain_words_are_matched_as_whole_words(word, text):
    """Except that letters may be repeated or separated."""
    drawn_out = any(3 * each in text for each in "abc")
    if finds(word, text) and not drawn_out:
        assert word in text.split() or word in text.replace(" ", "")
    if word in text.split():
        assert finds(word, text)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("bas", "bass drums"),
        ("hell", "he'll be back"),
        ("ill", "I'll take jazz"),
        ("bob", "a 808 and a 303 at 120 BPM"),
        ("ass", "as soon as so"),
        ("anus", "an us funk"),
        ("bad word", "badword"),
        ("1488", "14 at 88 BPM"),
        ("сор", "сорок"),
    ],
)
def test_similar_words_are_not_matched(entry, text):
    """Other words of music are allowed although they contain the same letters."""
    assert not finds(entry, text)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("sucks", "it $ucks"),
        ("duck", "d*ck"),
        ("two words", "two   Words"),
        ("two words", "two-words"),
        ("傻瓜", "你是傻瓜吗"),
        ("сука", "СУКА"),
        ("straße", "STRASSE"),
        ("/ba+nd/", "the BAAAND"),
        (r"/\bx{3}\b/", "so xxx"),
        ("/сук[аи]/", "СУКИ"),
        ("/scho?ö+n/", "schön"),
        ("/scho?ö+n/", "SCHO\u0308N"),
        ("/καλ+ό/", "κα\u200bλλό"),
        ("/straße/", "Straße"),
        ("1488", "１４８８"),
        ("b4d", "B4D"),
    ],
)
def test_disguises_in_other_scripts_are_matched(entry, text):
    """Symbols for letters, phrases, scripts without spaces, patterns, numbers."""
    assert finds(entry, text)


def test_entries_are_normalized():
    """Spaces and case are ignored, except in a pattern."""
    assert read_entry("  Bad   WORD ") == "bad word"
    assert read_entry(r"/\D+x/") == r"/\D+x/"


@pytest.mark.parametrize("entry", ["", "*", "a", "a*", "...", "/a*/", "/(?:)/"])
def test_entries_that_match_everything_are_refused(entry):
    """Such an entry would refuse every prompt."""
    with pytest.raises(RequestError) as caught:
        read_entry(entry)
    assert caught.value.sentence == TOO_WIDE


@pytest.mark.parametrize("entry", ["/(a/", r"/(a)\1/", "/a(?=b)/", "/(?:a{1000}){1000}/"])
def test_patterns_without_linear_matching_are_refused(entry):
    """And patterns that are too large."""
    with pytest.raises(RequestError) as caught:
        read_entry(entry)
    assert caught.value.sentence == UNREADABLE


def test_entries_have_a_maximum_length():
    """Whatever a modal or an option allows."""
    assert read_entry("ab " * 26 + "x")
    with pytest.raises(RequestError):
        read_entry("ab" * MAX_ENTRY_CHARACTERS)


@pytest.mark.parametrize("entry", ["/(a*)*(a|aa)+b.*c/", "a*a*a*b", "*a*a*a*x", "aaaa aaaa aaaa b"])
def test_matching_takes_linear_time(entry):
    """Also for patterns on which a backtracking matcher would never end."""
    # A backtracking matcher would need 2 to the power of 100,000 steps.
    assert not finds(entry, "a" * 100_000 + "!")
