"""Fields of forms, and the answers of submitted ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import discord

from bot.app.client import Interaction
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.views.persistent_button import MAX_ID, custom_id_of

UNKNOWN_CHOICE = Sentence("I don't know that choice. Please take one from the list.")


def id_in_form(interaction: Interaction, pattern: re.Pattern[str]) -> int | None:
    """Return the id in the custom id of a submitted form; None for another interaction."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    found = pattern.fullmatch(custom_id_of(interaction))
    return None if found is None else min(int(found["id"]), MAX_ID)


def read_fields(component: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the answers by the fields' custom ids, at any nesting."""
    inner = [*(component.get("components") or ()), component.get("component")]
    for each in filter(None, inner):
        values = each.get("values", [each["value"]] if "value" in each else [])
        if values and "custom_id" in each:
            yield each["custom_id"], tuple(map(str, values))
        yield from read_fields(each)


def read_answers(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the first answer of each field, by its custom id."""
    return {name: values[0] for name, values in read_fields(data)}


def select(
    render: Renderer,
    custom_id: str,
    choices: Mapping[str, Sentence | str],
    usual: str | None,
) -> discord.ui.Select[discord.ui.Modal]:
    """Return a select menu; `usual` is preselected."""
    return discord.ui.Select(
        custom_id=custom_id,
        options=[
            discord.SelectOption(
                label=label if isinstance(label, str) else render(label),
                value=value,
                default=value == usual,
            )
            for value, label in choices.items()
        ],
    )
