"""A tab's WebSocket: actions are done once, events reach those who may see them."""

from __future__ import annotations

import asyncio

import pytest

from bot.demo.client.tab import NO_MESSAGE, UNKNOWN_SESSION
from bot.demo.discord.rights import Overwrite, Right


def written(channel):
    return [each.content for each in channel.messages.values()]


async def test_a_message_that_is_sent_again_is_one_message(visitor, channel):
    """Over another connection, as after a reload: the page gets the same result."""
    message = {"channel_id": str(channel.id), "content": "hello"}
    async with visitor.tab("anna") as tab:
        first = await tab.do("send_message", **message)
    async with visitor.tab("anna") as tab:
        again = await tab.do("send_message", **message)
        assert first == again
        assert first["op"] == "done"
        other = await tab.do("send_message", "another id", **message)
    assert other["result"] != first["result"]
    assert written(channel) == ["hello", "hello"]


async def test_action_ids_are_scoped_to_a_person(visitor, channel):
    """Equal ids of Anna's and Robin's pages are different actions."""
    async with visitor.tab("anna") as anna, visitor.tab("robin") as robin:
        await anna.do("send_message", channel_id=str(channel.id), content="one")
        await robin.do("send_message", channel_id=str(channel.id), content="two")
    assert written(channel) == ["one", "two"]


async def test_events_reach_every_tab_of_every_viewer(visitor, channel):
    """The author, their other tab, and the other people."""
    async with (
        visitor.tab("anna") as tab,
        visitor.tab("anna") as other_tab,
        visitor.tab("robin") as robin,
    ):
        await tab.say(
            op="do",
            id="an action",
            action="send_message",
            data={"channel_id": str(channel.id), "content": "hello"},
        )
        for each in (tab, other_tab, robin):
            event = await each.hear_event("message_create")
            assert event["message"]["content"] == "hello"


async def test_a_reconnecting_tab_gets_exactly_the_missed_events(visitor, channel, people):
    """From the last event that the page knows; no snapshot is needed."""
    session = await visitor.session("robin")
    async with visitor.tab("anna") as anna:
        async with visitor.tab("robin", session=session) as robin:
            place = {"instance": robin.snapshot["instance"], "seq": robin.snapshot["seq"]}
        for number in range(3):
            await anna.do(
                "send_message", f"action {number}", channel_id=str(channel.id), content=str(number)
            )
        async with visitor.tab("robin", session=session, hello=place) as robin:
            await robin.hear("resumed")
            missed = [(await robin.hear_event("message_create")) for _ in range(3)]
    assert [each["message"]["content"] for each in missed] == ["0", "1", "2"]
    assert not any(each["op"] == "ready" for each in robin.heard)


async def test_a_tab_of_another_run_gets_a_snapshot(visitor, channel):
    """Event numbers of another run have no meaning."""
    session = await visitor.session("robin")
    hello = {"instance": "another", "seq": 1}
    async with visitor.tab("robin", session=session, hello=hello) as tab:
        assert (await tab.hear("ready"))["instance"] != "another"


async def test_sessions_of_another_run_are_refused(visitor):
    """The page then gets a new one by itself."""
    async with visitor.tab("robin", session="robin.0123", hello={}) as tab:
        assert await tab.closed_with() == UNKNOWN_SESSION


async def test_a_session_is_for_the_person_it_was_signed_for(visitor):
    """The signature does not fit another name."""
    _, _, signature = (await visitor.session("robin")).rpartition(".")
    async with visitor.tab("robin", session=f"you.{signature}", hello={}) as tab:
        assert await tab.closed_with() == UNKNOWN_SESSION


async def test_invisible_content_is_never_sent(visitor, discord, channel):
    """Neither channel, messages nor events, even on request."""
    hidden = discord.add_channel(
        "managers", overwrites=[Overwrite(discord.guild.id, deny=Right.VIEW_CHANNEL)]
    )
    async with visitor.tab("you") as owner, visitor.tab("robin") as robin:
        await owner.do("send_message", channel_id=str(hidden.id), content="a secret")
        await owner.do("send_message", "then", channel_id=str(channel.id), content="hello")
        assert (await robin.hear_event("message_create"))["message"]["content"] == "hello"
        answer = await robin.ask("history", channel_id=str(hidden.id))
        refused = await robin.do("send_message", channel_id=str(hidden.id), content="me too")
    assert answer["sentence"] == refused["sentence"] == "You can't see that channel."
    assert "a secret" not in str(robin.heard)
    assert str(hidden.id) not in robin.snapshot["messages"]


async def test_refusals_have_a_sentence(visitor, channel):
    """A repeated action gets the same refusal."""
    async with visitor.tab("robin") as tab:
        message = {"channel_id": str(channel.id), "content": "x" * 2001}
        first = await tab.do("send_message", **message)
        assert first["op"] == "refused"
        assert "2000 characters" in first["sentence"]
        assert await tab.do("send_message", **message) == first
        gone = await tab.do(
            "edit_message", "other", channel_id=str(channel.id), message_id="1", content="x"
        )
    assert gone["sentence"] == "That message isn't there any more."
    assert written(channel) == []


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("send_message", {}),
        ("send_message", {"channel_id": "9" * 5000, "content": "x"}),
        ("send_message", {"channel_id": "1", "content": ["x"]}),
        ("fly", {}),
    ],
    ids=["no fields", "a huge id", "a list for a text", "unknown"],
)
async def test_invalid_requests_are_refused(visitor, action, data):
    """As sent by a page of another version; the connection stays open."""
    async with visitor.tab("robin") as tab:
        assert (await tab.do(action, **data))["op"] == "refused"
        await tab.say(op="ping")
        await tab.hear("pong")


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"op": "other"}', '{"op": "do"}'])
async def test_an_invalid_message_closes_the_connection(visitor, text):
    """Our page never sends one, and reconnects by itself."""
    async with visitor.tab("robin") as tab:
        await tab.socket.send_str(text)
        assert await tab.closed_with() == NO_MESSAGE


