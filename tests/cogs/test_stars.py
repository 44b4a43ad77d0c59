"""Stars: the button, the reaction, /favourites and /top."""

from __future__ import annotations

from cogs.presentation.star_messages import NO_FAVOURITES, NO_STARS
from tests.support.jam_server import open_jam


async def press_star(jam, message, who):
    shown = jam.env.backend.messages[jam.channel.id][message.id]
    buttons = [each for row in shown.components for each in row["components"]]
    (star,) = [each for each in buttons if each["custom_id"].endswith(":star")]
    return await who.click(message, custom_id=star["custom_id"]), star["label"]


async def test_a_second_press_removes_a_star(tmp_path):
    """For everybody at the button, and in a private sentence for who pressed."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        result, before = await press_star(jam, clip, jam.bob)
        assert before == "⭐"
        assert "among your `/favourites` now" in result.followups[-1].content
        assert result.followups[-1].ephemeral
        result, between = await press_star(jam, clip, jam.bob)
        assert between == "⭐ 1"
        assert "not among your `/favourites` any more" in result.followups[-1].content
        _, after = await press_star(jam, clip, jam.bob)
        assert after == "⭐"


async def test_a_reaction_does_what_the_button_does(tmp_path):
    """It gives the star, and takes it back when it is removed; other reactions do nothing."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        await jam.bob.react(clip, "👍")
        await jam.bob.react(clip, "⭐")
        assert (await jam.store.clips.get(1)).stars == 1
        _, label = await press_star(jam, clip, jam.alice)
        assert label == "⭐ 1"
        await jam.bob.unreact(clip, "⭐")
        assert (await jam.store.clips.get(1)).stars == 0


async def test_blocked_people_cannot_star(tmp_path):
    """Neither by the button, which says so, nor by a reaction."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        await jam.store.settings.block(jam.guild.id, jam.bob.id, True)
        result, _ = await press_star(jam, clip, jam.bob)
        assert result.response.ephemeral
        await jam.bob.react(clip, "⭐")
        assert (await jam.store.clips.get(1)).stars == 0


async def test_favourites_and_top_list_what_was_starred(tmp_path):
    """One's own in the order of starring; the server's by their stars, without self-stars."""
    async with open_jam(tmp_path) as jam:
        rock = (await jam.music(prompt="90s rock", seconds=1.0)).response
        jazz = (await jam.music(prompt="slow jazz", seconds=1.0)).response
        assert (await jam.bob.slash(jam.channel, "favourites")).response.content == str(
            NO_FAVOURITES
        )
        assert (await jam.bob.slash(jam.channel, "top")).response.content == str(NO_STARS)
        await press_star(jam, rock, jam.alice)
        await press_star(jam, jazz, jam.bob)
        own = (await jam.alice.slash(jam.channel, "favourites")).response
        assert own.ephemeral
        assert "90s rock" in own.content
        assert "slow jazz" not in own.content
        for period in ("day", "week", "all"):
            top = (await jam.alice.slash(jam.channel, "top", period=period)).response.content
            assert "⭐ 1" in top
            assert "slow jazz" in top
            assert "90s rock" not in top


async def test_stars_in_invisible_channels_are_not_listed(tmp_path):
    """A favourite of another server stays there."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(prompt="90s rock", seconds=1.0)).response
        await press_star(jam, clip, jam.bob)
        chief = jam.env.create_user("boss")
        other = jam.env.create_guild("Elsewhere", owner=chief)
        away = other.add_member(jam.bob)
        result = await away.slash(other.create_text_channel("lobby"), "favourites")
        assert "90s rock" not in result.response.content
