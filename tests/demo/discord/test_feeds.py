"""Events of clients: each from its person's view, in order, and resumed after a reconnect."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.demo.discord import reading
from bot.demo.discord.actions import (
    commands,
    components,
    managing,
    membership,
    moderation,
    places,
    talk,
)
from bot.demo.discord.feeds import Feed
from bot.demo.discord.files import File
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Overwrite, Right
from tests.support.rest_bot import a_command, open_world


class Client:
    """The client of one person, which records its events."""

    def __init__(self, discord, person):
        self.discord, self.person = discord, person
        self.snapshot = reading.snapshot(discord, person)

    def events(self):
        """Return the events since the last call, as a new connection would get them."""
        feed = self.discord.feeds.of(self.person)
        after, self.snapshot["seq"] = self.snapshot["seq"], feed.seq
        return [each for each in feed.events if each["seq"] > after]

    def kinds(self):
        return [each["type"] for each in self.events()]


async def world():
    discord, bot = open_world()
    channel = discord.add_channel("music")
    clients = [Client(discord, person) for person in (discord.owner, discord.add_person("anna"))]
    return discord, bot, channel, *clients


async def test_channel_events_reach_all_viewers():
    """Messages, changes, reactions, votes and deletions, each with the viewer's own state."""
    discord, bot, channel, owner, anna = await world()
    message = await bot.posted(channel, content="x")
    await talk.react(discord, anna.person, channel.id, message.id, "🎸")
    await talk.start_typing(discord, anna.person, channel.id)
    path = f"/channels/{channel.id}/messages/{message.id}"
    await bot.ask("PATCH", path, {"content": "y"})
    await bot.ask("POST", f"/channels/{channel.id}/typing")
    await bot.ask("DELETE", path)
    his, hers = owner.events(), anna.events()
    assert [each["type"] for each in his] == [
        "message_create", "message_update", "typing", "message_update", "typing", "message_delete",
    ]  # fmt: skip
    assert [each["reason"] for each in his if "reason" in each] == ["reactions", "edit"]
    # A person's own typing is not sent to them.
    assert [each["type"] for each in hers].count("typing") == 1
    reactions = [each["message"]["reactions"][0]["me"] for each in (his[1], hers[1])]
    assert reactions == [False, True]
    assert [each["seq"] for each in his] == list(range(1, 7))


async def test_ephemeral_events_reach_one_person():
    """Private answers, modals, and the results of presses."""
    discord, bot, channel, owner, anna = await world()
    command_id = await a_command(bot)
    assert owner.kinds() == anna.kinds() == ["commands_update"]
    used = await commands.use_command(discord, anna.person, channel.id, command_id, nonce="n")
    await bot.respond(used, 5, {"flags": 64})
    await bot.follow(used, content="done")
    form = {
        "title": "t",
        "custom_id": "m",
        "components": [
            {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "i", "style": 1}}
        ],
    }
    asked = await commands.use_command(discord, anna.person, channel.id, command_id)
    await bot.respond(asked, 9, form)
    sent = await components.submit_modal(discord, anna.person, asked.id, {"i": "x"})
    await bot.respond(sent, 4, {"content": "psst", "flags": 64})
    events = anna.events()
    assert [each["type"] for each in events] == [
        "interaction_sent", "message_create", "interaction_done", "message_update",
        "interaction_sent", "modal", "interaction_done",
        "interaction_sent", "message_create", "interaction_done",
    ]  # fmt: skip
    assert events[0]["nonce"] == events[2]["nonce"] == "n"
    assert [each["message"]["flags"] for each in events if "message" in each] == [192, 64, 64]
    assert events[5]["modal"]["title"] == "t"
    assert owner.events() == []


async def test_a_hidden_channel_is_removed_from_the_client():
    """And added with the permission; other people see it change."""
    discord, _, channel, owner, anna = await world()
    place = (discord, discord.owner, channel.id, discord.guild.id)
    await managing.set_channel_rights(*place, deny=Right.VIEW_CHANNEL)
    assert anna.kinds() == ["channel_delete", "commands_update"]
    await talk.send_message(discord, discord.owner, channel.id, "x")
    assert anna.events() == []
    with pytest.raises(Refusal, match="50001"):
        reading.history(discord, anna.person, channel.id)
    inner = discord.add_role("inner")
    await managing.set_channel_rights(
        discord, discord.owner, channel.id, inner.id, allow=Right.VIEW_CHANNEL
    )
    await managing.set_roles(discord, discord.owner, anna.person.id, [inner.id])
    kinds = anna.kinds()
    assert kinds == ["commands_update", "channel_create", "member_update", "commands_update"]
    kinds = [kind for kind in owner.kinds() if kind != "commands_update"]
    assert kinds == ["channel_update", "message_create", "channel_update", "member_update"]


