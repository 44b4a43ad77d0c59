"""Takes that share a message: players, a card, a number for each, and buttons for all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import simcord

from bot import failpoints
from bot.domain.jobs import JobState, Kind
from bot.domain.withdrawals import Withdrawal
from bot.retry import RetryPolicy
from cogs.presentation import messages
from cogs.requests.message_audio import SEVERAL_TAKES
from cogs.requests.withdrawal import OUT_OF_REACH, STILL_SHOWN
from cogs.views.delete_question import DELETED
from tests.cogs.test_ready_pings import wait_for
from tests.support.simulated_server import limited, open_server
from tests.support.timings import quick


def rows(message):
    """The labels of the buttons, row by row."""
    return [[each["label"] for each in row["components"]] for row in message.components]


def players(message):
    """The names of the sounds, of a message as it was received or as it is stored."""
    names = [
        each["filename"] if isinstance(each, dict) else each.filename
        for each in message.attachments
    ]
    return [name for name in names if not name.endswith(".png")]


def shown(server, message):
    """A message as it is stored now."""
    return server.env.backend.messages[server.channel.id][message.id]


async def test_takes_are_posted_in_one_message(tmp_path):
    """Four players, a card with a line for each take, and shared buttons."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=4, seed=100, seconds=1.0)).response
        assert len(server.messages()) == 1
        assert sorted(players(message)) == [f"zhiyin-{number}.mp3" for number in range(1, 5)]
        assert rows(message) == [["1", "2", "3", "4"], ["Again", "Delete"]]
        card = message.embeds[0]
        for number in (1, 2, 3, 4):
            clip = await server.store.clips.of_job(number)
            line = f"`{number}` clip {clip.id} · 1 s · seed {99 + number}"
            assert line in card.description
        clips = await server.store.clips.of_user(server.alice.id, 5)
        assert {clip.message_id for clip in clips} == {message.id}
        assert await server.used() == 4


async def test_many_takes_are_split_over_messages(tmp_path):
    """Six takes are two messages of three, their seeds one after the other."""
    config = limited(max_takes=6, waiting_per_user=6)
    async with open_server(tmp_path, config=config) as server:
        await server.music(takes=6, seed=100, seconds=1.0)
        assert [len(players(each)) for each in server.messages()] == [3, 3]
        clips = await server.store.clips.of_user(server.alice.id, 9)
        assert sorted(clip.seed for clip in clips) == list(range(100, 106))


async def test_a_number_shows_one_person_the_buttons_of_that_take(tmp_path):
    """Two people who choose at once are both answered; the message does not change."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        before = rows(message)
        for who, number in ((server.alice, 1), (server.bob, 2)):
            answer = (await server.press(message, str(number), who)).response
            assert answer.ephemeral
            clip = await server.store.clips.of_job(number)
            assert f"`{number}` clip {clip.id} · " in answer.content
            assert "Continue" in rows(answer)[0]
        assert rows(shown(server, message)) == before
        chosen = (await server.press(message, "2", server.bob)).response
        await server.press(chosen, "Again", server.bob)
        again = await server.newest_clip(server.bob)
        assert (again.kind, again.parent_ids) == (Kind.AGAIN, (clip.id,))


class SlowlySettling:
    """The bot's presenter, after whose post of takes nothing is recorded until it is released."""

    def __init__(self, presenter):
        self._presenter = presenter
        self.posted, self.released = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._presenter, name)

    async def post_takes(self, *args, **options):
        message_id = await self._presenter.post_takes(*args, **options)
        self.posted.set()
        await self.released.wait()
        return message_id


async def test_a_number_works_as_soon_as_it_is_seen(tmp_path):
    """Also before it is recorded that the takes are posted."""
    async with open_server(tmp_path) as server:
        presenter = SlowlySettling(server.bot.presenter)
        server.pipeline.start(presenter)
        await server.alice.slash(server.channel, "music", prompt="x", seconds=1.0, takes=2)
        await presenter.posted.wait()
        (message,) = server.channel.history()
        answer = (await server.alice.click(message, label="2")).response
        assert "`2` clip 2 · " in answer.content
        presenter.released.set()
        await server.idle()
        assert await server.state(2) is JobState.DELIVERED


