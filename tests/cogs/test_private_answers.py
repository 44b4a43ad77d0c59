"""Private answers: visible to one person only, until that person posts them."""

from __future__ import annotations

import discord
import pytest

from bot import failpoints
from bot.domain.jobs import JobState
from bot.domain.sight import Sight
from cogs.presentation import history_messages, messages
from cogs.requests.places import is_for_everybody
from cogs.views.clip_buttons import ClipButton
from tests.support.simulated_server import hold_clip, limited, open_server


def public(server):
    """The players that everybody sees in the channel."""
    return [each for each in server.messages() if each.attachments and not each.is_ephemeral]


def answer_of(result):
    return result.followups[-1] if result.followups else result.response


async def see_nothing(server, who):
    """Check that a person finds clip 1 in no list and no suggestion."""
    listed = await who.slash(server.channel, "history", whose="everyone")
    assert listed.response.content == str(history_messages.NOTHING_HERE)
    for command in ("clip", "tree", "export"):
        refused = await who.slash(server.channel, command, clip="1")
        assert answer_of(refused).content == str(messages.NO_CLIP), command
    sight = Sight(channel_ids={server.channel.id}, user_id=who.id)
    assert await server.store.clips.of_guild(server.guild.id, sight, 9) == []
    assert await server.store.stars.top(server.guild.id, sight, 9) == []


async def test_a_private_clip_is_visible_after_posting_only(tmp_path):
    """It is charged as any clip, unlisted until posted, and posted once."""
    async with open_server(tmp_path) as server:
        answer = (await server.alice.slash(server.channel, "settings", private=True)).response
        assert "Only you see your clips" in answer.content
        shown = (await server.music(seconds=1.0)).response
        assert shown.ephemeral
        assert shown.attachments
        assert "Only you see this" in shown.content
        assert public(server) == []
        assert await server.used() == 1.0
        await server.store.stars.give(await server.store.clips.get(1), server.bob.id)
        await see_nothing(server, server.bob)
        guild = server.bot.get_guild(server.guild.id)
        assert not is_for_everybody(guild, await server.store.clips.get(1))
        mine = await server.alice.slash(server.channel, "history", whose="everyone")
        assert "90s rock" in mine.response.content
        sight = Sight(channel_ids={server.channel.id}, user_id=server.alice.id)
        assert len(await server.store.clips.of_guild(server.guild.id, sight, 9)) == 1
        sent = answer_of(await server.press(shown, "Post it"))
        (posted,) = public(server)
        assert "Post it" not in str(posted.components)
        clip = await server.store.clips.get(1)
        assert (clip.is_private, clip.message_id) == (False, posted.id)
        again = await server.press(shown, "Post it")
        assert answer_of(again).content == str(messages.POSTED_ALREADY.fill(id=1))
        assert public(server) == [posted]
        await server.press(sent, "Loop", server.bob)
        assert len(public(server)) == 2
        assert await server.store.check() == []


async def test_clips_made_from_a_private_clip_are_private(tmp_path):
    """A command's clip can be made public by an option; an edit keeps the prompt."""
    async with open_server(tmp_path) as server:
        shown = (await server.music(seconds=1.0, private=True)).response
        assert (await server.press(shown, "Again")).response.ephemeral
        assert not (await server.music(seconds=1.0)).response.ephemeral
        await server.alice.slash(server.channel, "settings", private=True)
        assert not (await server.music(seconds=1.0, private=False)).response.ephemeral
        assert len(public(server)) == 2
        posted = answer_of(
            await server.press((await server.press(shown, "Again")).response, "Post it")
        )
        assert "90s rock" in posted.embeds[0].description
        assert str((await server.store.clips.get(1)).message_id) not in posted.embeds[0].description


async def test_every_clip_command_can_be_private(tmp_path):
    """/random and /remix as well."""
    async with open_server(tmp_path) as server:
        rolled = await server.alice.slash(server.channel, "random", seconds=1.0, private=True)
        await server.idle()
        remixed = await server.alice.slash(
            server.channel, "remix", prompt="jazz", mine="1", seconds=1.0, private=True
        )
        await server.idle()
        assert public(server) == []
        await see_nothing(server, server.bob)
        for number, made in enumerate((rolled, remixed), 1):
            assert made.response.ephemeral
            assert made.response.attachments
            assert (await server.store.clips.get(number)).is_private
            await server.press(made.response, "Post it")
            assert len(public(server)) == number
        open_to_all = await server.alice.slash(
            server.channel, "remix", prompt="jazz", mine="1", seconds=1.0, private=False
        )
        await server.idle()
        assert not open_to_all.response.ephemeral


