"""Permissions: what bot and people are refused, with Discord's codes."""

from __future__ import annotations

import pytest

from bot.demo.discord import reading
from bot.demo.discord.actions import managing, membership, moderation, places, talk
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.files import File
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Overwrite, Right
from bot.demo.discord.routes.route import ApiRequest
from tests.support.rest_bot import code_of, open_world


def world(*taken):
    """Return a Discord, a bot, a person, and a channel that denies permissions to everybody."""
    discord, bot = open_world()
    deny = Right(0)
    for each in taken:
        deny |= each
    overwrite = Overwrite(discord.guild.id, deny=deny)
    # The bot's own role allows nothing: the channel's overwrites decide.
    channel = discord.add_channel("music", overwrites=[overwrite])
    return discord, bot, discord.add_person("anna"), channel


POLL = {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a"}}]}


@pytest.mark.parametrize(
    ("taken", "message", "code"),
    [
        (Right.VIEW_CHANNEL, {"content": "x"}, 50001),
        (Right.SEND_MESSAGES, {"content": "x"}, 50013),
        (Right.EMBED_LINKS, {"embeds": [{"title": "t"}]}, 50013),
        (Right.SEND_POLLS, {"poll": POLL}, 50013),
    ],
)
async def test_sending_without_permission_is_refused(taken, message, code):
    """403, and nothing is posted."""
    _, bot, _, channel = world(taken)
    refused = await bot.post(channel, **message)
    assert (refused.status, code_of(refused)) == (403, code)
    assert channel.messages == {}


async def test_files_and_replies_need_permissions():
    """A file needs one right, a reply another."""
    _, bot, _, channel = world(Right.ATTACH_FILES)
    assert code_of(await bot.post(channel, content="x", files=[("a", b"b")])) == 50013
    _, bot, _, channel = world(Right.READ_MESSAGE_HISTORY)
    message = await bot.posted(channel, content="x")
    reference = {"message_id": str(message.id)}
    assert code_of(await bot.post(channel, content="x", message_reference=reference)) == 160002
    assert (await bot.ask("GET", f"/channels/{channel.id}/messages")).body == []
    path = f"/channels/{channel.id}/messages/{message.id}"
    assert code_of(await bot.ask("GET", path)) == 50013


async def test_the_bot_cannot_edit_others_messages():
    """Only the author can edit; deleting needs a permission."""
    discord, bot, anna, channel = world()
    message = await talk.send_message(discord, anna, channel.id, "hello")
    path = f"/channels/{channel.id}/messages/{message.id}"
    assert code_of(await bot.ask("PATCH", path, {"content": "x"})) == 50005
    assert code_of(await bot.ask("DELETE", path)) == 50013
    channel.overwrites[discord.me.id] = Overwrite(
        discord.me.id, is_member=True, allow=Right.MANAGE_MESSAGES
    )
    assert (await bot.ask("DELETE", path)).status == 204


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/channels/1", 10003),
        ("POST", "/channels/1/messages", 10003),
        ("GET", "/channels/{channel}/messages/1", 10008),
        ("PATCH", "/channels/{channel}/messages/1", 10008),
        ("GET", "/users/1", 10013),
        ("GET", "/guilds/1", 10004),
        ("GET", "/guilds/{guild}/members/1", 10013),
        ("GET", "/applications/{app}/commands/1", 10063),
        ("POST", "/interactions/1/x/callback", 10062),
        ("POST", "/webhooks/{app}/x", 10015),
        ("PATCH", "/webhooks/{app}/x/messages/@original", 10015),
    ],
)
async def test_unknown_ids_are_refused(method, path, code):
    """404, with a code for the kind of object."""
    discord, bot, _, channel = world()
    place = path.format(channel=channel.id, guild=discord.guild.id, app=discord.application_id)
    answer = await bot.ask(method, place, {"content": "x"})
    assert (answer.status, code_of(answer)) == (404, code)


async def test_a_wrong_token_is_refused():
    """401 for every request that needs it."""
    _, bot, _, channel = world()
    stranger = ApiRequest("GET", f"/channels/{channel.id}", 0.0, {}, [], "Bot another")
    assert (await bot.rest.answer(stranger)).status == 401


async def test_direct_messages_need_an_open_inbox():
    """50007 for a closed inbox, and for people who share no server with the bot."""
    discord, bot, anna, _ = world()
    opened = await bot.ask("POST", "/users/@me/channels", {"recipient_id": str(anna.id)})
    channel = discord.channels[int(opened.body["id"])]
    assert (await bot.post(channel, content="x")).status == 200
    membership.set_dms(discord, anna, is_open=False)
    assert code_of(await bot.post(channel, content="x")) == 50007
    membership.set_dms(discord, anna, is_open=True)
    await moderation.kick(discord, discord.owner, anna.id)
    assert code_of(await bot.post(channel, content="x")) == 50007
    assert code_of(await bot.ask("POST", "/users/@me/channels", {"recipient_id": "1"})) == 10013


