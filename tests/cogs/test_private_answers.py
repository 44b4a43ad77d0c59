"""Answers for one person: seen by nobody else anywhere, until that person posts them."""

from __future__ import annotations

import discord
import pytest

from bot import failpoints
from bot.domain.jobs import JobState
from cogs.presentation import history_messages, messages
from cogs.views.clip_buttons import ClipButton
from tests.support.jam_server import hold_clip, limited, open_jam


def public(jam):
    """The players that everybody sees in the channel."""
    return [each for each in jam.messages() if each.attachments and not each.is_ephemeral]


def answer_of(result):
    return result.followups[-1] if result.followups else result.response


async def see_nothing(jam, who):
    """Somebody looks for clip 1 wherever clips are listed or can be named."""
    listed = await who.slash(jam.channel, "history", whose="everyone")
    assert listed.response.content == str(history_messages.NOTHING_HERE)
    for command in ("clip", "tree", "export"):
        refused = await who.slash(jam.channel, command, clip="1")
        assert answer_of(refused).content == str(messages.NO_CLIP), command
    assert await jam.store.clips.of_guild(jam.guild.id, 9, viewer_id=who.id) == []
    assert await jam.store.stars.top(jam.guild.id, 9) == []


async def test_a_private_clip_is_visible_after_posting_only(tmp_path):
    """It is paid for as any, named in no list of others, and then is as any clip, once."""
    async with open_jam(tmp_path) as jam:
        told = (await jam.alice.slash(jam.channel, "settings", private=True)).response
        assert "Only you see your clips" in told.content
        shown = (await jam.music(seconds=1.0)).response
        assert shown.ephemeral
        assert shown.attachments
        assert "Only you see this" in shown.content
        assert public(jam) == []
        assert await jam.used() == 1.0
        await jam.store.stars.give(await jam.store.clips.get(1), jam.bob.id)
        await see_nothing(jam, jam.bob)
        mine = await jam.alice.slash(jam.channel, "history", whose="everyone")
        assert "90s rock" in mine.response.content
        assert len(await jam.store.clips.of_guild(jam.guild.id, 9, viewer_id=jam.alice.id)) == 1
        sent = answer_of(await jam.press(shown, "Post it"))
        (posted,) = public(jam)
        assert "Post it" not in str(posted.components)
        clip = await jam.store.clips.get(1)
        assert (clip.is_private, clip.message_id) == (False, posted.id)
        again = await jam.press(shown, "Post it")
        assert answer_of(again).content == str(messages.POSTED_ALREADY.fill(id=1))
        assert public(jam) == [posted]
        await jam.press(sent, "Loop", jam.bob)
        assert len(public(jam)) == 2
        assert await jam.store.check() == []


async def test_clips_made_from_a_private_clip_are_private(tmp_path):
    """A command can ask for one such clip, or for one that all see; an edit keeps the words."""
    async with open_jam(tmp_path) as jam:
        shown = (await jam.music(seconds=1.0, private=True)).response
        assert (await jam.press(shown, "Again")).response.ephemeral
        assert not (await jam.music(seconds=1.0)).response.ephemeral
        await jam.alice.slash(jam.channel, "settings", private=True)
        assert not (await jam.music(seconds=1.0, private=False)).response.ephemeral
        assert len(public(jam)) == 2
        posted = answer_of(await jam.press((await jam.press(shown, "Again")).response, "Post it"))
        assert "90s rock" in posted.embeds[0].description
        assert str((await jam.store.clips.get(1)).message_id) not in posted.embeds[0].description


async def test_every_clip_command_can_be_private(tmp_path):
    """A roll and a remix, too: seen by nobody else until it is posted."""
    async with open_jam(tmp_path) as jam:
        rolled = await jam.alice.slash(jam.channel, "random", seconds=1.0, private=True)
        await jam.idle()
        remixed = await jam.alice.slash(
            jam.channel, "remix", prompt="jazz", mine="1", seconds=1.0, private=True
        )
        await jam.idle()
        assert public(jam) == []
        await see_nothing(jam, jam.bob)
        for number, made in enumerate((rolled, remixed), 1):
            assert made.response.ephemeral
            assert made.response.attachments
            assert (await jam.store.clips.get(number)).is_private
            await jam.press(made.response, "Post it")
            assert len(public(jam)) == number
        open_to_all = await jam.alice.slash(
            jam.channel, "remix", prompt="jazz", mine="1", seconds=1.0, private=False
        )
        await jam.idle()
        assert not open_to_all.response.ephemeral


