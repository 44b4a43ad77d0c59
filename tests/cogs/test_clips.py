"""/clip and /tree, the button Tree, and the credits on a card."""

from __future__ import annotations

import pytest

from bot.store.admission import BLOCKED
from cogs.presentation import messages
from tests.support.simulated_server import open_server


async def remixed(server):
    """Alice makes a clip, bob continues it, alice goes on; return the three messages."""
    first = (await server.music(prompt="90s rock", seconds=1.0)).response
    second = (await server.press(first, "Continue", who=server.bob)).response
    third = (await server.press(second, "Continue")).response
    return first, second, third


def card_of(server, message):
    return server.env.backend.messages[server.channel.id][message.id].embeds[0]["description"]


async def test_a_card_credits_all_contributors(tmp_path):
    """In order of contribution; a clip of one person has no credits."""
    async with open_server(tmp_path) as server:
        first, second, third = await remixed(server)
        assert "started by" not in card_of(server, first)
        alice, bob = f"<@{server.alice.id}>", f"<@{server.bob.id}>"
        assert f"started by {alice}, continued by {bob}" in card_of(server, second)
        line = f"started by {alice}, continued by {bob}, continued by {alice}"
        assert line in card_of(server, third)


async def test_the_tree_shows_ancestors_and_descendants(tmp_path):
    """The button and the command answer privately, with a picture and links."""
    async with open_server(tmp_path) as server:
        _, second, _ = await remixed(server)
        pressed = await server.press(second, "Tree")
        typed = await server.bob.slash(server.channel, "tree", clip="2")
        for result in (pressed, typed):
            shown = result.response
            assert shown.ephemeral
            lines = shown.embeds[0].description.splitlines()
            assert [line.find("[clip ") >= 0 for line in lines] == [True, True, True]
            assert lines[1].startswith("**")
            assert f"started by <@{server.alice.id}>" in lines[0]
            assert [each.filename for each in shown.attachments] == ["tree.png"]


async def test_a_deleted_clip_stays_in_the_tree(tmp_path):
    """Its prompt is removed; its ancestors and descendants are still shown."""
    async with open_server(tmp_path) as server:
        _, second, third = await remixed(server)
        await server.delete(second, who=server.bob)
        shown = (await server.press(third, "Tree")).response
        lines = shown.embeds[0].description.splitlines()
        assert len(lines) == 3
        assert "deleted" in lines[1]
        assert "90s rock" not in lines[1]


async def test_a_clip_without_relatives_says_so(tmp_path):
    """The answer also says how to make one."""
    async with open_server(tmp_path) as server:
        first = (await server.music(seconds=1.0)).response
        shown = (await server.press(first, "Tree")).response
        assert "Nobody has made anything of it yet" in shown.embeds[0].description


async def test_a_reposted_clip_has_its_buttons(tmp_path):
    """Anybody on the server can repost it in any channel, free of charge."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        other = server.guild.create_text_channel("jam-talk")
        result = await server.bob.slash(other, "clip", clip="#1")
        posted = result.response
        assert not posted.ephemeral
        assert any(each.filename.startswith("zhiyin-") for each in posted.attachments)
        assert await server.used(server.bob) == 0
        again = await server.press(posted, "Again", who=server.bob)
        assert (await server.store.clips.get(2)).parent_ids == (1,)
        assert again.response is not None


@pytest.mark.parametrize("command", ["clip", "tree"])
@pytest.mark.parametrize("number", ["99", "nothing", "9" * 20])
async def test_an_unknown_clip_gives_one_sentence(tmp_path, command, number):
    """For an unknown number, and for text that is no number."""
    async with open_server(tmp_path) as server:
        result = await server.alice.slash(server.channel, command, clip=number)
        assert result.response.ephemeral
        assert result.response.content in {str(messages.NO_CLIP), str(messages.UNKNOWN_CLIP)}


async def test_a_card_names_the_file_that_it_was_made_from(tmp_path):
    """The file's name is escaped, and deleted with the clip."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        options = {"prompt": "jazz", "clip": ("my *riff*.mp3", sound), "seconds": 1.0}
        await server.bob.slash(server.channel, "remix", **options)
        await server.idle()
        (made,) = server.newest(1)
        assert "a remix of *my \\*riff\\*.mp3*" in made.embeds[0]["description"]
        clip = await server.newest_clip(server.bob)
        assert clip.upload_name == "my *riff*.mp3"
        await server.pipeline.library.delete(clip)
        assert (await server.store.clips.get(clip.id)).upload_name is None


async def test_a_blocked_person_posts_nothing(tmp_path):
    """Neither a clip once more, nor a voice message, nor a private clip, nor a sound."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        mine = (await server.music(seconds=1.0, private=True)).response
        details = (await server.press(mine, "Details")).response
        await server.bot.service.guilds.block(server.guild.id, server.alice.id)
        answers = [
            await server.alice.slash(server.channel, "clip", clip="1"),
            await server.press(mine, "Post it"),
            await server.press(details, "Voice message"),
            await server.press(details, "Send to soundboard"),
        ]
        assert [each.response.content for each in answers] == [str(BLOCKED)] * 4
        assert len([each for each in server.messages() if not each.is_ephemeral]) == 1
        assert (await server.store.clips.get(2)).is_private
