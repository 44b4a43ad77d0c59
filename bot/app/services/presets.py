"""The presets of people and of servers."""

from __future__ import annotations

from bot.domain.presets import Preset, PresetOwner
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.store.store import Store

MOST_OF_A_PERSON = 25
MOST_OF_A_SERVER = 100

_FULL = Sentence("There can be {most} presets at most: delete one first, with `/preset delete`.")


class PresetService:
    """Stores presets; the caller checks their texts."""

    def __init__(self, store: Store) -> None:
        self._presets = store.presets

    async def save(self, owner: PresetOwner, preset: Preset) -> None:
        """Store a preset, replacing one of the same name. Raises RequestError for too many."""
        most = MOST_OF_A_SERVER if owner.is_server else MOST_OF_A_PERSON
        if not await self._presets.save(owner, preset, most=most):
            raise RequestError(_FULL.fill(most=most))

    async def of(self, owner: PresetOwner) -> list[Preset]:
        """Return an owner's presets, by name."""
        return await self._presets.of(owner)

    async def find(self, owner: PresetOwner, name: str) -> Preset | None:
        """Return an owner's preset by its name, in any case."""
        return await self._presets.get(owner, name)

    async def delete(self, owner: PresetOwner, name: str) -> bool:
        """Delete a preset; return whether it existed."""
        return await self._presets.delete(owner, name)
