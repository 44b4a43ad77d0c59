"""Searching for words in prompts."""

from __future__ import annotations

from bot.store.store import open_store
from tests.support.stored_jobs import Clock, delivered


async def test_a_search_matches_all_words(tmp_path):
    """Pattern characters are literal; thousands of words are no error."""
    async with open_store(tmp_path, Clock()) as store:
        for key, prompt in (("1", "slow 90s rock"), ("2", "90% rock")):
            await delivered(store, key=key, prompt=prompt)

        async def found(words):
            clips = await store.clip_history.of_person(1, words, 0, 9)
            return [clip.prompt for clip in clips]

        assert await found("rock 90") == ["90% rock", "slow 90s rock"]
        assert await found("rock 90%") == ["90% rock"]
        assert await found("ROCK slow") == ["slow 90s rock"]
        assert await found("rock jazz") == []
        assert await found("rock " * 5000) == ["90% rock", "slow 90s rock"]