async def test_direct_messages_are_seen_by_two_people():
    """Neither by the bot nor by anybody else."""
    discord, bot, anna, _ = world()
    ben = discord.add_person("ben")
    channel = await places.open_dm(discord, anna, ben.id)
    await talk.send_message(discord, anna, channel.id, "psst")
    assert code_of(await bot.ask("GET", f"/channels/{channel.id}/messages")) == 50001
    with pytest.raises(Refusal, match="50001"):
        await talk.send_message(discord, discord.owner, channel.id, "what?")
    assert await places.open_dm(discord, ben, anna.id) is channel


@pytest.mark.parametrize(
    ("taken", "files", "code"),
    [(Right.SEND_MESSAGES, False, 50013), (Right.ATTACH_FILES, True, 50013)],
)
async def test_people_meet_the_same_permission_checks(taken, files, code):
    """By the same rules."""
    discord, _, anna, channel = world(taken)
    with pytest.raises(Refusal) as refused:
        await talk.send_message(
            discord, anna, channel.id, "x", files=[File("a", b"b")] if files else []
        )
    assert refused.value.code == code


async def test_people_meet_the_message_limits():
    """Two thousand characters, ten files of ten MiB, and not nothing."""
    discord, _, anna, channel = world()
    for options, code in (
        ({"content": "x" * 2001}, 50035),
        ({"content": " ".strip()}, 50006),
        ({"files": [File(f"{n}", b"x") for n in range(11)]}, 50035),
        ({"files": [File("a", bytes(10 * 2**20 + 1))]}, 40005),
        ({"content": "x", "reply_to": 1}, 50035),
    ):
        with pytest.raises(Refusal) as refused:
            await talk.send_message(discord, anna, channel.id, **options)
        assert refused.value.code == code
    assert channel.messages == {}


async def test_staff_manage_only_lower_roles():
    """Not its equals, nor the owner, nor without the right."""
    discord, _, anna, _ = world()
    rights = Right.MANAGE_ROLES | Right.KICK_MEMBERS | Right.BAN_MEMBERS
    staff = discord.add_role("staff", rights)
    ben, carl = (discord.add_person(name, roles=[staff]) for name in ("ben", "carl"))
    for person, target in ((anna, ben), (ben, discord.owner), (ben, carl), (anna, anna)):
        with pytest.raises(Refusal, match="50013"):
            await moderation.kick(discord, person, target.id)
    with pytest.raises(Refusal, match="50013"):
        # Nobody can give a role as high as their own highest.
        await managing.set_roles(discord, ben, anna.id, [staff.id])
    await managing.set_roles(discord, discord.owner, anna.id, [staff.id])
    await moderation.ban(discord, discord.owner, anna.id)
    with pytest.raises(Refusal, match="40007"):
        await membership.rejoin(discord, anna)
    await moderation.unban(discord, ben, anna.id)
    await membership.rejoin(discord, anna)
    assert discord.guild.members[anna.id].role_ids == []
    await membership.leave(discord, anna)
    with pytest.raises(Refusal):
        await membership.leave(discord, discord.owner)


async def test_a_timed_out_member_can_read_only():
    """Until the timeout ends."""
    now = [1_700_000_000.0]
    discord, _ = open_world(lambda: now[0])
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    await managing.time_out(discord, discord.owner, anna.id, 60.0)
    with pytest.raises(Refusal, match="50013"):
        await talk.send_message(discord, anna, channel.id, "x")
    now[0] += 61.0
    await talk.send_message(discord, anna, channel.id, "x")
    await managing.set_slow_mode(discord, discord.owner, channel.id, 30)
    with pytest.raises(Refusal, match="20016"):
        await talk.send_message(discord, anna, channel.id, "x")


async def test_a_channel_of_a_kind_without_messages_takes_none():
    """A forum has threads only."""
    discord, bot, _, _ = world()
    forum = discord.add_channel("ideas", type=ChannelType.FORUM)
    assert code_of(await bot.post(forum, content="x")) == 50008


async def test_writing_unarchives_a_thread():
    """Unless it is locked; messages of an archived thread can't be edited."""
    discord, bot, anna, channel = world()
    thread = await places.create_thread(discord, anna, channel.id, "ideas")
    message = await bot.posted(thread, content="x")
    await places.archive_thread(discord, anna, thread.id)
    path = f"/channels/{thread.id}/messages/{message.id}"
    assert code_of(await bot.ask("PATCH", path, {"content": "y"})) == 50083
    await talk.send_message(discord, anna, thread.id, "still here")
    assert not thread.thread.is_archived
    with pytest.raises(Refusal, match="50013"):
        await places.archive_thread(discord, anna, thread.id, is_locked=True)
    await places.archive_thread(discord, discord.owner, thread.id, is_locked=True)
    assert code_of(await bot.post(thread, content="x")) == 160005


