"""/history: pages, search words, whose clips are listed, and the player of a chosen clip."""

from __future__ import annotations

import discord

from bot.domain.jobs import MessageHandle, RequestOrigin
from bot.domain.limits import Limits
from cogs.presentation import history_messages
from tests.cogs.test_clip_messages import players, rows
from tests.support.simulated_server import open_server
from tests.support.stored_jobs import new_clip, order


async def fill(server, count, who, *, channel=None, prompt="90s rock"):
    """Insert clip rows of somebody, without sound files."""
    place = RequestOrigin(
        user_id=who.id, guild_id=server.guild.id, channel_id=(channel or server.channel).id
    )
    limits = Limits(daily_seconds=1e6, waiting_per_user=9, waiting_per_guild=9, waiting=9)
    for number in range(count):
        wanted = order(key=f"{prompt}/{number}", origin=place, prompt=prompt)
        job = await server.store.jobs.accept(wanted, limits, MessageHandle())
        await server.store.jobs.start(job.id)
        clip = await server.store.jobs.record_clip(job.id, new_clip(job))
        await server.store.jobs.begin_delivery(job.id)
        await server.store.clips.set_message(clip.id, 10_000 + job.id)
        await server.store.jobs.finish_delivery(job.id, 10_000 + job.id)


def numbers(message):
    """The numbers of the clips on a page."""
    return [line.split("`")[1] for line in message.content.splitlines() if line.startswith("`")]


async def test_history_pages_work_after_a_restart(tmp_path):
    """Each page replaces the one before; the last has no *Next*."""
    async with open_server(tmp_path) as server:
        await fill(server, 23, server.alice)
        listed = await server.alice.slash(server.channel, "history")
        assert numbers(listed.response) == [str(number) for number in range(1, 11)]
        assert rows(listed.response)[-1] == ["Next"]
        await server.restart_bot()
        await server.press(listed.response, "Next")
        assert rows(listed.response)[-1] == ["Back", "Next"]
        await server.press(listed.response, "Next")
        assert len(numbers(listed.response)) == 3
        assert rows(listed.response)[-1] == ["Back"]
        assert "Page 3" in listed.response.content
        await server.press(listed.response, "Back")
        assert "[clip 13]" in listed.response.content


async def test_the_search_is_kept_across_pages(tmp_path):
    """Every search word is in each listed prompt, in any order."""
    async with open_server(tmp_path) as server:
        await fill(server, 12, server.alice, prompt="slow jazz with a flute")
        await fill(server, 3, server.alice, prompt="fast jazz")
        listed = await server.alice.slash(server.channel, "history", search="flute slow")
        assert "fast jazz" not in listed.response.content
        await server.press(listed.response, "Next")
        assert len(numbers(listed.response)) == 2
        none = await server.alice.slash(server.channel, "history", search="tuba*")
        assert none.response.content == str(history_messages.NO_SUCH_WORDS.fill(words="tuba\\*"))


async def test_whose_clips_are_listed(tmp_path):
    """One's own, everybody's in channels one can see, or those that one starred."""
    async with open_server(tmp_path) as server:
        hidden = {server.bob: discord.PermissionOverwrite(view_channel=False)}
        studio = server.guild.create_text_channel("studio", overwrites=hidden)
        await fill(server, 1, server.alice, prompt="90s rock")
        await fill(server, 1, server.alice, channel=studio, prompt="a secret song")
        mine = await server.bob.slash(server.channel, "history")
        assert mine.response.content == str(history_messages.NO_HISTORY)
        everyone = (await server.bob.slash(server.channel, "history", whose="everyone")).response
        assert "90s rock" in everyone.content
        assert f"by <@{server.alice.id}>" in everyone.content
        assert "secret" not in everyone.content
        starred = await server.bob.slash(server.channel, "history", whose="starred")
        assert starred.response.content == str(history_messages.NOTHING_STARRED)
        await server.store.stars.give(await server.store.clips.get(1), server.bob.id)
        starred = await server.bob.slash(server.channel, "history", whose="starred")
        assert "90s rock" in starred.response.content
        theirs = await server.alice.slash(server.channel, "history", whose="everyone")
        assert "a secret song" in theirs.response.content


async def test_a_number_button_plays_the_clip(tmp_path):
    """Privately, with its buttons; another button, also after a star, posts it for everybody."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        listed = await server.bob.slash(server.channel, "history", whose="everyone")
        played = await server.press(listed.response, "1", server.bob)
        shown = played.followups[-1] if played.followups else played.response
        assert shown.ephemeral
        assert players(shown) == ["zhiyin-1.mp3"]
        assert "Again" in rows(shown)[0]
        await server.press(shown, "⭐", server.bob)
        posted = await server.press(shown, "Post it here", server.bob)
        message = posted.followups[-1] if posted.followups else posted.response
        assert not message.ephemeral
        assert players(message) == ["zhiyin-1.mp3"]
