"""Modals: their structure and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord import components as kinds
from bot.demo.discord.components import (
    check_custom_id,
    check_options,
    check_select,
    check_unique_ids,
    walk,
)
from bot.demo.discord.files import File
from bot.demo.discord.refusals import NOT_OFFERED, REQUIRED, Problems
from bot.demo.discord.shapes import MODAL, check_shape

MOST_TITLE_CHARACTERS = 45
MOST_COMPONENTS = 5
MOST_INPUT_CHARACTERS = 4000
MOST_FILES = 10
_TOP_LEVEL = frozenset({kinds.ROW, kinds.TEXT, kinds.LABEL})
_CHOSEN = kinds.SELECTS | {kinds.CHECKBOX_GROUP}
INPUTS = _CHOSEN | {kinds.TEXT_INPUT, kinds.FILE_UPLOAD, kinds.RADIO_GROUP, kinds.CHECKBOX}


def check_modal(modal: Mapping[str, Any]) -> None:
    """Check the structure of a modal. Raises Refusal."""
    check_shape(modal, MODAL)
    problems = Problems()
    problems.text("title", modal.get("title"), MOST_TITLE_CHARACTERS, required=True)
    problems.text("custom_id", modal.get("custom_id"), 100, required=True)
    top = problems.count("components", modal.get("components"), MOST_COMPONENTS, least=1)
    for number, each in enumerate(top):
        _check_top(problems, f"components.{number}", each)
    check_unique_ids(problems, walk(top))
    problems.check()


def _check_top(problems: Problems, path: str, component: Mapping[str, Any]) -> None:
    kind = component.get("type")
    if kind == kinds.ROW:
        inside = problems.count(f"{path}.components", component.get("components"), 1, least=1)
        for each in inside:
            where = f"{path}.components.0"
            problems.choice(f"{where}.type", each.get("type"), frozenset({kinds.TEXT_INPUT}))
            problems.text(f"{where}.label", each.get("label"), 45, required=True)
            _check_input(problems, where, each)
    elif kind == kinds.TEXT:
        problems.text(f"{path}.content", component.get("content"), 4000, required=True)
    elif kind == kinds.LABEL:
        problems.text(f"{path}.label", component.get("label"), 45, required=True)
        problems.text(f"{path}.description", component.get("description"), 100)
        inner = component.get("component") or {}
        problems.choice(f"{path}.component.type", inner.get("type"), INPUTS)
        _check_input(problems, f"{path}.component", inner)
    else:
        problems.choice(f"{path}.type", kind, _TOP_LEVEL)


def _check_input(problems: Problems, path: str, field: Mapping[str, Any]) -> None:
    kind = field.get("type")
    if kind in kinds.SELECTS:
        check_select(problems, path, field, in_modal=True)
        return
    check_custom_id(problems, path, field)
    if kind == kinds.TEXT_INPUT:
        problems.choice(f"{path}.style", field.get("style"), frozenset({1, 2}))
        problems.number(f"{path}.min_length", field.get("min_length"), 0, MOST_INPUT_CHARACTERS)
        problems.number(f"{path}.max_length", field.get("max_length"), 1, MOST_INPUT_CHARACTERS)
        problems.text(f"{path}.value", field.get("value"), MOST_INPUT_CHARACTERS)
        problems.text(f"{path}.placeholder", field.get("placeholder"), 100)
    elif kind == kinds.FILE_UPLOAD:
        problems.number(f"{path}.min_values", field.get("min_values"), 0, MOST_FILES)
        problems.number(f"{path}.max_values", field.get("max_values"), 1, MOST_FILES)
    elif kind == kinds.RADIO_GROUP:
        check_options(problems, path, field, 10, least=2)
    elif kind == kinds.CHECKBOX_GROUP:
        check_options(problems, path, field, 10, least=1)


Answers = Mapping[str, str | Sequence[str] | bool]
"""Typed text or chosen values by the custom ids of inputs; ids for people, roles and channels."""


def answer_modal(
    modal: Mapping[str, Any], answers: Answers, files: Mapping[str, Sequence[File]]
) -> list[dict[str, Any]]:
    """Return a modal's components as submitted. Raises Refusal.

    Files must be stored already, since they are named by their ids.
    """
    problems = Problems()
    sent = []
    for each in modal["components"]:
        about = {"type": each["type"], "id": each.get("id")}
        if each["type"] == kinds.ROW:
            inner = _answer(problems, each["components"][0], answers, files)
            sent.append(about | {"components": [inner]})
        elif each["type"] == kinds.LABEL:
            sent.append(about | {"component": _answer(problems, each["component"], answers, files)})
        else:
            sent.append(about)
    problems.check()
    return sent


def _answer(
    problems: Problems,
    asked: Mapping[str, Any],
    answers: Answers,
    files: Mapping[str, Sequence[File]],
) -> dict[str, Any]:
    custom_id, kind = asked["custom_id"], asked["type"]
    about = {"type": kind, "id": asked.get("id"), "custom_id": custom_id}
    is_required = asked.get("required", kind != kinds.CHECKBOX)
    given = answers.get(custom_id)
    if kind == kinds.TEXT_INPUT:
        text = given if isinstance(given, str) else ""
        least = asked.get("min_length") or 0
        if text or is_required:
            problems.text(
                custom_id, text, asked.get("max_length") or 4000, least=least, required=is_required
            )
        return about | {"value": text}
    if kind == kinds.CHECKBOX:
        return about | {"value": bool(given)}
    if kind == kinds.RADIO_GROUP:
        value = given if isinstance(given, str) else None
        if value is None and is_required:
            problems.add(custom_id, "BASE_TYPE_REQUIRED", REQUIRED)
        if value is not None:
            _check_offered(problems, asked, [value])
        return about | {"value": value}
    if kind == kinds.FILE_UPLOAD:
        values = [str(file.id) for file in files.get(custom_id, ())]
    else:
        values = chosen(given)
    least = asked.get("min_values", 1) if is_required else 0
    most = asked.get("max_values", len(asked["options"]) if kind == kinds.CHECKBOX_GROUP else 1)
    if values or is_required:
        problems.count(custom_id, values, most, least=least if is_required or values else 0)
    _check_offered(problems, asked, values)
    return about | {"values": values}


def _check_offered(problems: Problems, asked: Mapping[str, Any], values: Sequence[str]) -> None:
    if asked["type"] not in (kinds.STRING_SELECT, kinds.RADIO_GROUP, kinds.CHECKBOX_GROUP):
        return
    offered = {each["value"] for each in asked["options"]}
    if not set(values) <= offered:
        problems.add(asked["custom_id"], "BASE_TYPE_CHOICES", NOT_OFFERED)


def chosen(given: str | Sequence[str] | bool | None) -> list[str]:
    """Return the values chosen in one input, as a list."""
    if isinstance(given, str):
        return [given] if given else []
    return [] if given is None or isinstance(given, bool) else list(given)
