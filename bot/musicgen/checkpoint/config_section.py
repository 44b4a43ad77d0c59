"""One part of a config.json, read so that whatever is wrong is told by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence


class Section:
    """The settings of one part of a model; a key that is left out or null has its default."""

    def __init__(self, config: Mapping[str, Any], name: str) -> None:
        self.name = name
        values = config.get(name)
        if not isinstance(values, Mapping):
            raise CheckpointError(
                Sentence("The config.json is incomplete: it has no section '{name}'.", name=name)
            )
        self.values = values

    def whole(self, key: str, default: int, *, most: int = 1_000_000) -> int:
        """Return a positive whole number, within what any model could have."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            raise CheckpointError(
                Sentence(
                    "The config.json gives {name}.{key} as {value}; it must be a whole number "
                    "from 1 to {most}.",
                    name=self.name,
                    key=key,
                    value=repr(value),
                    most=most,
                )
            )
        return value

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """Return a list of positive numbers, at least one."""
        values = self.get(key, default)
        listed = isinstance(values, list | tuple) and values
        if not listed or not all(isinstance(v, int | float) and v > 0 for v in values):
            raise CheckpointError(
                Sentence(
                    "The config.json gives {name}.{key} as {values}; it must be a list of "
                    "numbers above 0.",
                    name=self.name,
                    key=key,
                    values=repr(values),
                )
            )
        return tuple(values)

    def get(self, key: str, default: Any) -> Any:
        """Return any value; null counts as left out."""
        value = self.values.get(key)
        return default if value is None else value

    def require(self, key: str, default: object, *allowed: object) -> None:
        """Refuse a value that this program has no code for."""
        value = self.get(key, default)
        if value not in allowed:
            raise CheckpointError(
                Sentence(
                    "This checkpoint can't be run: its config.json gives {name}.{key} as "
                    "{value}, and only {names} is supported.",
                    name=self.name,
                    key=key,
                    value=repr(value),
                    names=" or ".join(map(repr, allowed)),
                )
            )
