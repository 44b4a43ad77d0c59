"""Discord's limits on commands."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.shapes import COMMAND, check_shape

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
(
    SUBCOMMAND,
    GROUP,
    STRING,
    INTEGER,
    BOOLEAN,
    USER,
    CHANNEL,
    ROLE,
    MENTIONABLE,
    NUMBER,
    ATTACHMENT,
) = range(1, 12)
MOST_COMMANDS = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15}
MOST_NAME_CHARACTERS = 32
MOST_DESCRIPTION_CHARACTERS = 100
MOST_OPTIONS = 25
MOST_CHOICES = 25
MOST_CHARACTERS_IN_ALL = 8000
LOCALES = frozenset(
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru "
    "uk hi th zh-CN ja zh-TW ko".split()
)
_NUMERIC = frozenset({INTEGER, NUMBER})
_WITH_CHOICES = _NUMERIC | {STRING}
_MARKS = ("DEVANAGARI", "THAI")


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """Check all commands of one scope. Raises Refusal."""
    check_shape(list(commands), [COMMAND])
    counts = Counter(int(each.get("type") or SLASH) for each in commands)
    if any(counts[kind] > most for kind, most in MOST_COMMANDS.items()):
        raise Refusal(400, 30032)
    problems = Problems()
    known: set[tuple[int, object]] = set()
    for number, each in enumerate(commands):
        _check_command(problems, str(number), each)
        name = (int(each.get("type") or SLASH), each.get("name"))
        if name in known:
            problems.add(f"{number}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Two have it.")
        known.add(name)
    problems.check()


def _check_command(problems: Problems, path: str, command: Mapping[str, Any]) -> None:
    kind = int(command.get("type") or SLASH)
    problems.choice(f"{path}.type", kind, frozenset(MOST_COMMANDS))
    _check_name(problems, f"{path}.name", command, is_menu=kind != SLASH)
    if kind == SLASH:
        _check_description(problems, f"{path}.description", command)
        _check_options(problems, f"{path}.options", command.get("options"), depth=0)
    else:
        if command.get("description"):
            problems.add(
                f"{path}.description", "APPLICATION_COMMAND_MENU_DESCRIPTION", "Menus have none."
            )
        if command.get("options"):
            problems.add(f"{path}.options", "APPLICATION_COMMAND_MENU_OPTIONS", "Menus have none.")
    rights = command.get("default_member_permissions")
    if rights is not None and not str(rights).isdecimal():
        problems.add(f"{path}.default_member_permissions", "NUMBER_TYPE_COERCE", "A number.")
    for name, allowed in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        for each in problems.count(f"{path}.{name}", command.get(name), len(allowed)):
            problems.choice(f"{path}.{name}", each, frozenset(allowed))
    if sum(_sizes(command)) > MOST_CHARACTERS_IN_ALL:
        problems.add(path, "APPLICATION_COMMAND_TOO_LARGE", "More than 8000 characters.")


def _check_name(problems: Problems, path: str, entry: Mapping[str, Any], *, is_menu: bool) -> None:
    problems.text(path, entry.get("name"), MOST_NAME_CHARACTERS, required=True)
    named = {path: entry.get("name")} | _localized(problems, f"{path}_localizations", entry, "name")
    for where, name in named.items():
        problems.text(where, name, MOST_NAME_CHARACTERS)
        if isinstance(name, str) and not is_menu and not _is_name(name):
            problems.add(where, "APPLICATION_COMMAND_INVALID_NAME", "It is no name.")


def _check_description(problems: Problems, path: str, entry: Mapping[str, Any]) -> None:
    problems.text(path, entry.get("description"), MOST_DESCRIPTION_CHARACTERS, required=True)
    localized = _localized(problems, f"{path}_localizations", entry, "description")
    for where, text in localized.items():
        problems.text(where, text, MOST_DESCRIPTION_CHARACTERS, required=True)


def _localized(
    problems: Problems, path: str, entry: Mapping[str, Any], name: str
) -> dict[str, object]:
    found = entry.get(f"{name}_localizations") or {}
    for locale in set(found) - LOCALES:
        problems.add(f"{path}.{locale}", "BASE_TYPE_CHOICES", "No such language.")
    return {f"{path}.{locale}": text for locale, text in found.items()}


def _is_name(name: str) -> bool:
    return name == name.lower() and all(
        each in "-_'"
        or unicodedata.category(each)[0] in "LN"
        or unicodedata.name(each, "").startswith(_MARKS)
        for each in name
    )


def _check_options(problems: Problems, path: str, options: object, *, depth: int) -> None:
    listed = problems.count(path, options, MOST_OPTIONS)
    kinds = [each.get("type") for each in listed]
    allowed = frozenset(range(SUBCOMMAND if depth < 2 else STRING, ATTACHMENT + 1))
    if depth == 1:
        allowed = allowed - {GROUP}
    nested = [kind for kind in kinds if kind in (SUBCOMMAND, GROUP)]
    if nested and len(nested) != len(kinds):
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands or options.")
    optional, names = False, set()
    for number, each in enumerate(listed):
        where = f"{path}.{number}"
        problems.choice(f"{where}.type", each.get("type"), allowed)
        _check_name(problems, f"{where}.name", each, is_menu=False)
        _check_description(problems, f"{where}.description", each)
        if each.get("name") in names:
            problems.add(f"{where}.name", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Twice.")
        names.add(each.get("name"))
        if each.get("required") and optional:
            problems.add(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "First those.")
        optional = optional or not each.get("required")
        if each.get("type") in (SUBCOMMAND, GROUP):
            deeper = depth + 1 if each["type"] == GROUP else 2
            _check_options(problems, f"{where}.options", each.get("options"), depth=deeper)
        else:
            _check_values(problems, where, each)


def _check_values(problems: Problems, path: str, option: Mapping[str, Any]) -> None:
    kind = option.get("type")
    choices = problems.count(f"{path}.choices", option.get("choices"), MOST_CHOICES)
    if choices and kind not in _WITH_CHOICES:
        problems.add(f"{path}.choices", "APPLICATION_COMMAND_OPTIONS_CHOICES", "Not of this kind.")
    if option.get("autocomplete") and (choices or kind not in _WITH_CHOICES):
        problems.add(
            f"{path}.autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "Not with these."
        )
    check_choices(problems, f"{path}.choices", choices, int(kind or 0))
    problems.number(f"{path}.min_length", option.get("min_length"), 0, 6000)
    problems.number(f"{path}.max_length", option.get("max_length"), 1, 6000)
    if kind not in _NUMERIC and (option.get("min_value"), option.get("max_value")) != (None, None):
        problems.add(f"{path}.min_value", "APPLICATION_COMMAND_OPTIONS_RANGE", "Of numbers only.")


def check_choices(
    problems: Problems, path: str, choices: Sequence[Mapping[str, Any]], kind: int
) -> None:
    """Check choices or autocomplete suggestions for an option of a type."""
    for number, each in enumerate(choices):
        where = f"{path}.{number}"
        problems.text(f"{where}.name", each.get("name"), 100, required=True)
        value = each.get("value")
        if kind == STRING:
            problems.text(f"{where}.value", value, 100, required=True)
        elif value is None:
            problems.add(f"{where}.value", "BASE_TYPE_REQUIRED", "It is required.")
        else:
            problems.number(f"{where}.value", value, -(2**53), 2**53)


def _sizes(entry: Mapping[str, Any]) -> Iterator[int]:
    """Yield the lengths that count towards the total; of translations the longest."""
    for name in ("name", "description"):
        texts = [entry.get(name) or "", *(entry.get(f"{name}_localizations") or {}).values()]
        yield max(len(str(text)) for text in texts)
    for each in entry.get("choices") or []:
        yield len(str(each.get("name") or "")) + len(str(each.get("value") or ""))
    for each in entry.get("options") or []:
        yield from _sizes(each)