async def test_a_message_has_at_most_one_thread():
    """160004 the second time; its id is the message's."""
    discord, bot, anna, channel = world()
    message = await talk.send_message(discord, anna, channel.id, "look")
    thread = await places.create_thread(discord, anna, channel.id, "ideas", message_id=message.id)
    assert thread.id == message.id
    path = f"/channels/{channel.id}/messages/{message.id}/threads"
    assert code_of(await bot.ask("POST", path, {"name": "again"})) == 160004
    taken = await bot.ask("POST", f"/channels/{channel.id}/threads", {"name": "x" * 101})
    assert taken.status == 400


async def test_a_private_thread_is_seen_by_its_members():
    """And by those who manage threads."""
    discord, bot, anna, channel = world()
    thread = await places.create_thread(discord, anna, channel.id, "secret", is_private=True)
    assert code_of(await bot.post(thread, content="x")) == 50001
    thread.thread.members[discord.me.id] = 0.0
    assert (await bot.post(thread, content="x")).status == 200


@pytest.mark.parametrize("emoji", ["", "word", "x" * 40])
async def test_a_reaction_is_an_emoji(emoji):
    """10014 for anything else."""
    discord, _, anna, channel = world()
    message = await talk.send_message(discord, anna, channel.id, "x")
    with pytest.raises(Refusal, match="10014"):
        await talk.react(discord, anna, channel.id, message.id, emoji)


async def test_there_are_twenty_kinds_of_reactions_to_a_message():
    """30010 for one more; adding to an existing one needs no permission."""
    discord, bot, anna, channel = world()
    message = await bot.posted(channel, content="x")
    for number in range(20):
        await talk.react(discord, anna, channel.id, message.id, chr(0x1F600 + number))
    with pytest.raises(Refusal, match="30010"):
        await talk.react(discord, anna, channel.id, message.id, "🎸")
    channel.overwrites[discord.guild.id] = Overwrite(discord.guild.id, deny=Right.ADD_REACTIONS)
    ben = discord.add_person("ben")
    await talk.react(discord, ben, channel.id, message.id, chr(0x1F600))
    assert len(message.reactions.by_emoji[chr(0x1F600)]) == 2
    await talk.unreact(discord, anna, channel.id, message.id, chr(0x1F601))
    with pytest.raises(Refusal, match="50013"):
        await talk.react(discord, ben, channel.id, message.id, chr(0x1F601))


async def test_only_visible_messages_can_be_forwarded():
    """With their files; ephemeral and system messages can't be forwarded."""
    discord, bot, anna, channel = world()
    other = discord.add_channel("talk")
    message = await talk.send_message(discord, anna, channel.id, "la", files=[File("a.wav", b"a")])
    forward = await talk.forward_message(discord, anna, channel.id, message.id, other.id)
    (forwarded,) = reading.history(discord, anna, other.id)
    (snapshot,) = forwarded["message_snapshots"]
    assert snapshot["message"]["attachments"][0]["filename"] == "a.wav"
    assert forwarded["message_reference"]["message_id"] == str(message.id)
    again = await talk.forward_message(discord, anna, other.id, forward.id, channel.id)
    assert again.reference is message
    asked = await bot.posted(channel, poll=POLL)
    with pytest.raises(Refusal, match="50021"):
        await talk.forward_message(discord, anna, channel.id, asked.id, other.id)
    secret = discord.add_channel(
        "staff", overwrites=[Overwrite(discord.guild.id, deny=Right.VIEW_CHANNEL)]
    )
    with pytest.raises(Refusal, match="50001"):
        await talk.forward_message(discord, anna, channel.id, message.id, secret.id)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"before": "x"}])
async def test_a_page_of_history_has_limits(query):
    """A hundred messages at most, beginning at an id."""
    _, bot, _, channel = world()
    messages = [await bot.posted(channel, content=f"{number}") for number in range(5)]
    path = f"/channels/{channel.id}/messages"
    assert code_of(await bot.ask("GET", path, query=query)) == 50035
    for asked, expected in (
        ({"limit": "2"}, [4, 3]),
        ({"before": str(messages[2].id)}, [1, 0]),
        ({"after": str(messages[2].id)}, [4, 3]),
        ({"around": str(messages[2].id), "limit": "3"}, [3, 2, 1]),
    ):
        page = (await bot.ask("GET", path, query=asked)).body
        assert [each["content"] for each in page] == [f"{number}" for number in expected]
