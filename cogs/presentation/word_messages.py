"""Texts about the words that the model knows, and those that it ignores."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app.services.words import Menu, Unknown
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, listing, verbatim
from cogs.presentation.prompts import escape

UNKNOWN = Sentence(
    "{model} doesn't know {words}, so it passes over that. It heard: {heard}. `/styles` shows "
    "what it knows."
)
NOTHING_HEARD = Sentence(
    "{model} doesn't know {words}, so it passes over that and plays what it likes. `/styles` shows "
    "what it knows."
)
ANY_WORDS = Sentence("{model} reads any words. These are the ones that people use most:")
THESE_WORDS = Sentence(
    "{model} knows these words, and their relatives. Put some together, in English or Chinese:"
)
STYLES = Sentence("**Styles:** {words}")
INSTRUMENTS = Sentence("**Instruments:** {words}, drums")
MOODS = Sentence("**Moods:** {words}")
TEMPI = Sentence("**Tempo:** {words}, or a number such as 84 BPM")
ERAS = Sentence("**Eras:** {words}")
AND_MORE = Sentence('A key ("A minor"), and *no drums*. `/random` rolls words for you.')


def unknown(model: str, found: Unknown) -> Sentence:
    """Return which words the model ignores, and which it understood."""
    words = listing([f"“{escape(word)}”" for word in found.words])
    if not found.heard:
        return NOTHING_HEARD.fill(model=verbatim(model), words=words)
    heard = listing([escape(phrase) for phrase in found.heard])
    return UNKNOWN.fill(model=verbatim(model), words=words, heard=heard)


def menu(render: Renderer, model: str, words: Menu, *, are_all_known: bool) -> str:
    """Return the words to choose from."""
    name = verbatim(model)
    sentences = (
        ANY_WORDS.fill(model=name) if are_all_known else THESE_WORDS.fill(model=name),
        STYLES.fill(words=_listed(words.styles)),
        INSTRUMENTS.fill(words=_listed(words.instruments)),
        MOODS.fill(words=_listed(words.moods)),
        TEMPI.fill(words=_listed(words.paces)),
        ERAS.fill(words=_listed(words.eras)),
        AND_MORE,
    )
    return "\n".join(render(sentence) for sentence in sentences)


def _listed(words: Sequence[str]) -> Sentence:
    return listing(words)