async def test_again_repeats_the_number_of_takes(tmp_path):
    """With other seeds, in one message, charged to the person who presses."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=3, seed=100, seconds=1.0)).response
        result = await server.press(message, "Again", server.bob)
        assert len(players(result.response)) == 3
        assert await server.used(server.bob) == 3
        clips = await server.store.clips.of_user(server.bob.id, 9)
        first = await server.store.clips.of_job(1)
        assert {clip.parent_ids for clip in clips} == {(first.id,)}


async def test_one_failed_take_does_not_affect_the_others(tmp_path):
    """The message has the takes that were made, and the reason for the missing one."""
    async with open_server(tmp_path) as server:
        message = (await server.music(prompt="fail even", takes=3, seed=99, seconds=1.0)).response
        assert len(players(message)) == 2
        assert rows(message)[0] == ["1", "3"]
        assert "`2` The script says that" in message.embeds[0].description
        assert await server.used() == 2
        assert await server.state(2) is JobState.FAILED
        assert await server.store.jobs.pending_notices() == []


async def test_if_all_takes_fail_one_notice_is_sent(tmp_path):
    """There is one notice, not one for each take."""
    async with open_server(tmp_path) as server:
        message = (await server.music(prompt="fail", takes=3, seconds=1.0)).response
        assert len(server.messages()) == 1
        assert message.content.count("The script says") == 1
        assert message.components == []
        assert await server.used() == 0


async def test_cancelling_cancels_all_takes(tmp_path):
    """The button cancels all takes; /cancel with a number cancels one."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        asked = await server.alice.slash(server.channel, "music", prompt="x", takes=3, seconds=1.0)
        answer = await server.alice.slash(server.channel, "cancel", job=2)
        assert str(messages.CANCELLED) in answer.response.content
        assert await server.state(1) is JobState.QUEUED
        await server.alice.slash(server.channel, "cancel")
        assert [await server.state(number) for number in (1, 2, 3)] == [JobState.CANCELLED] * 3
        server.pipeline.executor.paused = False
        await server.idle()
        assert asked.response.content.count("Cancelled") == 1
        assert await server.used() == 0


async def test_a_separate_take_is_settled_before_the_others(tmp_path):
    """The message of the finished takes names the cancelled one."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        asked = await server.alice.slash(server.channel, "music", prompt="x", takes=2, seconds=1.0)
        await server.alice.slash(server.channel, "cancel", job=1)
        server.pipeline.executor.paused = False
        await server.idle()
        assert rows(asked.response)[0] == ["2"]
        assert "`1` Cancelled" in asked.response.embeds[0].description
        assert await server.used() == 1


async def test_takes_beyond_the_quota_are_refused(tmp_path):
    """The refusal is private; a single take that fits is an ordinary clip."""
    async with open_server(
        tmp_path, config=limited(daily_seconds=3.0, waiting_per_user=8)
    ) as server:
        result = await server.music(takes=4, seconds=1.0)
        assert len(players(result.response)) == 3
        assert "left today" in result.followups[-1].content
        result = await server.music(server.bob, takes=2, seconds=2.0)
        assert rows(result.response)[0][0] == "Again"


async def test_a_take_s_stars_are_shown_at_its_button(tmp_path):
    """Stars are given below the take: a reaction can't tell which take is meant."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        chosen = (await server.press(message, "2", server.bob)).response
        await server.press(chosen, "⭐", server.bob)
        assert rows(shown(server, message))[0] == ["1", "2 · ⭐ 1"]
        assert len(players(shown(server, message))) == 2
        await server.bob.react(message, "⭐")
        assert [(await server.store.clips.of_job(number)).stars for number in (1, 2)] == [0, 1]


