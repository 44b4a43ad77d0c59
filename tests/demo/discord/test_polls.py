"""Polls: their limits, their votes, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.demo.discord import reading
from bot.demo.discord.actions import talk
from bot.demo.discord.messages import MessageType
from bot.demo.discord.poll_results import end_due_polls
from bot.demo.discord.refusals import Refusal
from tests.support.rest_bot import FORM, code_of, faults, open_world


def poll(answers=2, *, question="Which?", text="a", **about):
    listed = [{"poll_media": {"text": text}} for _ in range(answers)]
    return {"poll": {"question": {"text": question}, "answers": listed} | about}


LIMITS: dict[str, tuple[int, Callable[[int], Any], str]] = {
    # name: (most, what makes a poll of so many, where the fault is)
    "answers": (10, poll, "poll.answers"),
    "question": (300, lambda n: poll(question="x" * n), "poll.question.text"),
    "answer": (55, lambda n: poll(1, text="x" * n), "poll.answers.0.poll_media.text"),
    "hours": (768, lambda n: poll(duration=n), "poll.duration"),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_poll_sizes_are_limited(name):
    """The error names what is one too many."""
    most, make, where = LIMITS[name]
    discord, bot = open_world()
    channel = discord.add_channel("music")
    assert (await bot.post(channel, **make(most))).status == 200
    refused = await bot.post(channel, **make(most + 1))
    assert (refused.status, code_of(refused), faults(refused)) == (400, FORM, {where})


@pytest.mark.parametrize(
    "wrong", [poll(0), poll(question=""), poll(text=""), poll(duration=0), poll(layout_type=2)]
)
async def test_an_invalid_poll_is_refused(wrong):
    """Nothing is posted."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    assert code_of(await bot.post(channel, **wrong)) == FORM
    assert channel.messages == {}


def counts(discord, person, channel, message):
    """Return the votes as a person sees them, and their own."""
    (shown,) = [
        each
        for each in reading.history(discord, person, channel.id)
        if each["id"] == str(message.id)
    ]
    found = shown["poll"]["results"]["answer_counts"]
    return [(each["id"], each["count"], each["me_voted"]) for each in found]


async def test_votes_can_be_changed():
    """For one answer, or for several where that is allowed; bots don't vote."""
    discord, bot = open_world()
    channel, anna = discord.add_channel("music"), discord.add_person("anna")
    message = await bot.posted(channel, **poll(3))
    await talk.vote(discord, anna, channel.id, message.id, [1])
    await talk.vote(discord, discord.owner, channel.id, message.id, [3])
    assert counts(discord, anna, channel, message) == [(1, 1, True), (3, 1, False)]
    await talk.vote(discord, anna, channel.id, message.id, [3])
    assert counts(discord, anna, channel, message) == [(3, 2, True)]
    await talk.vote(discord, anna, channel.id, message.id, [])
    assert counts(discord, anna, channel, message) == [(3, 1, False)]
    for person, answers in ((anna, [1, 2]), (anna, [4]), (discord.me, [1])):
        with pytest.raises(Refusal, match="520000"):
            await talk.vote(discord, person, channel.id, message.id, answers)
    several = await bot.posted(channel, **poll(3, allow_multiselect=True))
    await talk.vote(discord, anna, channel.id, several.id, [1, 2])
    assert counts(discord, anna, channel, several) == [(1, 1, True), (2, 1, True)]
    path = f"/channels/{channel.id}/polls/{several.id}/answers/2"
    assert [each["id"] for each in (await bot.ask("GET", path)).body["users"]] == [str(anna.id)]


async def test_an_expired_poll_announces_its_winner():
    """Once; then nobody votes any more."""
    now = [1_700_000_000.0]
    discord, bot = open_world(lambda: now[0])
    channel, anna = discord.add_channel("music"), discord.add_person("anna")
    message = await bot.posted(channel, **poll(2, duration=1))
    await talk.vote(discord, anna, channel.id, message.id, [2])
    await end_due_polls(discord)
    assert not message.poll.is_final
    now[0] += 3601
    with pytest.raises(Refusal, match="520001"):
        await talk.vote(discord, anna, channel.id, message.id, [1])
    for _ in range(2):
        await end_due_polls(discord)
    assert message.poll.is_final
    (result,) = [each for each in channel.seen if each.type is MessageType.POLL_RESULT]
    (embed,) = result.payload["embeds"]
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields["victor_answer_id"] == "2"
    assert (fields["victor_answer_votes"], fields["total_votes"]) == ("1", "1")
    assert result.reference is message


async def test_only_a_poll_s_author_ends_it():
    """A tie has no winner; other messages have no poll to end, and polls can't be edited."""
    discord, bot = open_world()
    channel, anna = discord.add_channel("music"), discord.add_person("anna")
    message, words = await bot.posted(channel, **poll()), await bot.posted(channel, content="x")
    theirs = await talk.send_message(discord, anna, channel.id, poll=poll()["poll"])

    async def end(of):
        return await bot.ask("POST", f"/channels/{channel.id}/polls/{of.id}/expire")

    assert code_of(await end(words)) == 520006
    assert code_of(await end(theirs)) == 50005
    assert (await end(message)).status == 200
    assert code_of(await end(message)) == 520001
    fields = channel.seen[-1].payload["embeds"][0]["fields"]
    assert "victor_answer_id" not in {field["name"] for field in fields}
    path = f"/channels/{channel.id}/messages/{message.id}"
    assert code_of(await bot.ask("PATCH", path, poll())) == 520003
    assert code_of(await bot.ask("PATCH", f"{path[:-19]}{channel.seen[-1].id}", {})) == 50021
