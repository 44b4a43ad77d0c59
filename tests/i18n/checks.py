"""Checks of translations: what is wrong, and separately what is not translated yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from bot.i18n.contexts import COMMAND, HELP, MENU, OPTION
from bot.i18n.sentence import placeholders

_NAMED = re.compile(r"(?:`|\*\*)/([a-z]+(?: [a-z]+)*)")
_NAME = re.compile(r"[-_'\w]{1,32}")
_PERCENT = re.compile(r"%(?:%|\(\w+\)[a-z])")
_MOST_CHARACTERS = re.compile(r"at most (\d+) characters")


def faults(template: Catalog, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with the translations of a catalog; untranslated texts are not."""
    wanted = {(each.context, _key(each.id)): each for each in template if each.id}
    for message in catalog:
        if not message.id:
            continue
        name = f"{message.context or 'sentence'} {_key(message.id)[:60]!r}"
        if message.fuzzy:
            yield f"{name}: is marked fuzzy"
        origin = wanted.get((message.context, _key(message.id)))
        if origin is None:
            continue
        for text in filter(None, _texts(message.string)):
            yield from (f"{name}: {fault}" for fault in _faults_of(origin, message, text))


def differences(template: Catalog, catalog: Catalog) -> Iterator[str]:
    """Yield what is not translated, and obsolete translations."""
    wanted = {(each.context, _key(each.id)) for each in template if each.id}
    found = {(each.context, _key(each.id)) for each in catalog if each.id and is_translated(each)}
    yield from (f"not translated: {key[:70]!r} ({what})" for what, key in wanted - found)
    yield from (f"not needed: {key[:70]!r} ({what})" for what, key in found - wanted)


def is_translated(message: Message) -> bool:
    """Return whether a text has a translation in all its plural forms."""
    return bool(message.string) and all(_texts(message.string))


def _faults_of(origin: Message, message: Message, text: str) -> Iterator[str]:
    sources = _texts(message.id)
    wanted = set().union(*(_values(each, message.context) for each in sources))
    found = _values(text, message.context)
    # A language without plurals may omit the number of English "1 clip".
    required = set.intersection(*(_values(each, message.context) for each in sources))
    if found - wanted or required - found:
        yield f"has the values {sorted(found)}, not {sorted(wanted)}"
    if _commands(text) != set().union(*map(_commands, sources)):
        yield "does not name the same commands; write them as in English, such as `/music`"
    if message.context in (COMMAND, OPTION) and not _is_name(text):
        yield "is no name that Discord takes: letters, digits, - and _, no capitals, no spaces"
    if message.context == MENU and len(text) > 32:
        yield "is longer than 32 characters"
    for note in origin.auto_comments:
        most = _MOST_CHARACTERS.search(note)
        if most and len(text) > int(most[1]):
            yield f"has {len(text)} characters; {most[1]} fit"


def _values(text: str, context: str | None) -> set[str]:
    if context == HELP:
        return set(_PERCENT.findall(text))
    return placeholders(text) if context in (None, "page") else set()


def _commands(text: str) -> set[str]:
    return set(_NAMED.findall(text))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and text == text.lower()


def _key(id_: str | tuple[str, ...] | list[str]) -> str:
    return id_ if isinstance(id_, str) else id_[0]


def _texts(found: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [found] if isinstance(found, str) else list(found or ())
