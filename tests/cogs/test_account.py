"""What people see of their own account: /quota and /history."""

from __future__ import annotations

from cogs.presentation import history_messages
from tests.support.simulated_server import open_server


async def test_quota_shows_the_remaining_seconds(tmp_path):
    """The answer has the seconds left and the time of the reset, and is private."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=20.0)
        result = await server.alice.slash(server.channel, "quota")
        assert result.response.ephemeral
        assert (
            "**580 s** of music left today. Each day you get 600 seconds" in result.response.content
        )
        assert "<t:" in result.response.content


async def test_history_shows_own_clips_and_can_be_searched(tmp_path):
    """Newest first, with seeds; other people's clips are not listed."""
    async with open_server(tmp_path) as server:
        await server.music(prompt="90s rock", seed=1, seconds=1.0)
        await server.music(prompt="slow jazz", seed=2, seconds=1.0)
        everything = await server.alice.slash(server.channel, "history")
        assert everything.response.content.index("slow jazz") < (
            everything.response.content.index("90s rock")
        )
        found = await server.alice.slash(server.channel, "history", search="rock")
        assert "slow jazz" not in found.response.content
        nothing = await server.bob.slash(server.channel, "history")
        assert nothing.response.content == str(history_messages.NO_HISTORY)
