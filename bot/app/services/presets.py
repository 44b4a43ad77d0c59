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
    """Keeps what has a name; what it may say is checked by who hands it over."""

    def __init__(self, store: Store) -> None:
        self._presets = store.presets

    async def save(self, owner: PresetOwner, preset: Preset) -> None:
        """Keep a preset in the place of one of the same name. Raises RequestError for too many."""
        most = MOST_OF_A_SERVER if owner.is_server else MOST_OF_A_PERSON
        if not await self._presets.save(owner, preset, most=most):
            raise RequestError(_FULL.fill(most=most))

    async def of(self, owner: PresetOwner) -> list[Preset]:
        """Return the presets of an owner, by name."""
        return await self._presets.of(owner)

    async def find(self, owner: PresetOwner, name: str) -> Preset | None:
        """Return the preset of an owner with a name, in any case."""
        return await self._presets.get(owner, name)

    async def delete(self, owner: PresetOwner, name: str) -> bool:
        """Delete a preset; return whether there was one."""
        return await self._presets.delete(owner, name)
