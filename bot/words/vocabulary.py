"""Which words of a text the model knows, and which words people can choose from.

A vocabulary is the set of a model's words, or None for one that understands every word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.letters import plain_letters
from bot.words import chinese, english
from bot.words.facets import Facet
from bot.words.keys import remove_keys
from bot.words.phrases import read_phrases

Vocabulary = frozenset[str]

# As the built-in model's tokenizer splits: numbers, Chinese characters, letters.
_PIECE = re.compile(r"\d+|[\u3040-\u9fff]|[^\W\d\u3040-\u9fff]+")
_RUN = re.compile(r"[\u3040-\u9fff]+|[^\s,;:!?()\"，；：！？、。（）\u3040-\u9fff]+")
_IS_CHINESE = re.compile(r"[\u3040-\u9fff]")
# Words without musical meaning, which are not reported as unknown.
_SMALL = frozenset(
    "a about after all am an are as at be been before but by from had has have he her his in is it "
    "its me my of on or our out she so some such than that the their them then there they this to "
    "too up us very was we were what when which while who will with would you your".split()
)
_LEAST_NUMBER = 10
_MOST_SHOWN = 8
_TO_CHOOSE: tuple[tuple[Facet, english.Words, chinese.Words], ...] = (
    (Facet.STYLE, english.STYLES, chinese.STYLES),
    (Facet.INSTRUMENT, english.INSTRUMENTS, chinese.INSTRUMENTS),
    (Facet.MOOD, english.MOODS, chinese.MOODS),
    (Facet.PACE, english.PACES, chinese.PACES),
    (Facet.ERA, english.ERAS, chinese.ERAS),
)


def unknown_words(text: str, vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """Return the words of a text that a model ignores, as typed, each once."""
    if vocabulary is None:
        return ()
    if {"major", "minor"} <= vocabulary:
        text = remove_keys(text)
    found = dict.fromkeys(word for run in _RUN.findall(text) for word in _missing(run, vocabulary))
    return tuple(found)[:_MOST_SHOWN]


def known_phrases(text: str, vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """Return the musical phrases of a text that a model knows, as typed, each once."""
    phrases = [text[phrase.start : phrase.stop].strip() for phrase in read_phrases(text)]
    heard = dict.fromkeys(each for each in phrases if not unknown_words(each, vocabulary))
    # The description of an instrument is also within the instrument's phrase.
    whole = [each for each in heard if not any(each in other and each != other for other in heard)]
    return tuple(whole)[:_MOST_SHOWN]


def words_to_choose(
    facet: Facet, vocabulary: Vocabulary | None, *, chinese_words: bool
) -> tuple[str, ...]:
    """Return the usual word for everything that a model knows of a facet, in one language."""
    english_words, others = next(each[1:] for each in _TO_CHOOSE if each[0] is facet)
    words = others if chinese_words else english_words
    usual = (spelled.split("|")[0] for spelled in words.values())
    return tuple(word for word in usual if not unknown_words(word, vocabulary))


def complete(typed: str, vocabulary: Vocabulary | None, *, most: int) -> list[str]:
    """Return completions of the last word of a text that is being typed."""
    begun = re.search(r"[\u3040-\u9fff]+$|[^\s,，、]+$", typed)
    if begun is None:
        return []
    before, stem = typed[: begun.start()], plain_letters(begun[0]).casefold()
    is_chinese = _IS_CHINESE.match(stem) is not None
    texts = []
    for facet, *_ in _TO_CHOOSE:
        for word in words_to_choose(facet, vocabulary, chinese_words=is_chinese):
            if word.startswith(stem) and word != stem and word not in before.casefold():
                texts.append(before + word)
    return texts[:most]


def _missing(run: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the unknown parts of a run without gaps: a word, or Chinese characters."""
    plain = unicodedata.normalize("NFKC", plain_letters(run)).lower()
    pieces = _PIECE.findall(plain)
    if not _IS_CHINESE.match(run):
        if any(not _passes(piece, vocabulary) for piece in pieces):
            yield run.strip(".'’-_*#@`~|<>/\\&")
        return
    yield from "".join(" " if sign in vocabulary else sign for sign in plain).split()


def _passes(piece: str, vocabulary: Vocabulary) -> bool:
    if piece.isdecimal():
        return piece in vocabulary or len(piece) < 2 or int(piece) < _LEAST_NUMBER
    return piece in vocabulary or piece in _SMALL
