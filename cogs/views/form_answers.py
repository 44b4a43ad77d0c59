"""Fields of forms, and the answers in one that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import discord

from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence

UNKNOWN_CHOICE = Sentence("I don't know that choice. Please take one from the list.")


def read_fields(component: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the answers by the fields' custom ids, whatever they are wrapped in."""
    inner = [*(component.get("components") or ()), component.get("component")]
    for each in filter(None, inner):
        values = each.get("values", [each["value"]] if "value" in each else [])
        if values and "custom_id" in each:
            yield each["custom_id"], tuple(map(str, values))
        yield from read_fields(each)


def read_answers(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the first answer in each field, by the field's custom id."""
    return {name: values[0] for name, values in read_fields(data)}


def select(
    read: Reader,
    custom_id: str,
    choices: Mapping[str, Sentence | str],
    usual: str | None,
) -> discord.ui.Select[discord.ui.Modal]:
    """Return a list to choose one of; `usual` is chosen already."""
    return discord.ui.Select(
        custom_id=custom_id,
        options=[
            discord.SelectOption(
                label=label if isinstance(label, str) else read(label),
                value=value,
                default=value == usual,
            )
            for value, label in choices.items()
        ],
    )
