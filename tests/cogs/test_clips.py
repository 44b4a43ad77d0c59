"""/clip and /tree, the button Tree, and who is named on a card."""

from __future__ import annotations

import pytest

from cogs.presentation import messages
from tests.support.jam_server import open_jam


async def remixed(jam):
    """Alice makes a clip, bob continues it, alice goes on; return the three messages."""
    first = (await jam.music(prompt="90s rock", seconds=1.0)).response
    second = (await jam.press(first, "Continue", who=jam.bob)).response
    third = (await jam.press(second, "Continue")).response
    return first, second, third


def card_of(jam, message):
    return jam.env.backend.messages[jam.channel.id][message.id].embeds[0]["description"]


async def test_a_card_credits_all_contributors(tmp_path):
    """In their order; a clip of one person alone has no such line."""
    async with open_jam(tmp_path) as jam:
        first, second, third = await remixed(jam)
        assert "started by" not in card_of(jam, first)
        alice, bob = f"<@{jam.alice.id}>", f"<@{jam.bob.id}>"
        assert f"started by {alice}, continued by {bob}" in card_of(jam, second)
        line = f"started by {alice}, continued by {bob}, continued by {alice}"
        assert line in card_of(jam, third)


async def test_the_tree_shows_ancestors_and_descendants(tmp_path):
    """By the button and by the command, to the person alone, with a picture and links."""
    async with open_jam(tmp_path) as jam:
        _, second, _ = await remixed(jam)
        pressed = await jam.press(second, "Tree")
        typed = await jam.bob.slash(jam.channel, "tree", clip="2")
        for result in (pressed, typed):
            shown = result.response
            assert shown.ephemeral
            lines = shown.embeds[0].description.splitlines()
            assert [line.find("[clip ") >= 0 for line in lines] == [True, True, True]
            assert lines[1].startswith("**")
            assert f"started by <@{jam.alice.id}>" in lines[0]
            assert [each.filename for each in shown.attachments] == ["tree.png"]


async def test_a_deleted_clip_stays_in_the_tree(tmp_path):
    """Its words are gone, what came before and after is still there."""
    async with open_jam(tmp_path) as jam:
        _, second, third = await remixed(jam)
        await jam.delete(second, who=jam.bob)
        shown = (await jam.press(third, "Tree")).response
        lines = shown.embeds[0].description.splitlines()
        assert len(lines) == 3
        assert "deleted" in lines[1]
        assert "90s rock" not in lines[1]


async def test_a_clip_without_relatives_says_so(tmp_path):
    """And what can be done about it."""
    async with open_jam(tmp_path) as jam:
        first = (await jam.music(seconds=1.0)).response
        shown = (await jam.press(first, "Tree")).response
        assert "Nobody has made anything of it yet" in shown.embeds[0].description


async def test_a_reposted_clip_has_its_buttons(tmp_path):
    """For anybody on the server, in any channel, and at no cost; its buttons work there."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=1.0)
        other = jam.guild.create_text_channel("jam-talk")
        result = await jam.bob.slash(other, "clip", clip="#1")
        posted = result.response
        assert not posted.ephemeral
        assert any(each.filename.startswith("zhiyin-") for each in posted.attachments)
        assert await jam.used(jam.bob) == 0
        again = await jam.press(posted, "Again", who=jam.bob)
        assert (await jam.store.clips.get(2)).parent_ids == (1,)
        assert again.response is not None


@pytest.mark.parametrize("command", ["clip", "tree"])
@pytest.mark.parametrize("number", ["99", "nothing", "9" * 20])
async def test_an_unknown_clip_gives_one_sentence(tmp_path, command, number):
    """Whether it is a number or not."""
    async with open_jam(tmp_path) as jam:
        result = await jam.alice.slash(jam.channel, command, clip=number)
        assert result.response.ephemeral
        assert result.response.content in {str(messages.NO_CLIP), str(messages.UNKNOWN_CLIP)}


async def test_a_card_names_the_file_that_it_was_made_from(tmp_path):
    """Its markup is disarmed; with the clip it is deleted."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        options = {"prompt": "jazz", "clip": ("my *riff*.mp3", sound), "seconds": 1.0}
        await jam.bob.slash(jam.channel, "remix", **options)
        await jam.idle()
        (made,) = jam.newest(1)
        assert "a remix of *my \\*riff\\*.mp3*" in made.embeds[0]["description"]
        clip = await jam.newest_clip(jam.bob)
        assert clip.upload_name == "my *riff*.mp3"
        await jam.pipeline.library.delete(clip)
        assert (await jam.store.clips.get(clip.id)).upload_name is None
