"""Where the bot may be used: on the servers that its owner allows, and in direct messages."""

from __future__ import annotations

import dataclasses

from bot.app.services.guilds import NOT_SERVED, SERVERS_ONLY
from bot.config import Config, DiscordConfig
from cogs.access import LEAVING
from tests.support.simulated_server import open_server

ELSEWHERE = 4242


def account(**settings):
    return dataclasses.replace(Config(), discord=DiscordConfig(**settings))


async def test_orders_on_other_servers_are_refused(tmp_path):
    """The refusal is private; people can still see and delete what is stored about them."""
    async with open_server(tmp_path, config=account(allowed_servers=(ELSEWHERE,))) as server:
        for name, options in (("music", {"prompt": "rock"}), ("random", {}), ("queue", {})):
            answer = await server.alice.slash(server.channel, name, **options)
            assert answer.response.ephemeral
            assert answer.response.content == str(NOT_SERVED)
        assert (await server.alice.slash(server.channel, "privacy show")).response.content != (
            str(NOT_SERVED)
        )
        assert await server.alice.autocomplete(server.channel, "music", "prompt", "rock") == []
        before = len(server.messages())
        await server.alice.send(server.channel, f"<@{server.bot.user.id}> slow jazz with a piano")
        await server.idle()
        assert len(server.messages()) == before + 1
        assert await server.store.jobs.unfinished() == []


async def test_a_server_that_is_not_allowed_is_left_with_a_notice(tmp_path, caplog):
    """The bot posts a public notice when it is invited there, then leaves."""
    async with open_server(tmp_path, config=account(allowed_servers=(ELSEWHERE,))) as server:
        # Messages of a server can't be read once the bot has left it.
        server.env.inject_error("DELETE", "/users/@me/guilds/*", status=403, code=50013, times=1)
        server.bot.dispatch("guild_join", server.bot.get_guild(server.guild.id))
        await server.env.settle()
        assert [each.content for each in server.messages()] == [str(LEAVING)]
        server.bot.dispatch("guild_join", server.bot.get_guild(server.guild.id))
        await server.env.settle()
        assert server.bot.get_guild(server.guild.id) is None
        assert f"server={server.guild.id} is not in discord.allowed_servers" in caplog.text


async def test_a_start_leaves_other_servers_unless_it_would_leave_all(tmp_path):
    """If an id is mistyped, no server is left: nobody could invite the bot back."""
    async with open_server(tmp_path) as server:
        other = server.env.create_guild("Elsewhere", owner=server.env.create_user("boss"))
        server.pipeline.config = account(allowed_servers=(ELSEWHERE,))
        server.config = account(allowed_servers=(ELSEWHERE,))
        await server.restart_bot()
        await server.env.settle()
        assert {each.id for each in server.bot.guilds} == {server.guild.id, other.id}
        server.pipeline.config = server.config = account(allowed_servers=(other.id,))
        await server.restart_bot()
        await server.env.settle()
        assert {each.id for each in server.bot.guilds} == {other.id}


async def test_an_allowed_server_is_served(tmp_path):
    """Its buttons work, too, until the server is removed from the list."""
    async with open_server(tmp_path) as server:
        account_of_jam = account(allowed_servers=(server.guild.id,))
        server.config = account_of_jam
        made = await server.music(seconds=1.0)
        assert made.response.attachments
        server.pipeline.config = account(allowed_servers=(ELSEWHERE,))
        await server.restart_bot()
        answer = await server.press(made.response, "Again")
        assert answer.response.content == str(NOT_SERVED)


async def test_direct_messages_are_served(tmp_path):
    """Direct messages are allowed by default."""
    async with open_server(tmp_path) as server:
        answer = await server.alice.user.slash("random", seconds=1.0)
        await server.idle()
        assert answer.response.attachments


async def test_direct_messages_can_be_turned_off(tmp_path):
    """The operator decides whether the bot makes music in direct messages."""
    async with open_server(tmp_path, config=account(direct_messages=False)) as server:
        answer = await server.alice.user.slash("random", seconds=1.0)
        assert answer.response.content == str(SERVERS_ONLY)
        assert (await server.music(seconds=1.0)).response.attachments