async def test_older_messages_are_loaded_in_pages(visitor, channel):
    """The snapshot has the latest; scrolling loads the rest."""
    async with visitor.tab("anna") as tab:
        for number in range(60):
            await tab.do(
                "send_message", f"action {number}", channel_id=str(channel.id), content=str(number)
            )
    async with visitor.tab("robin") as tab:
        latest = tab.snapshot["messages"][str(channel.id)]
        answer = await tab.ask("history", channel_id=str(channel.id), before=latest[0]["id"])
    assert [each["content"] for each in latest] == [str(n) for n in range(10, 60)]
    assert [each["content"] for each in answer["result"]["messages"]] == [str(n) for n in range(10)]


async def test_reactions_replies_threads_and_typing_work(visitor, channel):
    """As other people see them."""
    place = {"channel_id": str(channel.id)}
    async with visitor.tab("anna") as anna, visitor.tab("robin") as robin:
        done = await anna.do("send_message", **place, content="first")
        message = {**place, "message_id": done["result"]["message_id"]}
        await robin.do("react", "react", **message, emoji="🔥")
        event = await anna.hear_event("message_update")
        assert event["message"]["reactions"][0]["count"] == 1
        await robin.do(
            "send_message", "reply", **place, content="second", reply_to=message["message_id"]
        )
        reply = await anna.hear_event("message_create")
        assert reply["message"]["referenced_message"]["content"] == "first"
        thread = await robin.do("create_thread", "thread", **message, name="On the first")
        event = await anna.hear_event("channel_create")
        assert event["channel"]["id"] == thread["result"]["channel_id"]
        begun = await anna.hear_event("message_create")
        assert begun["message"]["referenced_message"]["content"] == "first"
        await anna.say(op="hint", action="type", data=place)
        assert (await robin.hear_event("typing"))["channel_id"] == str(channel.id)


async def test_the_server_closes_tabs_when_it_ends(visitor, site):
    """An open tab does not delay the shutdown."""
    async with visitor.tab("robin") as tab:
        closing = asyncio.create_task(site.close())
        assert await tab.closed_with() == 1001
        await closing


async def test_polls_are_posted_and_voted_in(visitor, channel):
    """Everybody sees the count, and their own vote."""
    async with visitor.tab("anna") as anna, visitor.tab("robin") as robin:
        made = await anna.do(
            "create_poll",
            "a poll",
            channel_id=str(channel.id),
            question="What next?",
            answers=["Jazz", "Techno"],
            hours=24,
        )
        message = {"channel_id": str(channel.id), "message_id": made["result"]["message_id"]}
        await robin.do("vote", "a vote", **message, answers=[2])
        event = await anna.hear_event("message_update")
        counts = event["message"]["poll"]["results"]["answer_counts"]
        assert [(each["id"], each["count"], each["me_voted"]) for each in counts] == [(2, 1, False)]
        refused = await robin.do("vote", "two votes", **message, answers=[1, 2])
        assert refused["op"] == "refused"


async def test_direct_messages_have_two_participants(visitor, people):
    """A third person gets no events of them."""
    async with (
        visitor.tab("anna") as anna,
        visitor.tab("robin") as robin,
        visitor.tab("you") as other,
    ):
        opened = await anna.do("open_dm", "dm", user_id=str(people["robin"].id))
        place = {"channel_id": opened["result"]["channel_id"]}
        await anna.do("send_message", "said", **place, content="psst")
        assert (await robin.hear_event("message_create"))["message"]["content"] == "psst"
        assert "sentence" in await other.ask("history", **place)
    assert "psst" not in str(other.heard)


async def test_a_kicked_person_can_rejoin(visitor, channel):
    """Their page gets a new snapshot each time."""
    async with visitor.tab("you") as owner, visitor.tab("robin") as robin:
        await owner.do("send_message", "before", channel_id=str(channel.id), content="hello")
        await owner.do("kick", "a kick", user_id=robin.snapshot["user"]["id"])
        outside = await robin.hear("ready")
        assert (outside["guild"], outside["channels"]) == (None, [])
        refused = await robin.do("send_message", "no", channel_id=str(channel.id), content="hi")
        assert refused["op"] == "refused"
        await robin.say(op="do", id="back", action="rejoin", data={})
        await owner.hear_event("member_add")
        again = await robin.hear("ready")
    assert again["messages"][str(channel.id)][0]["content"] == "hello"


async def test_only_managers_create_channels(visitor):
    """Everybody sees a new channel at once."""
    async with visitor.tab("you") as owner, visitor.tab("robin") as robin:
        made = await owner.do("create_channel", "new", name="lounge")
        event = await robin.hear_event("channel_create")
        assert event["channel"]["id"] == made["result"]["channel_id"]
        refused = await robin.do("create_channel", "another", name="mine")
        assert refused["sentence"] == "You don't have permission for that here."
