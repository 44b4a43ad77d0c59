"""Stars: the button, the reaction, /favourites and /top."""

from __future__ import annotations

import discord

from cogs.presentation.star_messages import NO_FAVOURITES, NO_STARS
from tests.cogs.test_history import fill
from tests.support.simulated_server import open_server


async def press_star(server, message, who):
    shown = server.env.backend.messages[server.channel.id][message.id]
    buttons = [each for row in shown.components for each in row["components"]]
    (star,) = [each for each in buttons if each["custom_id"].endswith(":star")]
    return await who.click(message, custom_id=star["custom_id"]), star["label"]


async def test_a_second_press_removes_a_star(tmp_path):
    """The count at the button is public, the confirmation private."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        result, before = await press_star(server, clip, server.bob)
        assert before == "⭐"
        assert "among your `/favourites` now" in result.followups[-1].content
        assert result.followups[-1].ephemeral
        result, between = await press_star(server, clip, server.bob)
        assert between == "⭐ 1"
        assert "not among your `/favourites` any more" in result.followups[-1].content
        _, after = await press_star(server, clip, server.bob)
        assert after == "⭐"


async def test_a_reaction_does_what_the_button_does(tmp_path):
    """Adding it stars, removing it unstars; other reactions do nothing."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        await server.bob.react(clip, "👍")
        await server.bob.react(clip, "⭐")
        assert (await server.store.clips.get(1)).stars == 1
        _, label = await press_star(server, clip, server.alice)
        assert label == "⭐ 1"
        await server.bob.unreact(clip, "⭐")
        assert (await server.store.clips.get(1)).stars == 0


async def test_reactions_of_bots_are_no_stars(tmp_path):
    """Neither another bot's nor our own; taking one away takes away no person's star."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        other_bot = server.guild.add_member(server.env.create_user("starboard", bot=True))
        await other_bot.react(clip, "⭐")
        place = server.bot.get_channel(server.channel.id)
        await place.get_partial_message(clip.id).add_reaction("⭐")
        await server.env.settle()
        assert (await server.store.clips.get(1)).stars == 0
        await server.bob.react(clip, "⭐")
        await other_bot.unreact(clip, "⭐")
        assert (await server.store.clips.get(1)).stars == 1


async def test_blocked_people_cannot_star(tmp_path):
    """The button refuses with a sentence, a reaction is ignored."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        await server.store.settings.block(server.guild.id, server.bob.id, True)
        result, _ = await press_star(server, clip, server.bob)
        assert result.response.ephemeral
        await server.bob.react(clip, "⭐")
        assert (await server.store.clips.get(1)).stars == 0


async def test_favourites_and_top_list_what_was_starred(tmp_path):
    """One's own in the order of starring; the server's by count, without self-stars."""
    async with open_server(tmp_path) as server:
        rock = (await server.music(prompt="90s rock", seconds=1.0)).response
        jazz = (await server.music(prompt="slow jazz", seconds=1.0)).response
        assert (await server.bob.slash(server.channel, "favourites")).response.content == str(
            NO_FAVOURITES
        )
        assert (await server.bob.slash(server.channel, "top")).response.content == str(NO_STARS)
        await press_star(server, rock, server.alice)
        await press_star(server, jazz, server.bob)
        own = (await server.alice.slash(server.channel, "favourites")).response
        assert own.ephemeral
        assert "90s rock" in own.content
        assert "slow jazz" not in own.content
        for period in ("day", "week", "all"):
            top = (await server.alice.slash(server.channel, "top", period=period)).response.content
            assert "⭐ 1" in top
            assert "slow jazz" in top
            assert "90s rock" not in top


async def test_lists_reach_beyond_what_one_cannot_see(tmp_path):
    """Many newer clips in a hidden channel, with as many stars, push no visible one out."""
    async with open_server(tmp_path) as server:
        hidden = {server.bob: discord.PermissionOverwrite(view_channel=False)}
        studio = server.guild.create_text_channel("studio", overwrites=hidden)
        await fill(server, 1, server.alice, prompt="90s rock")
        await fill(server, 101, server.alice, channel=studio, prompt="a secret song")
        for number in range(1, 41):
            server.clock.now += 1
            await server.store.stars.give(await server.store.clips.get(number), server.bob.id)
        for command, options in (
            ("favourites", {}),
            ("history", {"whose": "starred"}),
            ("top", {"period": "all"}),
            ("top", {"period": "week"}),
        ):
            listed = (await server.bob.slash(server.channel, command, **options)).response.content
            assert "90s rock" in listed, (command, listed)
            assert "secret" not in listed
        offered = await server.bob.autocomplete(server.channel, "export", "clip", "")
        assert [each["value"] for each in offered] == ["1"]


async def test_stars_in_invisible_channels_are_not_listed(tmp_path):
    """Nor is a favourite of another server."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(prompt="90s rock", seconds=1.0)).response
        await press_star(server, clip, server.bob)
        chief = server.env.create_user("boss")
        other = server.env.create_guild("Elsewhere", owner=chief)
        away = other.add_member(server.bob)
        result = await away.slash(other.create_text_channel("lobby"), "favourites")
        assert "90s rock" not in result.response.content
