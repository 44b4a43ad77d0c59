"""Components of messages: buttons, selects, and layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.demo.discord.refusals import Problems

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23
SELECTS = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
LINK, PREMIUM = 5, 6

MOST_ROWS = 5
MOST_BUTTONS_IN_ROW = 5
MOST_COMPONENTS = 40
MOST_CUSTOM_ID_CHARACTERS = 100
MOST_LABEL_CHARACTERS = 80
MOST_OPTIONS = 25
_STYLES = frozenset(range(1, 7))
_INSIDE = frozenset({ROW, TEXT, SECTION, GALLERY, SEPARATOR, FILE})
_TOP_LEVEL = _INSIDE | {CONTAINER}


def walk(components: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield components and their descendants."""
    for each in components:
        yield each
        yield from walk(each.get("components") or ())
        inner = [each.get("accessory"), each.get("component")]
        yield from walk([one for one in inner if one])


def number_components(components: Iterable[dict[str, Any]]) -> None:
    """Assign an id to each component that has none."""
    everything = [each for each in walk(components) if isinstance(each, dict)]
    taken = {each.get("id") for each in everything}
    number = 1
    for each in everything:
        if not each.get("id"):
            while number in taken:
                number += 1
            each["id"] = number
            taken.add(number)


def check_components(problems: Problems, components: object, *, is_v2: bool) -> None:
    """Check the components of a message."""
    top = problems.count("components", components, MOST_COMPONENTS if is_v2 else MOST_ROWS)
    allowed = _TOP_LEVEL if is_v2 else frozenset({ROW})
    for number, each in enumerate(top):
        _check_one(problems, f"components.{number}", each, allowed)
    everything = list(walk(top))
    if len(everything) > MOST_COMPONENTS:
        problems.add("components", "COMPONENT_MAX_TOTAL", f"More than {MOST_COMPONENTS} in all.")
    check_unique_ids(problems, everything)


def check_unique_ids(problems: Problems, components: Iterable[Mapping[str, Any]]) -> None:
    """Check that custom ids are unique."""
    known: set[object] = set()
    for each in components:
        custom_id = each.get("custom_id")
        if custom_id is not None and custom_id in known:
            problems.add("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Two have one custom id.")
        known.add(custom_id)


def _check_one(
    problems: Problems, path: str, component: Mapping[str, Any], allowed: frozenset[int]
) -> None:
    kind = component.get("type")
    if kind not in allowed:
        problems.choice(f"{path}.type", kind, allowed)
        return
    match kind:
        case 1:
            _check_row(problems, path, component)
        case 2:
            _check_button(problems, path, component)
        case 9:
            texts = problems.count(f"{path}.components", component.get("components"), 3, least=1)
            for number, each in enumerate(texts):
                _check_one(problems, f"{path}.components.{number}", each, frozenset({TEXT}))
            accessory = component.get("accessory") or {}
            _check_one(problems, f"{path}.accessory", accessory, frozenset({BUTTON, THUMBNAIL}))
        case 10:
            problems.text(f"{path}.content", component.get("content"), 4000, required=True)
        case 12:
            problems.count(f"{path}.items", component.get("items"), 10, least=1)
        case 17:
            inside = problems.count(f"{path}.components", component.get("components"), 40, least=1)
            for number, each in enumerate(inside):
                _check_one(problems, f"{path}.components.{number}", each, _INSIDE)


def _check_row(problems: Problems, path: str, row: Mapping[str, Any]) -> None:
    inside = problems.count(
        f"{path}.components", row.get("components"), MOST_BUTTONS_IN_ROW, least=1
    )
    has_select = any(each.get("type") in SELECTS for each in inside)
    if has_select and len(inside) > 1:
        problems.add(
            f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select has a row alone."
        )
    for number, each in enumerate(inside):
        where = f"{path}.components.{number}"
        if each.get("type") == BUTTON:
            _check_button(problems, where, each)
        elif each.get("type") in SELECTS:
            check_select(problems, where, each)
        else:
            problems.choice(f"{where}.type", each.get("type"), SELECTS | {BUTTON})


def _check_button(problems: Problems, path: str, button: Mapping[str, Any]) -> None:
    style = button.get("style")
    problems.choice(f"{path}.style", style, _STYLES)
    problems.text(f"{path}.label", button.get("label"), MOST_LABEL_CHARACTERS)
    if style == LINK:
        problems.text(f"{path}.url", button.get("url"), 512, required=True)
        if button.get("custom_id") is not None:
            problems.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "One of both.")
        url = button.get("url")
        if isinstance(url, str) and not url.startswith(("http://", "https://", "discord://")):
            problems.add(f"{path}.url", "URL_TYPE_INVALID_SCHEME", "It is no address.")
    elif style != PREMIUM:
        check_custom_id(problems, path, button)
        if button.get("url") is not None:
            problems.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "One of both.")
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        problems.add(f"{path}.label", "BASE_TYPE_REQUIRED", "It needs a label or an emoji.")


def check_custom_id(problems: Problems, path: str, component: Mapping[str, Any]) -> None:
    """Check a component's custom id."""
    problems.text(
        f"{path}.custom_id", component.get("custom_id"), MOST_CUSTOM_ID_CHARACTERS, required=True
    )


def check_select(
    problems: Problems, path: str, select: Mapping[str, Any], *, in_modal: bool = False
) -> None:
    """Check a select menu."""
    check_custom_id(problems, path, select)
    problems.text(f"{path}.placeholder", select.get("placeholder"), 150)
    problems.number(f"{path}.min_values", select.get("min_values"), 0, MOST_OPTIONS)
    problems.number(f"{path}.max_values", select.get("max_values"), 1, MOST_OPTIONS)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        problems.add(f"{path}.min_values", "NUMBER_TYPE_MAX", "It is more than max_values.")
    if in_modal:
        if select.get("disabled"):
            problems.add(f"{path}.disabled", "COMPONENT_DISABLED", "Nothing is disabled in a form.")
        if select.get("required", True) and select.get("min_values") == 0:
            problems.add(f"{path}.min_values", "NUMBER_TYPE_MIN", "It is required.")
    if select.get("type") == STRING_SELECT:
        check_options(problems, path, select, MOST_OPTIONS, least=1)


def check_options(
    problems: Problems, path: str, component: Mapping[str, Any], most: int, *, least: int
) -> None:
    """Check the options of a select."""
    options = problems.count(f"{path}.options", component.get("options"), most, least=least)
    values: set[object] = set()
    for number, each in enumerate(options):
        where = f"{path}.options.{number}"
        problems.text(f"{where}.label", each.get("label"), 100, required=True)
        problems.text(f"{where}.value", each.get("value"), 100, required=True)
        problems.text(f"{where}.description", each.get("description"), 100)
        if each.get("value") in values:
            problems.add(f"{where}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "Twice.")
        values.add(each.get("value"))
