"""The word filter: the one check of every text that a person can make public.

The pipeline checks orders itself. Code that shows another text of a person (a title, a name, words
for live music) calls `check` before anybody else sees it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.domain.jobs import Order, UploadSource
from bot.errors import ConfigError, Refused, RequestError
from bot.i18n.sentence import Plural, Sentence
from bot.store.unwanted_words import UnwantedWords
from bot.word_filter.word_list import WordList, read_entry

MAX_ENTRIES = 200
"""How many entries a server may have."""

UNWANTED = Sentence("That contains a word that isn't wanted here. Please put it in other words.")
FULL = Plural(
    "A list has {n} entry at most: remove one first.",
    "A list has {n} entries at most: remove one first.",
    n=MAX_ENTRIES,
)


def read_list(entries: Iterable[str]) -> WordList:
    """Return the operator's list. Raises ConfigError for an entry that can't be parsed."""
    try:
        return WordList(map(read_entry, entries))
    except RequestError as error:
        raise ConfigError(
            Sentence("discord.unwanted_words can't be used: {why}", why=error.sentence)
        ) from None


class WordFilter:
    """The unwanted words of each server (its managers' list) and of the whole bot."""

    def __init__(self, words: UnwantedWords, everywhere: Iterable[str]) -> None:
        """Take the table of the servers' lists, and the operator's entries.

        Raises ConfigError for an entry that can't be parsed.
        """
        self._words = words
        self._everywhere = read_list(everywhere)
        self._lists: dict[int, WordList] = {}
        self._changes: Counter[int] = Counter()

    async def check(self, guild_id: int | None, *texts: str | None) -> None:
        """Raise Refused if a text contains a word that is unwanted on a server, or everywhere.

        Without a server only the operator's entries apply. The sentence does not repeat the word.
        """
        if await self.find(guild_id, *texts) is not None:
            raise Refused(UNWANTED)

    async def check_order(self, order: Order) -> None:
        """Raise Refused for an order whose card would show an unwanted word."""
        name = order.source.name if isinstance(order.source, UploadSource) else None
        await self.check(order.origin.guild_id, order.prompt, name)

    async def find(self, guild_id: int | None, *texts: str | None) -> str | None:
        """Return the first entry that one of the texts matches; None without a match."""
        lists = [self._everywhere]
        if guild_id is not None:
            lists.append(await self._list_of(guild_id))
        lists = [each for each in lists if each.entries]
        if not lists:
            return None
        # In a thread: two hundred patterns of a server take long enough to hold up all others.
        return await asyncio.to_thread(_find_first, lists, [text for text in texts if text])

    async def entries(self, guild_id: int) -> tuple[str, ...]:
        """Return the entries of a server's list."""
        return (await self._list_of(guild_id)).entries

    async def add(self, guild_id: int, text: str) -> str:
        """Add an entry to a server's list, and return it normalized.

        Raises RequestError for an invalid entry, and if the list is full.
        """
        entry = await asyncio.to_thread(read_entry, text)
        if not await self._words.add(guild_id, entry, most=MAX_ENTRIES):
            raise RequestError(FULL)
        self._forget_list(guild_id)
        return entry

    async def remove(self, guild_id: int, text: str) -> str | None:
        """Remove an entry from a server's list and return it; None if it is not in the list."""
        try:
            entry = read_entry(text)
        except RequestError:
            return None
        is_gone = await self._words.remove(guild_id, entry)
        self._forget_list(guild_id)
        return entry if is_gone else None

    async def _list_of(self, guild_id: int) -> WordList:
        """Return a server's list, cached: no other process writes to the table."""
        found = self._lists.get(guild_id)
        if found is None:
            changes = self._changes[guild_id]
            entries = await self._words.of(guild_id)
            found = await asyncio.to_thread(WordList, entries) if entries else WordList(())
            # A list that was changed during the read is not cached.
            if changes == self._changes[guild_id]:
                self._lists[guild_id] = found
        return found

    def _forget_list(self, guild_id: int) -> None:
        self._changes[guild_id] += 1
        self._lists.pop(guild_id, None)


def _find_first(lists: Sequence[WordList], texts: Sequence[str]) -> str | None:
    found = (each.find(text) for each in lists for text in texts)
    return next((entry for entry in found if entry is not None), None)
