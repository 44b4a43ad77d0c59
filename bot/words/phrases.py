"""Find the musical phrases of a text, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from bot.letters import plain_letters
from bot.words import chinese, english
from bot.words.facets import Degree, Facet, Phrase
from bot.words.keys import find_keys

_ENGLISH: tuple[tuple[Facet, Degree, english.Words], ...] = (
    (Facet.STYLE, Degree.PLAIN, english.STYLES),
    (Facet.STYLE, Degree.MORE, english.STYLES_MORE),
    (Facet.ERA, Degree.PLAIN, english.ERAS),
    (Facet.MOOD, Degree.PLAIN, english.MOODS),
    (Facet.MOOD, Degree.MORE, english.MOODS_MORE),
    (Facet.PACE, Degree.PLAIN, english.PACES),
    (Facet.PACE, Degree.MORE, english.PACES_MORE),
    (Facet.METER, Degree.PLAIN, english.METERS),
    (Facet.INSTRUMENT, Degree.PLAIN, english.INSTRUMENTS),
    (Facet.DRUMS, Degree.PLAIN, english.DRUMS),
)
_CHINESE: tuple[tuple[Facet, Degree, chinese.Words], ...] = (
    (Facet.STYLE, Degree.PLAIN, chinese.STYLES),
    (Facet.ERA, Degree.PLAIN, chinese.ERAS),
    (Facet.MOOD, Degree.PLAIN, chinese.MOODS),
    (Facet.PACE, Degree.PLAIN, chinese.PACES),
    (Facet.METER, Degree.PLAIN, chinese.METERS),
    (Facet.INSTRUMENT, Degree.PLAIN, chinese.INSTRUMENTS),
    (Facet.DRUMS, Degree.PLAIN, chinese.DRUMS),
)

_TEMPO = re.compile(
    r"(?:\b(?:at|tempo(?: of)?|bpm)\s*|速度\s*|每分钟\s*)?(?<![\d.])(?P<a>\d{2,3}(?:\.\d+)?)"
    r"\s*-?\s*(?:bpm(?:\s+tempo)?\b|beats\s+(?:per|a)\s+minute|拍(?!子))"
    r"|\b(?:tempo(?: of)?|bpm)\s*(?P<b>\d{2,3}(?:\.\d+)?)(?![\d.])|速度\s*(?P<c>\d{2,3})",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:\b(?:a\s+(?:bit|little|lot|touch)\s+(?:of\s+)?(?:more\s+)?|(?:even\s+|much\s+)?more\s+|"
    r"much\s+)|更加?|再)$",
    re.IGNORECASE,
)
_MORE_AFTER = re.compile(r"(?:的)?(?:一点儿?|一些|点儿)")
_LESS = re.compile(
    r"(?:\b(?:less|fewer|not\s+so|not\s+as|not\s+too)\s+|少一?[点些]?)$", re.IGNORECASE
)
_NONE = re.compile(
    r"(?:\b(?:with(?:out|\s+no)|no|remove|drop|lose|take\s+out|minus|instead\s+of|rather\s+than)\s+"
    r"(?:the\s+|any\s+|all\s+)?|不要|没有|去掉|不带|无|而不是)$",
    re.IGNORECASE,
)
_BEFORE_PLAYERS = re.compile(
    r"(?:\b(?:with|and|plus|featuring|add|has|have|of|some|more|fewer|a|the|no|without)|[,&，、]|"
    r"instead|than|[有带和加上])\s*$",
    re.IGNORECASE,
)
_AFTER_PLAYERS = re.compile(
    r"\s*(?:$|[,.;!，。、]|(?:and|with|plus|in|at|please|solo|melody)\b|[和、请])", re.IGNORECASE
)
_LIGHT = re.compile(r"\b(?:light|lighter|big|deep|bassy|punchy|distorted|lots\s+of)\s*$", re.I)


def read_phrases(text: str) -> tuple[Phrase, ...]:
    """Return the musical phrases of a text, in order.

    A description of an instrument or the drums ("loud" in "with loud guitars") is within their
    phrase and also a phrase of its own. Others don't overlap.
    """
    text = plain_letters(text)
    found = [*_tempi(text), *find_keys(text)]
    for phrase in _from_vocabulary(text):
        if not any(phrase.start < each.stop and each.start < phrase.stop for each in found):
            found.append(phrase)
    found.sort(key=lambda phrase: phrase.start)
    return tuple(_with_surroundings(text, found))


def is_chinese(text: str) -> bool:
    """Return whether a text is Chinese rather than English."""
    signs = sum("一" <= character <= "鿿" for character in text)
    return 3 * signs > sum(character.isascii() and character.isalpha() for character in text)


def is_within(phrase: Phrase, others: tuple[Phrase, ...]) -> bool:
    """Return whether a phrase describes the subject of another one."""
    return any(
        other.start <= phrase.start and phrase.stop <= other.stop
        for other in others
        if other is not phrase
    )


def word_for(facet: Facet, name: str, *, chinese_words: bool) -> str | None:
    """Return the usual word for a meaning in a language; None if there is none."""
    for each, degree, words in _CHINESE if chinese_words else _ENGLISH:
        if each is facet and degree is Degree.PLAIN and name in words:
            return words[name].split("|")[0]
    return None


def _tempi(text: str) -> Iterator[Phrase]:
    for match in _TEMPO.finditer(text):
        bpm = float(match["a"] or match["b"] or match["c"])
        yield Phrase(facet=Facet.TEMPO, name=f"{bpm:g}", start=match.start(), stop=match.end())


@cache
def _vocabulary() -> tuple[re.Pattern[str], Mapping[str, tuple[Facet, Degree, str]]]:
    """Return the pattern of all known words, longest first, and their meanings."""
    meanings: dict[str, tuple[Facet, Degree, str]] = {}
    for facet, degree, words in (*_ENGLISH, *_CHINESE):
        for name, spelled in words.items():
            for word in spelled.split("|"):
                meanings.setdefault(word, (facet, degree, name))
    ordered = sorted(meanings, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in ordered if word.isascii())
    others = "|".join(re.escape(word) for word in ordered if not word.isascii())
    pattern = rf"(?<![A-Za-z0-9])(?:{latin})(?![A-Za-z0-9])|{others}"
    return re.compile(pattern, re.IGNORECASE), meanings


def _from_vocabulary(text: str) -> Iterator[Phrase]:
    pattern, meanings = _vocabulary()
    for match in pattern.finditer(text):
        facet, degree, name = meanings[match[0].lower()]
        yield Phrase(facet=facet, name=name, degree=degree, start=match.start(), stop=match.end())


def _with_surroundings(text: str, found: list[Phrase]) -> Iterator[Phrase]:
    """Yield phrases extended by words that belong to them: more, less, no, loud."""
    done: list[Phrase] = []
    for index, phrase in enumerate(found):
        start = phrase.start
        if phrase.facet in (Facet.INSTRUMENT, Facet.DRUMS):
            start = _descriptions_start(text, phrase, found[:index])
            described = next((n for n in range(index) if found[n].start >= start), index)
            # "More" and "no" apply to the described subject.
            done[described:] = found[described:index]
        done.append(_with_degree(text, replace(phrase, start=start)))
    yield from done


def _with_degree(text: str, phrase: Phrase) -> Phrase:
    """Return a phrase with the degree that the words around it express."""
    before = text[: phrase.start]
    is_drums = phrase.facet is Facet.DRUMS
    if (none := _NONE.search(before)) is not None:
        if is_drums:
            return replace(phrase, start=none.start(), name="none")
        return replace(phrase, start=none.start(), degree=Degree.LESS)
    if (less := _LESS.search(before)) is not None:
        degree = phrase.degree if is_drums else Degree.LESS
        return replace(phrase, start=less.start(), degree=degree)
    if (more := _MORE.search(before)) is not None:
        return replace(phrase, start=more.start(), degree=Degree.MORE)
    if (after := _MORE_AFTER.match(text, phrase.stop)) is not None:
        return replace(phrase, stop=after.end(), degree=Degree.MORE)
    return phrase


def _descriptions_start(text: str, phrase: Phrase, before: list[Phrase]) -> int:
    """Return where the description of an instrument begins, after a "with"."""
    start = phrase.start
    kinds = (Facet.MOOD, Facet.PACE, Facet.STYLE)
    for each in reversed(before):
        if each.facet in kinds and text[each.stop : start].strip(" 的") == "":
            start = each.start
    if (light := _LIGHT.search(text[:start])) is not None:
        start = light.start()
    is_listed = _AFTER_PLAYERS.match(text, phrase.stop) is not None
    if not is_listed or (start > 0 and _BEFORE_PLAYERS.search(text[:start]) is None):
        return phrase.start
    # "Sad piano" alone describes a whole piece; "softer drums" only the drums.
    return phrase.start if start == 0 and phrase.facet is Facet.INSTRUMENT else start
