"""Where the bot may be used: on the servers that its owner allows, and in direct messages."""

from __future__ import annotations

import dataclasses

from bot.app.services.guilds import NOT_SERVED, SERVERS_ONLY
from bot.config import Config, DiscordConfig
from tests.support.jam_server import open_jam

ELSEWHERE = 4242


def account(**settings):
    return dataclasses.replace(Config(), discord=DiscordConfig(**settings))


async def test_on_other_servers_it_makes_nothing_and_says_so(tmp_path, caplog):
    """One private sentence for whoever asks; what is kept of people stays theirs."""
    async with open_jam(tmp_path, config=account(allowed_servers=(ELSEWHERE,))) as jam:
        jam.bot.dispatch("guild_join", jam.bot.get_guild(jam.guild.id))
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
        assert f"server={jam.guild.id} is not in discord.allowed_servers" in caplog.text


async def test_on_a_server_that_is_allowed_it_is_itself(tmp_path):
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


async def test_in_direct_messages_it_makes_music(tmp_path):
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
