"""A sentence for a person: an English template and its values, rendered where it is shown.

The template is the key of its translation (a gettext msgid), so it stands in the code as a literal:
`Sentence("Page {number}", number=3)`. Values are numbers, texts, moments or other sentences; they
are put in after the template has been translated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from string import Formatter
from typing import Any, Protocol

from bot.i18n.contexts import COMMAND
from bot.printable import escape_controls

_COMMAND = re.compile(r"(`|\*\*)/([a-z]+(?: [a-z]+)*)")


class Translations(Protocol):
    """What translates templates; `gettext.NullTranslations` and its subclasses do."""

    def gettext(self, message: str, /) -> str:
        """Return the translation of a template, or the template."""

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the translation of a template for a number, or one of the two."""

    def pgettext(self, context: str, message: str, /) -> str:
        """Return the translation of a short text by what it is, or the text."""

    def npgettext(self, context: str, one: str, many: str, n: int, /) -> str:
        """Return the translation of a short text for a number, or one of the two."""


class English:
    """Leaves every template as it is written."""

    def gettext(self, message: str, /) -> str:
        """Return the template."""
        return message

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the template for one or for many."""
        return one if n == 1 else many

    def pgettext(self, context: str, message: str, /) -> str:
        """Return the text."""
        return message

    def npgettext(self, context: str, one: str, many: str, n: int, /) -> str:
        """Return the text for one or for many."""
        return self.ngettext(one, many, n)


class Markup(Enum):
    """Where a sentence is shown, which decides how moments look."""

    TEXT = "text"
    DISCORD = "discord"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as a value of a sentence: on Discord it counts down in the reader's own language."""

    epoch_seconds: float

    def render(self, markup: Markup) -> str:
        """Return the moment as it is shown."""
        if markup is Markup.DISCORD:
            return f"<t:{int(self.epoch_seconds)}:R>"
        return f"{datetime.fromtimestamp(self.epoch_seconds, UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Term:
    """A word out of a few, such as the name of a key, that is translated by what it is."""

    context: str
    text: str

    def render(self, translations: Translations) -> str:
        """Return the word in a language; one that is not known stays as it is."""
        return translations.pgettext(self.context, self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, init=False)
class Sentence:
    """A template with its values. `str()` renders it in English, for logs and the command line."""

    template: str
    many: str
    """The template for a number other than one, which is the value `n`; "" where none counts."""
    values: tuple[tuple[str, Value], ...]

    def __init__(self, template: str, /, many: str = "", **values: object) -> None:
        kept = ((name, _value_of(value)) for name, value in sorted(values.items()))
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "many", many)
        object.__setattr__(self, "values", tuple(kept))

    def fill(self, **values: object) -> Sentence:
        """Return the sentence with these values added."""
        return Sentence(self.template, self.many, **dict(self.values) | values)

    def renaming(self, old: str, new: str) -> Sentence:
        """Return the sentence with `new` for `old` in the texts among its values."""
        values = {
            name: value.replace(old, new) if isinstance(value, str) else value
            for name, value in self.values
        }
        return Sentence(self.template, self.many, **values)

    def render(self, translations: Translations, markup: Markup = Markup.TEXT) -> str:
        """Return the text in a language. Raises KeyError where a value is missing."""
        values = dict(self.values)
        shown = {name: _shown(value, translations, markup) for name, value in values.items()}
        if self.many:
            n = values["n"]
            assert isinstance(n, int)
            template = translations.ngettext(self.template, self.many, n)
            english = English().ngettext(self.template, self.many, n)
        else:
            template, english = translations.gettext(self.template), self.template
        try:
            return name_commands(template, translations).format(**shown)
        except (KeyError, IndexError, ValueError, AttributeError):
            # A slip in a translation keeps nobody from being told.
            return english.format(**shown)

    def __str__(self) -> str:
        return self.render(English())


Value = str | int | float | Moment | Term | Sentence


def Plural(one: str, many: str, /, *, n: int, **values: object) -> Sentence:  # noqa: N802 - a marker
    """Return a sentence that depends on a number, which is its value `n`."""
    return Sentence(one, many, n=n, **values)


def name_commands(template: str, translations: Translations) -> str:
    """Return a template with the commands in it, such as `/music`, called as in a language."""

    def named(found: re.Match[str]) -> str:
        words = found[2].split(" ")
        return f"{found[1]}/" + " ".join(translations.pgettext(COMMAND, word) for word in words)

    return _COMMAND.sub(named, template)


def listing(items: Sequence[Value]) -> Sentence:
    """Return things one after the other, as a language lists them: "a, b, c"."""
    if not items:
        return verbatim("")
    listed = items[0] if isinstance(items[0], Sentence) else Sentence("{text}", text=items[0])
    for item in items[1:]:
        listed = Sentence("{items}, {item}", items=listed, item=item)
    return listed


def short_listing(items: Sequence[Value], most: int = 10) -> Sentence:
    """Return the first things of a list that may be long, as a language lists them."""
    return listing(items if len(items) <= most else [*items[:most], "…"])


def term(context: str, text: str) -> Sentence:
    """Return a word out of a few, which is translated by what it is."""
    return Sentence("{text}", text=Term(context, text))


def verbatim(text: str) -> Sentence:
    """Return a text that is nobody's template, such as one that was rendered long ago."""
    return Sentence("{text}", text=text)


def placeholders(template: str) -> set[str]:
    """Return the names of the values that a template wants."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def to_json(sentence: Sentence) -> str:
    """Return a sentence as JSON, for the database and for other processes."""
    return json.dumps(_plain(sentence), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Sentence:
    """Return a sentence from JSON; a text that is none is taken as it is."""
    try:
        found = json.loads(text)
        return _sentence(found) if isinstance(found, dict) else verbatim(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return verbatim(text)


def _value_of(found: object) -> Value:
    """Return a value that can be kept: paths, errors and the like become text."""
    is_plain = isinstance(found, str | int | float | Moment | Term | Sentence)
    return found if is_plain and not isinstance(found, bool) else str(found)  # type: ignore[return-value]


def _shown(value: Value, translations: Translations, markup: Markup) -> str | int | float:
    if isinstance(value, Sentence):
        return value.render(translations, markup)
    if isinstance(value, Moment):
        return value.render(markup)
    if isinstance(value, Term):
        return value.render(translations)
    if isinstance(value, str) and markup is Markup.TEXT:
        # File names, settings and errors may hold anything, and a terminal does what it is told.
        return escape_controls(value)
    return value


def _plain(value: Value) -> object:
    if isinstance(value, Sentence):
        values = {name: _plain(each) for name, each in value.values}
        plain: dict[str, object] = {"template": value.template, "values": values}
        return plain | ({"many": value.many} if value.many else {})
    if isinstance(value, Moment):
        return {"moment": value.epoch_seconds}
    if isinstance(value, Term):
        return {"term": [value.context, value.text]}
    return value


def _sentence(found: Mapping[str, Any]) -> Sentence:
    values = {str(name): _value(each) for name, each in found["values"].items()}
    return Sentence(str(found["template"]), str(found.get("many", "")), **values)


def _value(found: Any) -> Value:  # noqa: ANN401 - it comes from JSON
    if isinstance(found, dict):
        if "term" in found:
            context, text = found["term"]
            return Term(str(context), str(text))
        return Moment(float(found["moment"])) if "moment" in found else _sentence(found)
    if isinstance(found, str | int | float):
        return found
    raise TypeError(f"{type(found).__name__} is no value of a sentence")