async def test_one_take_is_deleted_and_the_others_stay(tmp_path):
    """One confirmation is asked; the other takes keep their numbers."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=3, seconds=1.0)).response
        chosen = (await server.press(message, "2")).response
        await server.delete(chosen)
        now = shown(server, message)
        assert rows(now)[0] == ["1", "3"]
        assert len(players(now)) == 2
        assert (await server.store.clips.of_job(2)).is_deleted
        await server.delete(message)
        assert message.id not in [each.id for each in server.messages()]
        assert list(server.store.clips_folder.iterdir()) == []


async def clip_of(server, job_id):
    """The number of the clip of a job."""
    return (await server.store.clips.of_job(job_id)).id


def showing(clip, channel_id):
    """The message that shows a clip, from which it is to be removed."""
    return Withdrawal(message_id=clip.message_id, channel_id=channel_id, clip_id=clip.id)


@pytest.mark.parametrize("takes", [1, 2])
async def test_a_kill_after_a_deletion_leaves_no_sound_in_the_message(tmp_path, monkeypatch, takes):
    """The next start removes the take, or the message if no take is left."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=takes, seconds=1.0)).response
        chosen = message if takes == 1 else (await server.press(message, "1")).response
        monkeypatch.setenv(failpoints.VARIABLE, "clip.deleted=raise")
        await server.delete(chosen)
        monkeypatch.delenv(failpoints.VARIABLE)
        assert (await server.store.clips.of_job(1)).is_deleted
        assert len(players(shown(server, message))) == takes
        await server.restart_bot()
        await server.idle()
        left = [players(each) for each in server.messages() if each.id == message.id]
        assert left == ([[f"zhiyin-{await clip_of(server, 2)}.mp3"]] if takes == 2 else [])
        assert await server.store.withdrawals.all() == []


async def test_takes_are_repacked_for_a_lowered_upload_limit(tmp_path):
    """The server lost its larger limit after the takes were posted."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        chosen = (await server.press(message, "1")).response
        path = "/channels/*/messages/*"
        server.env.inject_error("PATCH", path, status=413, code=40005, times=1)
        answer = await server.delete(chosen)
        assert answer.response.content == str(DELETED)
        (left,) = players(shown(server, message))
        assert left.startswith(f"zhiyin-{await clip_of(server, 2)}.")


async def test_a_take_is_deleted_although_automod_blocks_the_prompt(tmp_path):
    """The other takes are shown without their words, as they are when they are posted."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        chosen = (await server.press(message, "1")).response
        path = "/channels/*/messages/*"
        server.env.inject_error("PATCH", path, status=400, code=200000, times=1)
        answer = await server.delete(chosen)
        assert answer.response.content == str(DELETED)
        now = shown(server, message)
        assert players(now) == [f"zhiyin-{await clip_of(server, 2)}.mp3"]
        assert "held back" in now.embeds[0]["description"]


