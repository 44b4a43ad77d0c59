"""The vocabulary of the loaded model: ignored words, and words to choose from."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.words.facets import Facet
from bot.words.vocabulary import (
    Vocabulary,
    complete,
    known_phrases,
    unknown_words,
    words_to_choose,
)

_MOST_REPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Unknown:
    """The words of a text that the model ignores, and those it understands, as typed."""

    words: tuple[str, ...]
    heard: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Words that can be combined, by musical facet."""

    styles: tuple[str, ...]
    instruments: tuple[str, ...]
    moods: tuple[str, ...]
    paces: tuple[str, ...]
    eras: tuple[str, ...]


class WordService:
    """Tells each person of each unknown word once per run of the bot."""

    def __init__(self, vocabulary: Vocabulary | None) -> None:
        """Take the model's vocabulary; None if it understands every word."""
        self._vocabulary = vocabulary
        self._reported: OrderedDict[tuple[int, str], None] = OrderedDict()

    @property
    def are_all_known(self) -> bool:
        """Return whether the model understands every word."""
        return self._vocabulary is None

    def new_unknown(self, user_id: int, text: str) -> Unknown | None:
        """Return the unknown words of a text, unless the person was told of all before."""
        words = unknown_words(text, self._vocabulary)
        new = [key for word in words if (key := (user_id, word.casefold())) not in self._reported]
        if not new:
            return None
        self._reported.update(dict.fromkeys(new))
        while len(self._reported) > _MOST_REPORTED:
            self._reported.popitem(last=False)
        return Unknown(words, known_phrases(text, self._vocabulary))

    def menu(self, *, chinese_words: bool) -> Menu:
        """Return the known words of each facet, in one language."""

        def known(facet: Facet) -> tuple[str, ...]:
            return words_to_choose(facet, self._vocabulary, chinese_words=chinese_words)

        return Menu(
            styles=known(Facet.STYLE),
            instruments=known(Facet.INSTRUMENT),
            moods=known(Facet.MOOD),
            paces=known(Facet.PACE),
            eras=known(Facet.ERA),
        )

    def complete(self, typed: str, *, most: int) -> list[str]:
        """Return completions of the last word of a text that is being typed."""
        return complete(typed, self._vocabulary, most=most)
