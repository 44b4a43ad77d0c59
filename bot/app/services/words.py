"""The words that the loaded model knows: what it passes over, and what people may choose from."""

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

_MOST_TOLD = 10_000


@dataclass(frozen=True, slots=True)
class Unknown:
    """Words that a model passes over, and what it heard of the same text, as they were typed."""

    words: tuple[str, ...]
    heard: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Words that may be put together, by what they say of music."""

    styles: tuple[str, ...]
    instruments: tuple[str, ...]
    moods: tuple[str, ...]
    paces: tuple[str, ...]
    eras: tuple[str, ...]


class WordService:
    """Tells each person of each unknown word once, until the bot is started again."""

    def __init__(self, vocabulary: Vocabulary | None) -> None:
        """Take the model's words; None for one that reads every word."""
        self._vocabulary = vocabulary
        self._told: OrderedDict[tuple[int, str], None] = OrderedDict()

    @property
    def are_all_known(self) -> bool:
        """Return whether the model passes over no word."""
        return self._vocabulary is None

    def new_unknown(self, user_id: int, text: str) -> Unknown | None:
        """Return what is unknown in a text, if a person was not told of it all before."""
        words = unknown_words(text, self._vocabulary)
        new = [key for word in words if (key := (user_id, word.casefold())) not in self._told]
        if not new:
            return None
        self._told.update(dict.fromkeys(new))
        while len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        return Unknown(words, known_phrases(text, self._vocabulary))

    def menu(self, *, chinese_words: bool) -> Menu:
        """Return the words that the model knows for each side of music, in one language."""

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
        """Return texts that go on from the last word of one that is being typed."""
        return complete(typed, self._vocabulary, most=most)
