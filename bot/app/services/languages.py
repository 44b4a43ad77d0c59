"""Which language a person reads and a server speaks: what they chose, or else what Discord says.

The choices are kept in memory, too: whoever renders a message needs them at once.
"""

from __future__ import annotations

from bot.store.store import Store


class LanguageService:
    """The languages that people and servers have chosen, by Discord's codes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._people: dict[int, str] = {}
        self._servers: dict[int, str] = {}

    async def load(self) -> None:
        """Read what was chosen in previous runs of the bot."""
        self._people = await self._store.chosen_languages.of_people()
        self._servers = await self._store.chosen_languages.of_servers()

    def of_person(self, user_id: int, said: str | None) -> str | None:
        """Return the language of a person, for whom Discord says another."""
        return self._people.get(user_id, said)

    def of_server(self, guild_id: int, said: str | None) -> str | None:
        """Return the language of what everybody on a server sees."""
        return self._servers.get(guild_id, said)

    def chosen_by_server(self, guild_id: int) -> str | None:
        """Return the language that a server has chosen, if it has."""
        return self._servers.get(guild_id)

    def note_person(self, user_id: int, language: str | None) -> None:
        """Remember what a person chose, which is stored with what else they prefer."""
        _put(self._people, user_id, language)

    async def set_of_server(self, guild_id: int, language: str | None) -> None:
        """Choose the language of a server; None is the one that Discord says."""
        await self._store.chosen_languages.set_of_server(guild_id, language)
        _put(self._servers, guild_id, language)


def _put(chosen: dict[int, str], key: int, language: str | None) -> None:
    if language is None:
        chosen.pop(key, None)
    else:
        chosen[key] = language
