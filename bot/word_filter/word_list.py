"""A list of unwanted words and patterns, and the search for them in a text.

An entry is a word or several ("bad word"), matched as whole words, with `*` for any letters
("bad*"); or a pattern between slashes in RE2's syntax ("/ba+d/"). RE2 matches in time linear in the
text, whatever the pattern is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import re2

from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.word_filter.folding import fold, seen

MAX_ENTRY_CHARACTERS = 80
_MAX_PROGRAM_BYTES = 2**20

UNREADABLE = Sentence(
    "I can't read that pattern: write it between slashes in RE2's syntax, such as `/ba+d/`."
)
TOO_WIDE = Sentence(
    "That would match nearly everything: an entry needs at least two letters or digits."
)
TOO_LONG = Sentence("An entry has at most {most} characters.", most=MAX_ENTRY_CHARACTERS)

# What a letter may be written as inside a word; digits alone, such as a tempo, are no letters.
_WRITTEN = {
    "a": "a4@*", "b": "b8", "e": "e3€*", "g": "g9", "i": "i1!|*", "l": "l1|", "o": "o0*",
    "s": "s5$", "t": "t7+", "u": "u*", "z": "z2",
}  # fmt: skip
_SIGNS = "@€!|$+*"
# Hangul's fillers: letters by their category, blanks to the eye.
_FILLERS = "\u115f\u1160"
# All that is between words once a text is prepared; RE2 compiles small sets into small programs.
_OTHER = rf"\-{re.escape(_SIGNS)}"
_BEFORE, _AFTER = rf"(?:^|[ '{_OTHER}])", rf"(?:[ '{_OTHER}]|$)"
# An apostrophe is no disguise: "he'll" is another word.
_WITHIN = rf"[{_OTHER}]*"
_BETWEEN = rf"[ {_OTHER}]+"
_ANYTHING = rf"[^ '{_OTHER}]*"
_LEAST_LETTERS_SET_APART = 3

# Scripts that are written without spaces, in which a word begins and ends anywhere.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Digits of a token without letters are made other characters, which only digits match.
_DIGITS = str.maketrans("0123456789", "".join(chr(0xFF10 + n) for n in range(10)))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as written, and its compiled pattern."""

    text: str
    pattern: Any
    is_written_out: bool
    """Whether it is a pattern between slashes, which sees digits as they are."""


class WordList:
    """Entries to search for in texts."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Take entries as `read_entry` returns them. Raises RequestError for what can't be one."""
        self._entries = tuple(map(_compile, entries))

    @property
    def entries(self) -> tuple[str, ...]:
        """Return the entries as they were written."""
        return tuple(entry.text for entry in self._entries)

    def find(self, text: str) -> str | None:
        """Return the first entry that matches a text; None without a match."""
        if not self._entries:
            return None
        plain = fold(text)
        prepared = (_prepare(plain),)
        # A pattern is not folded, so letters of its own that would be are looked for as they are.
        as_written = (plain, seen(text))
        for entry in self._entries:
            looks = as_written if entry.is_written_out else prepared
            if any(entry.pattern.search(each) is not None for each in looks):
                return entry.text
        return None


def read_entry(text: str) -> str:
    """Return an entry normalized: without extra spaces, in lower case unless a pattern.

    Raises RequestError for an invalid one.
    """
    entry = " ".join(unicodedata.normalize("NFKC", text).split())
    if not _is_written_out(entry):
        entry = entry.casefold()
    if len(entry) > MAX_ENTRY_CHARACTERS:
        raise RequestError(TOO_LONG)
    _compile(entry)
    return entry


def _is_written_out(entry: str) -> bool:
    return len(entry) > 2 and entry[0] == entry[-1] == "/"


def _compile(entry: str) -> Entry:
    options = re2.Options()
    options.max_mem = _MAX_PROGRAM_BYTES
    options.log_errors = False
    is_written_out = _is_written_out(entry)
    if is_written_out:
        options.case_sensitive = False
        written = entry[1:-1]
    else:
        folded = _prepare(fold(entry))
        characters = sum(each.isalnum() for each in folded)
        if characters < 2 and not _UNSPACED.search(folded):
            raise RequestError(TOO_WIDE)
        written = _pattern_of(folded)
    try:
        pattern = re2.compile(written, options)
    except re2.error:
        raise RequestError(UNREADABLE if is_written_out else TOO_LONG) from None
    if pattern.search("") is not None:
        raise RequestError(TOO_WIDE)
    return Entry(entry, pattern, is_written_out)


def _pattern_of(folded: str) -> str:
    """Return the pattern of words: as they are, or with each letter set apart."""
    words = re.findall(r"[^\s*]+|\*|\s+", folded)
    tight = "".join(_spelled(each, _WITHIN) for each in words)
    ways = [tight]
    if sum(each.isalnum() for each in folded) >= _LEAST_LETTERS_SET_APART and "*" not in folded:
        ways.append(_spelled("".join(folded.split()), _BETWEEN))
    begins = "" if folded[0] == "*" or _UNSPACED.match(folded[0]) else _BEFORE
    ends = "" if folded[-1] == "*" or _UNSPACED.match(folded[-1]) else _AFTER
    return f"{begins}(?:{'|'.join(ways)}){ends}"


def _spelled(word: str, separator: str) -> str:
    if word == "*":
        return _ANYTHING
    if word.isspace():
        return _BETWEEN
    runs = [match[0] for match in re.finditer(r"(.)\1*", word, re.DOTALL)]
    return separator.join(_run(each, separator) for each in runs)


def _run(letters: str, separator: str) -> str:
    """Return the pattern of a letter, once or more, that may be drawn out: "baaad", not "baad"."""
    letter, times = letters[0], len(letters)
    one = "".join(map(re.escape, _WRITTEN.get(letter, _digit(letter))))
    one = f"[{one}]" if len(one) > 1 else re2.escape(letter)
    row = separator.join([one] * times)
    return f"{row}(?:{separator}{one}(?:{separator}{one})+)?"


def _digit(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    return letter + plain if plain != letter and plain.isdecimal() else letter


def _prepare(folded: str) -> str:
    """Return a text with one sign for all between words, and numbers that match no letters."""
    signs = "".join(_sign(each) for each in folded)
    return re.sub(
        r"[^ ]+",
        lambda token: token[0] if any(map(str.isalpha, token[0])) else token[0].translate(_DIGITS),
        signs,
    )


def _sign(character: str) -> str:
    if character.isspace():
        return " "
    is_letter = unicodedata.category(character)[0] in "LMN" and character not in _FILLERS
    is_kept = is_letter or character in _SIGNS + "'"
    return character if is_kept else "-"
