"""Where the bot may be used: on the servers that its owner allows, and in direct messages."""

from __future__ import annotations

import dataclasses

from bot.app.services.guilds import NOT_SERVED, SERVERS_ONLY
from bot.config import Config, DiscordConfig
from cogs.access import LEAVING
from tests.support.jam_server import open_jam

ELSEWHERE = 4242


def account(**settings):
    return dataclasses.replace(Config(), discord=DiscordConfig(**settings))


async def test_orders_on_other_servers_are_refused(tmp_path):
    """One private sentence for whoever asks; what is kept of people stays theirs."""
    async with open_jam(tmp_path, config=account(allowed_servers=(ELSEWHERE,))) as jam:
        for name, options in (("music", {"prompt": "rock"}), ("random", {}), ("queue", {})):
            told = await jam.alice.slash(jam.channel, name, **options)
            assert told.response.ephemeral
            assert told.response.content == str(NOT_SERVED)
        assert (await jam.alice.slash(jam.channel, "privacy show")).response.content != (
            str(NOT_SERVED)
        )
        assert await jam.alice.autocomplete(jam.channel, "music", "prompt", "rock") == []
        before = len(jam.messages())
        await jam.alice.send(jam.channel, f"<@{jam.bot.user.id}> slow jazz with a piano")
        await jam.idle()
        assert len(jam.messages()) == before + 1
        assert await jam.store.jobs.unfinished() == []


async def test_a_server_that_is_not_allowed_is_left_with_a_notice(tmp_path, caplog):
    """When it is invited there; it says so first, in public."""
    async with open_jam(tmp_path, config=account(allowed_servers=(ELSEWHERE,))) as jam:
        # What was said on a server is out of sight once it was left.
        jam.env.inject_error("DELETE", "/users/@me/guilds/*", status=403, code=50013, times=1)
        jam.bot.dispatch("guild_join", jam.bot.get_guild(jam.guild.id))
        await jam.env.settle()
        assert [each.content for each in jam.messages()] == [str(LEAVING)]
        jam.bot.dispatch("guild_join", jam.bot.get_guild(jam.guild.id))
        await jam.env.settle()
        assert jam.bot.get_guild(jam.guild.id) is None
        assert f"server={jam.guild.id} is not in discord.allowed_servers" in caplog.text


async def test_a_start_leaves_other_servers_unless_it_would_leave_all(tmp_path):
    """A list with a mistyped id leaves none: nobody could invite the bot back in its stead."""
    async with open_jam(tmp_path) as jam:
        other = jam.env.create_guild("Elsewhere", owner=jam.env.create_user("boss"))
        jam.pipeline.config = account(allowed_servers=(ELSEWHERE,))
        jam.config = account(allowed_servers=(ELSEWHERE,))
        await jam.restart_bot()
        await jam.env.settle()
        assert {each.id for each in jam.bot.guilds} == {jam.guild.id, other.id}
        jam.pipeline.config = jam.config = account(allowed_servers=(other.id,))
        await jam.restart_bot()
        await jam.env.settle()
        assert {each.id for each in jam.bot.guilds} == {other.id}


async def test_an_allowed_server_is_served(tmp_path):
    """Its buttons work as well; once it is not any more, they don't."""
    async with open_jam(tmp_path) as jam:
        account_of_jam = account(allowed_servers=(jam.guild.id,))
        jam.config = account_of_jam
        made = await jam.music(seconds=1.0)
        assert made.response.attachments
        jam.pipeline.config = account(allowed_servers=(ELSEWHERE,))
        await jam.restart_bot()
        told = await jam.press(made.response, "Again")
        assert told.response.content == str(NOT_SERVED)


async def test_direct_messages_are_served(tmp_path):
    """As long as nothing else is said."""
    async with open_jam(tmp_path) as jam:
        told = await jam.alice.user.slash("random", seconds=1.0)
        await jam.idle()
        assert told.response.attachments


async def test_direct_messages_can_be_turned_off(tmp_path):
    """Anyone can write to a bot; who runs it says whether it makes music for them."""
    async with open_jam(tmp_path, config=account(direct_messages=False)) as jam:
        told = await jam.alice.user.slash("random", seconds=1.0)
        assert told.response.content == str(SERVERS_ONLY)
        assert (await jam.music(seconds=1.0)).response.attachments
