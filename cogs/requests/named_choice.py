"""Command options with a few named values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from discord import Interaction, app_commands

Value = TypeVar("Value", bound=StrEnum)


class NamedChoice(app_commands.Transformer, Generic[Value]):
    """Offers the values of an enumeration; their names are translated as `choice`."""

    def __init__(self, names: Mapping[Value, str]) -> None:
        self._values = {str(value): value for value in names}
        self._choices = [
            app_commands.Choice[str | int | float](name=name, value=str(value))
            for value, name in names.items()
        ]

    @property
    def choices(self) -> list[app_commands.Choice[str | int | float]]:
        """Return the choices for Discord."""
        return self._choices

    async def transform(self, interaction: Interaction, value: str, /) -> Value:
        """Return the chosen value. Raises KeyError for a value that was not offered."""
        return self._values[value]
