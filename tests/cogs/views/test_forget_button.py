"""The red button that confirms /privacy delete."""

from __future__ import annotations

from tests.support.simulated_server import open_server

LABEL = "Delete everything of mine"


async def test_the_button_works_after_a_restart(tmp_path):
    """Only for the person who was asked; it deletes their clips."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        asked = await server.alice.slash(server.channel, "privacy delete")
        await server.restart_bot()
        done = await server.press(asked.response, LABEL)
        assert "1 clip of yours is deleted" in done.response.content
        assert await server.store.clips.of_user(server.alice.id, 5) == []