async def test_after_the_token_expired_a_private_clip_comes_by_direct_message(tmp_path):
    """A message that one person sees is unreachable then; `/clip` posts the clip for all."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        await server.alice.slash(
            server.channel, "music", prompt="90s rock", seconds=1.0, private=True
        )
        server.clock.now += 900
        server.pipeline.executor.paused = False
        await server.idle()
        (direct,) = [
            each
            for channel, found in server.env.backend.messages.items()
            for each in found.values()
            if channel != server.channel.id and each.attachments
        ]
        assert public(server) == []
        assert "Post it" in str(direct.components)
        await server.alice.slash(server.channel, "clip", clip="1")
        assert len(public(server)) == 1
        assert not (await server.store.clips.get(1)).is_private


async def test_takes_are_seen_and_posted_one_by_one(tmp_path):
    """All messages of takes are private; posting one leaves the others private."""
    config = limited(max_takes=6, waiting_per_user=6)
    async with open_server(tmp_path, config=config) as server:
        shown = (await server.music(seconds=1.0, takes=5, private=True)).response
        await server.idle()
        assert [await server.state(number) for number in range(1, 6)] == [JobState.DELIVERED] * 5
        assert public(server) == []
        chosen = (await server.press(shown, "2")).response
        await server.press(chosen, "Post it")
        assert len(public(server)) == 1
        clips = [await server.store.clips.get(number) for number in range(1, 6)]
        assert sum(not clip.is_private for clip in clips) == 1


async def test_only_its_person_fetches_a_held_private_clip(tmp_path):
    """And the clip is private when it is fetched, as it was ordered."""
    async with open_server(tmp_path) as server:
        await server.alice.slash(server.channel, "settings", private=True)
        await hold_clip(server)
        listed = await server.alice.slash(server.channel, "history")
        fetched = answer_of(await server.press(listed.response, "Get clip 1"))
        assert fetched.ephemeral
        await server.press(fetched, "Post it")
        assert len(public(server)) == 1


@pytest.mark.parametrize("place", failpoints.POST_PLACES)
async def test_an_interrupted_post_is_made_once(tmp_path, monkeypatch, place):
    """Pressing again posts the clip, or says that it is posted."""
    async with open_server(tmp_path) as server:
        shown = (await server.music(seconds=1.0, private=True)).response
        monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
        await server.press(shown, "Post it")
        monkeypatch.delenv(failpoints.VARIABLE)
        await server.restart_bot()
        await server.press(shown, "Post it")
        (posted,) = public(server)
        assert (await server.store.clips.get(1)).message_id == posted.id


async def test_a_clip_that_could_not_be_posted_is_private_still(tmp_path):
    """Discord refused the message, so nobody else finds the clip; pressing again posts it."""
    async with open_server(tmp_path) as server:
        shown = (await server.music(seconds=1.0, private=True)).response
        server.env.inject_error("POST", "/webhooks/*", status=403, code=50013, times=1)
        answer = answer_of(await server.press(shown, "Post it"))
        assert answer.content == str(messages.UNEXPECTED)
        await see_nothing(server, server.bob)
        assert (await server.store.clips.get(1)).is_private
        await server.press(shown, "Post it")
        assert len(public(server)) == 1
        assert not (await server.store.clips.get(1)).is_private


async def test_a_prompt_blocked_by_automod_is_left_out_of_a_posted_clip(tmp_path):
    """A private message is not filtered, but the one for all is."""
    async with open_server(tmp_path) as server:
        shown = (await server.music(seconds=1.0, private=True)).response
        server.env.inject_error("POST", "/webhooks/*", status=400, code=200000, times=1)
        await server.press(shown, "Post it")
        (posted,) = public(server)
        assert "held back" in posted.embeds[0]["description"]
        assert (await server.store.clips.get(1)).message_id == posted.id


async def test_a_mention_is_answered_in_its_channel(tmp_path):
    """A message can't be answered privately, so its clip is public."""
    async with open_server(tmp_path) as server:
        await server.alice.slash(server.channel, "settings", private=True)
        await server.alice.send(server.channel, f"<@{server.bot.user.id}> 90s rock")
        await server.idle()
        assert len(public(server)) == 1
        assert not (await server.store.clips.get(1)).is_private


async def test_a_private_clip_cannot_be_used_by_others(tmp_path):
    """Not by a forged custom id, nor as the sample of a battle."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0, private=True)
        view = discord.ui.View(timeout=None)
        view.add_item(ClipButton(1, "post"))
        forged = await server.bot.get_channel(server.channel.id).send("forged", view=view)
        await server.env.settle()
        refused = await server.bob.click(forged, custom_id="zhiyin:clip:1:post")
        assert answer_of(refused).content == str(messages.NO_CLIP)
        begun = await server.alice.slash(server.channel, "battle", clip="1")
        assert "post it first" in answer_of(begun).content
        assert public(server) == []
