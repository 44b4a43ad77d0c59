"""Options of commands that offer a few values, each by a name that people read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from discord import Interaction, app_commands

Value = TypeVar("Value", bound=StrEnum)


class NamedChoice(app_commands.Transformer, Generic[Value]):
    """Offers the values of an enumeration; its names are translated as `choice`."""

    def __init__(self, names: Mapping[Value, str]) -> None:
        self._values = {str(value): value for value in names}
        self._choices = [
            app_commands.Choice[str | int | float](name=name, value=str(value))
            for value, name in names.items()
        ]

    @property
    def choices(self) -> list[app_commands.Choice[str | int | float]]:
        """Return what Discord offers."""
        return self._choices

    async def transform(self, interaction: Interaction, value: str, /) -> Value:
        """Return the value that was chosen. Raises KeyError for another one than was offered."""
        return self._values[value]
