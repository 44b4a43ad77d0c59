"""A person's own affairs: /quota and /history."""

from __future__ import annotations

from cogs.presentation import history_messages
from tests.support.jam_server import open_jam


async def test_quota_shows_the_remaining_seconds(tmp_path):
    """In seconds, with the time at which the day begins anew; for one person only."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=20.0)
        result = await jam.alice.slash(jam.channel, "quota")
        assert result.response.ephemeral
        assert (
            "**580 s** of music left today. Each day you get 600 seconds" in result.response.content
        )
        assert "<t:" in result.response.content


async def test_history_shows_own_clips_and_can_be_searched(tmp_path):
    """Newest first, with seeds; nobody sees another's."""
    async with open_jam(tmp_path) as jam:
        await jam.music(prompt="90s rock", seed=1, seconds=1.0)
        await jam.music(prompt="slow jazz", seed=2, seconds=1.0)
        everything = await jam.alice.slash(jam.channel, "history")
        assert everything.response.content.index("slow jazz") < (
            everything.response.content.index("90s rock")
        )
        found = await jam.alice.slash(jam.channel, "history", search="rock")
        assert "slow jazz" not in found.response.content
        nothing = await jam.bob.slash(jam.channel, "history")
        assert nothing.response.content == str(history_messages.NO_HISTORY)
