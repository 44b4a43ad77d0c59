"""The red button below the question of /privacy delete."""

from __future__ import annotations

from tests.support.jam_server import open_jam

LABEL = "Delete everything of mine"


async def test_the_button_works_after_a_restart(tmp_path):
    """For the person who was asked; their clips are gone then."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=1.0)
        asked = await jam.alice.slash(jam.channel, "privacy delete")
        await jam.restart_bot()
        done = await jam.press(asked.response, LABEL)
        assert "1 clip of yours is deleted" in done.response.content
        assert await jam.store.clips.of_user(jam.alice.id, 5) == []
