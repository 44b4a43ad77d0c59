"""The languages of people and servers: chosen by them, or else reported by Discord.

Choices are cached in memory, since rendering a message must not wait for the database.
"""

from __future__ import annotations

from bot.store.store import Store


class LanguageService:
    """Chosen languages of people and servers, by Discord's codes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._people: dict[int, str] = {}
        self._servers: dict[int, str] = {}

    async def load(self) -> None:
        """Load the choices from the database."""
        self._people = await self._store.chosen_languages.of_people()
        self._servers = await self._store.chosen_languages.of_servers()

    def of_person(self, user_id: int, reported: str | None) -> str | None:
        """Return a person's language; `reported` is Discord's."""
        return self._people.get(user_id, reported)

    def of_server(self, guild_id: int, reported: str | None) -> str | None:
        """Return the language of public messages on a server."""
        return self._servers.get(guild_id, reported)

    def chosen_by_server(self, guild_id: int) -> str | None:
        """Return the language that a server has chosen, if it has."""
        return self._servers.get(guild_id)

    def note_person(self, user_id: int, language: str | None) -> None:
        """Update the cache of a person's choice, which is stored with their preferences."""
        _put(self._people, user_id, language)

    async def set_of_server(self, guild_id: int, language: str | None) -> None:
        """Set a server's language; None is the one that Discord reports."""
        await self._store.chosen_languages.set_of_server(guild_id, language)
        _put(self._servers, guild_id, language)


def _put(chosen: dict[int, str], key: int, language: str | None) -> None:
    if language is None:
        chosen.pop(key, None)
    else:
        chosen[key] = language