async def test_direct_messages_and_threads_reach_their_viewers():
    """A channel is sent before its messages."""
    discord, _, channel, owner, anna = await world()
    ben = Client(discord, discord.add_person("ben"))
    private = await places.open_dm(discord, anna.person, discord.owner.id)
    await talk.send_message(discord, anna.person, private.id, "psst")
    assert owner.kinds() == anna.kinds() == ["channel_create", "message_create"]
    assert ben.events() == []
    thread = await places.create_thread(discord, anna.person, channel.id, "ideas")
    await places.join_thread(discord, ben.person, thread.id)
    events = ben.events()
    assert [each["type"] for each in events] == [
        "channel_create", "message_create", "channel_update",
    ]  # fmt: skip
    assert events[1]["message"]["type"] == 18


async def test_member_role_and_server_events_are_sent():
    """A removed person is notified, and gets no more events."""
    discord, _, channel, owner, anna = await world()
    await managing.create_role(discord, discord.owner, "dj", color=0xFF0000)
    await moderation.set_guild(discord, discord.owner, name="Another jam")
    await moderation.kick(discord, discord.owner, anna.person.id)
    await talk.send_message(discord, discord.owner, channel.id, "x")
    assert anna.kinds() == ["roles_update", "guild_update", "removed"]
    assert reading.snapshot(discord, anna.person)["channels"] == []
    await membership.rejoin(discord, anna.person)
    assert owner.kinds() == [
        "roles_update", "guild_update", "member_remove", "message_create", "member_add",
    ]  # fmt: skip


async def test_a_reconnecting_client_gets_missed_events():
    """Once, in order, followed by new events."""
    discord, bot, channel, owner, _ = await world()
    for number in range(5):
        await bot.posted(channel, content=f"{number}")
    found = []
    async for event in discord.subscribe(owner.person, after=2):
        found.append(event["message"]["content"])
        if len(found) == 3:
            asyncio.get_running_loop().create_task(bot.posted(channel, content="later"))
        if len(found) == 4:
            break
    assert found == ["2", "3", "4", "later"]


@pytest.mark.parametrize("after", [0, 7])
async def test_a_client_away_for_too_long_gets_a_snapshot(after):
    """Also a client of a server that has been restarted meanwhile."""
    feed = Feed(kept_events=3)
    for number in range(5):
        feed.add("typing", {"number": number})
    following = feed.follow(after)
    first = await anext(following)
    assert (first["type"], first["seq"]) == ("reset", 5)
    feed.add("typing", {"number": 5})
    assert (await anext(following))["number"] == 5


async def test_no_events_are_kept_for_people_without_a_client():
    """Buffers for hundreds of people would waste memory."""
    discord, bot = open_world()
    await bot.posted(discord.add_channel("music"), content="x")
    assert not discord.feeds.is_open(discord.owner)


async def test_a_snapshot_has_the_complete_initial_state():
    """Channels with the person's permissions, members, roles, whether the bot is connected."""
    discord, _, channel, _, anna = await world()
    hidden = Overwrite(discord.guild.id, deny=Right.VIEW_CHANNEL)
    discord.add_channel("staff", overwrites=[hidden])
    snapshot = reading.snapshot(discord, anna.person)
    assert [each["name"] for each in snapshot["channels"]] == ["music"]
    assert int(snapshot["channels"][0]["rights"]) & Right.SEND_MESSAGES
    assert {each["user"]["id"] for each in snapshot["members"]} == {
        str(each.id) for each in discord.people.values()
    }
    assert (snapshot["bot_online"], snapshot["instance"]) == (False, discord.instance)
    older = await talk.send_message(discord, anna.person, channel.id, "a")
    newer = await talk.send_message(discord, anna.person, channel.id, "b")
    page = reading.history(discord, anna.person, channel.id, before=newer.id)
    assert [each["id"] for each in page] == [str(older.id)]


async def test_a_file_is_served_with_its_key_only():
    """By path, whole or in ranges; a number alone finds no file."""
    discord, _, channel, owner, _ = await world()
    await talk.send_message(
        discord, owner.person, channel.id, files=[File("a b.mp3", bytes(range(100)))]
    )
    (file,) = owner.events()[-1]["message"]["attachments"]
    path, _, key = file["url"].partition("?hm=")
    assert (path, file["content_type"]) == (f"/attachments/{file['id']}/a%20b.mp3", "audio/mpeg")
    found = discord.files.find(file["id"], key)
    assert found.data == bytes(range(100))
    for id_, wrong in ((file["id"], ""), (file["id"], "0" * 32), ("1", key), ("x", key)):
        with pytest.raises(Refusal):
            discord.files.find(id_, wrong)
    for span, status in (("bytes=10-19", 206), ("bytes=200-", 416)):
        request = make_mocked_request("GET", path, headers={"Range": span})
        assert (await found.send(request)).status == status