async def test_a_person_is_told_if_a_deleted_clip_is_still_shown(tmp_path):
    """If Discord refuses the edit, the bot does not answer *Deleted*, and stops retrying."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        chosen = (await server.press(message, "1")).response
        server.env.inject_error(
            "PATCH", "/channels/*/messages/*", status=403, code=50001, times=None
        )
        answer = await server.delete(chosen)
        assert answer.response.content == str(STILL_SHOWN)
        assert await server.store.withdrawals.all() == []


async def test_concurrently_deleted_takes_are_all_removed(tmp_path):
    """A slow edit for the first take does not restore the second one."""
    slow = replace(quick(), delivery_retry=RetryPolicy(initial_seconds=1.0, max_seconds=1.0))
    async with open_server(tmp_path, timings=slow) as server:
        message = (await server.music(takes=4, seconds=1.0)).response
        cog, updates = server.bot.get_cog("ClipMessages"), []
        server.env.inject_error("PATCH", "/channels/*/messages/*", status=503, times=1)
        for number in (1, 2):
            clip = await server.store.clips.of_job(number)
            shown_in = showing(clip, server.channel.id)
            await server.pipeline.library.delete(clip, [shown_in])
            updates.append(asyncio.create_task(cog.withdraw(shown_in)))
            async with asyncio.timeout(60):
                while server.env.backend.faults:
                    await asyncio.sleep(0)
        await asyncio.gather(*updates)
        now = shown(server, message)
        left = [await server.store.clips.of_job(number) for number in (3, 4)]
        assert players(now) == [f"zhiyin-{clip.id}.mp3" for clip in left]
        assert rows(now)[0] == ["3", "4"]


async def test_takes_that_came_by_direct_message_are_deleted_there(tmp_path):
    """The channel is closed to the bot, so that the takes came by direct message."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="x", takes=3, seconds=1.0)
        path = f"/channels/{server.channel.id}/messages"
        server.env.inject_error("PATCH", "/webhooks/*", status=403, code=50013, times=None)
        server.env.inject_error("POST", path, status=403, code=50013, times=None)
        server.pipeline.executor.paused = False
        await server.idle()
        server.env.backend.faults.clear()
        clip = await server.store.clips.of_job(2)
        places = server.env.backend.messages.items()
        (place,) = [id_ for id_, messages in places if clip.message_id in messages]
        assert place != server.channel.id
        await server.pipeline.library.delete(clip)
        assert await server.bot.get_cog("ClipMessages").withdraw(showing(clip, place))
        now = server.env.backend.messages[place][clip.message_id]
        assert rows(now)[0] == ["1", "3"]
        assert len(players(now)) == 2


async def test_a_failed_removal_is_reported(tmp_path, monkeypatch):
    """Where the bot is no member, only an answer's token reaches the message, for 15 minutes."""
    payload_of = simcord.interactions.base_payload

    def by_its_user(backend, *, user_id, guild_id, **rest):
        record, payload = payload_of(backend, user_id=user_id, guild_id=guild_id, **rest)
        payload["authorizing_integration_owners"] = {"1": str(user_id)}
        return record, payload

    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        monkeypatch.setattr(simcord.interactions, "base_payload", by_its_user)
        server.env.inject_error(
            "PATCH", "/channels/*/messages/*", status=403, code=50001, times=None
        )
        chosen = (await server.press(message, "2")).response
        answer = await server.delete(chosen)
        assert answer.response.content == str(OUT_OF_REACH)


async def test_other_people_cannot_delete_takes(tmp_path):
    """They can delete neither all takes nor one."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        assert str(messages.NOT_YOURS) in (
            (await server.press(message, "Delete", server.bob)).response.content
        )
        chosen = (await server.press(message, "1", server.bob)).response
        assert str(messages.NOT_YOURS) in (
            (await server.press(chosen, "Delete", server.bob)).response.content
        )


async def test_buttons_of_takes_work_after_a_restart(tmp_path):
    """Their custom ids hold the ids of the clips, and no other state."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        await server.restart_bot()
        answer = (await server.press(message, "2", server.bob)).response
        assert answer.content.startswith("**Take `2`")
        result = await server.press(message, "Again", server.bob)
        assert len(players(result.response)) == 2


async def test_a_message_of_takes_is_no_single_clip(tmp_path):
    """Somebody who remixes the message is asked to choose a take."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        answer = await server.bob.context_menu(server.channel, "Remix this clip", message.message)
        assert answer.response.content == str(SEVERAL_TAKES)


async def test_takes_ping_their_person_once(tmp_path):
    """The ping says how many takes there are."""
    async with open_server(tmp_path) as server:
        await wait_for(server, 40, takes=3)
        (call,) = [each for each in server.messages() if "are ready" in each.content]
        assert "your 3 takes are ready" in call.content