async def test_after_the_token_expired_a_private_clip_comes_by_direct_message(tmp_path):
    """Nothing else reaches what one person sees; `/clip` posts it for all."""
    async with open_jam(tmp_path) as jam:
        jam.pipeline.executor.paused = True
        await jam.alice.slash(jam.channel, "music", prompt="90s rock", seconds=1.0, private=True)
        jam.clock.now += 900
        jam.pipeline.executor.paused = False
        await jam.idle()
        (direct,) = [
            each
            for channel, found in jam.env.backend.messages.items()
            for each in found.values()
            if channel != jam.channel.id and each.attachments
        ]
        assert public(jam) == []
        assert "Post it" in str(direct.components)
        await jam.alice.slash(jam.channel, "clip", clip="1")
        assert len(public(jam)) == 1
        assert not (await jam.store.clips.get(1)).is_private


async def test_takes_are_seen_and_posted_one_by_one(tmp_path):
    """All their messages are for one person; the one that is posted leaves the others there."""
    config = limited(max_takes=6, waiting_per_user=6)
    async with open_jam(tmp_path, config=config) as jam:
        shown = (await jam.music(seconds=1.0, takes=5, private=True)).response
        await jam.idle()
        assert [await jam.state(number) for number in range(1, 6)] == [JobState.DELIVERED] * 5
        assert public(jam) == []
        chosen = (await jam.press(shown, "2")).response
        await jam.press(chosen, "Post it")
        assert len(public(jam)) == 1
        clips = [await jam.store.clips.get(number) for number in range(1, 6)]
        assert sum(not clip.is_private for clip in clips) == 1


async def test_only_its_person_fetches_a_held_private_clip(tmp_path):
    """As it was ordered."""
    async with open_jam(tmp_path) as jam:
        await jam.alice.slash(jam.channel, "settings", private=True)
        await hold_clip(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        fetched = answer_of(await jam.press(listed.response, "Get clip 1"))
        assert fetched.ephemeral
        await jam.press(fetched, "Post it")
        assert len(public(jam)) == 1


@pytest.mark.parametrize("place", failpoints.POST_PLACES)
async def test_an_interrupted_post_is_made_once(tmp_path, monkeypatch, place):
    """Whoever presses again gets the clip posted, or learns that it is."""
    async with open_jam(tmp_path) as jam:
        shown = (await jam.music(seconds=1.0, private=True)).response
        monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
        await jam.press(shown, "Post it")
        monkeypatch.delenv(failpoints.VARIABLE)
        await jam.restart_bot()
        await jam.press(shown, "Post it")
        (posted,) = public(jam)
        assert (await jam.store.clips.get(1)).message_id == posted.id


async def test_a_mention_is_answered_in_its_channel(tmp_path):
    """It can't be answered to one person: what was asked before all is for all."""
    async with open_jam(tmp_path) as jam:
        await jam.alice.slash(jam.channel, "settings", private=True)
        await jam.alice.send(jam.channel, f"<@{jam.bot.user.id}> 90s rock")
        await jam.idle()
        assert len(public(jam)) == 1
        assert not (await jam.store.clips.get(1)).is_private


async def test_a_private_clip_cannot_be_used_by_others(tmp_path):
    """A custom id proves nothing, and a battle's sample has to be heard by all."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=1.0, private=True)
        view = discord.ui.View(timeout=None)
        view.add_item(ClipButton(1, "post"))
        forged = await jam.bot.get_channel(jam.channel.id).send("forged", view=view)
        await jam.env.settle()
        refused = await jam.bob.click(forged, custom_id="zhiyin:clip:1:post")
        assert answer_of(refused).content == str(messages.NO_CLIP)
        begun = await jam.alice.slash(jam.channel, "battle", clip="1")
        assert "post it first" in answer_of(begun).content
        assert public(jam) == []
