"""The chat of a demo with a folder of its own."""

from __future__ import annotations

import errno
import logging
import operator
import pickle
from typing import Any

import pytest

from bot.demo.chat_storage import FILE, ChatStorage
from bot.demo.discord import reading
from bot.demo.discord.actions import talk
from bot.demo.discord.files import File
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.soundboards import create_sound, shown_sounds
from bot.demo.server_contents import OWNER, people_of, populate
from tests.demo.discord.test_soundboards import mp3

LARGE = b"sound" * 2000


async def furnished():
    discord = Discord(owner_name=OWNER)
    return discord, await populate(discord)


async def test_a_chat_is_restored(tmp_path):
    """People, channels, messages, files, reactions, sounds and commands keep their ids."""
    discord, room = await furnished()
    discord.commands.add(None, {"name": "music", "description": "Make a clip."})
    tom = people_of(discord)["tom"]
    message = await talk.send_message(
        discord, tom, room.id, "listen", files=[File("a.wav", LARGE), File("b.txt", b"small")]
    )
    await talk.react(discord, discord.owner, room.id, message.id, "🔥")
    horn = {"name": "horn", "sound": mp3(1.0)}
    sound = await create_sound(discord, discord.guild, discord.me, horn)
    chat = ChatStorage(tmp_path / "chat")
    assert chat.load(discord) is False
    chat.save(discord)

    later = Discord(owner_name=OWNER)
    assert ChatStorage(tmp_path / "chat").load(later)
    for name in people_of(discord):
        before, after = people_of(discord)[name], people_of(later)[name]
        for channel_id in discord.channels:
            assert reading.history(discord, before, channel_id) == reading.history(
                later, after, channel_id
            )
        old, new = (
            reading.snapshot(each, who) for each, who in ((discord, before), (later, after))
        )
        assert old | {"instance": ""} == new | {"instance": ""}
    assert later.commands.all_in(None) == discord.commands.all_in(None)
    file = later.channels[room.id].messages[message.id].files[0]
    assert later.files.find(str(file.id), file.key).data == LARGE
    assert shown_sounds(later, later.guild) == shown_sounds(discord, discord.guild) != []
    assert later.voice.sounds[sound.id].person is later.me
    assert later.ids.next() > sound.id > message.id
    # References are restored, too: a channel's members are the server's members.
    again = await talk.send_message(later, people_of(later)["tom"], room.id, "and again")
    assert reading.history(later, later.owner, room.id)[-1]["id"] == str(again.id)


async def test_a_chat_is_read_whatever_python_makes_of_an_enumeration(tmp_path, monkeypatch):
    """Python 3.11.2 writes rights as calls of `getattr` and `operator.or_`."""

    def as_in_3_11_2(right, protocol):
        lowest = right & -right
        rest = right & ~lowest
        return (operator.or_, (rest, lowest)) if rest else (getattr, (type(right), right.name))

    monkeypatch.setattr(Right, "__reduce_ex__", as_in_3_11_2)
    discord, _ = await furnished()
    ChatStorage(tmp_path).save(discord)
    later = Discord(owner_name=OWNER)
    assert ChatStorage(tmp_path).load(later)
    assert later.guild.roles.keys() == discord.guild.roles.keys()


async def test_an_unreadable_chat_is_set_aside(tmp_path, caplog):
    """Damaged, of another version, or a pickle that would run foreign code."""
    discord, _ = await furnished()
    chat = ChatStorage(tmp_path)
    assert chat.load(discord) is False
    chat.save(discord)
    whole = (tmp_path / FILE).read_bytes()
    ran = tmp_path / "ran"
    for number, data in enumerate(
        (
            whole[: len(whole) // 2],
            b"",
            b"not a pickle",
            pickle.dumps({"version": 99}),
            pickle.dumps(_Evil(ran)),
            # By way of one of our own modules.
            b"cbot.demo.discord.snowflakes\ndatetime\n.",
            b"cbot.demo.discord.state\nsecrets.token_hex\n.",
        ),
        start=1,
    ):
        (tmp_path / FILE).write_bytes(data)
        assert ChatStorage(tmp_path).load(Discord()) is False
        assert (tmp_path / f"unreadable-{number}" / FILE).read_bytes() == data
        assert "demo.chat_unreadable" in caplog.text
        caplog.clear()
    assert not ran.exists()


async def test_a_damaged_chat_is_put_aside_with_what_was_attached(tmp_path):
    """It can still be repaired by hand; the new chat deletes none of its files."""
    discord, room = await furnished()
    chat = ChatStorage(tmp_path)
    chat.load(discord)
    await talk.send_message(discord, discord.owner, room.id, files=[File("a.wav", LARGE)])
    chat.save(discord)
    (tmp_path / FILE).write_bytes(b"damaged")
    later, _ = await furnished()
    again = ChatStorage(tmp_path)
    assert again.load(later) is False
    again.save(later)
    aside = tmp_path / "unreadable-1"
    assert LARGE in [each.read_bytes() for each in aside.iterdir()]


async def test_a_temporarily_unreadable_chat_is_kept(tmp_path):
    """A folder in the file's place stands for a failing disk: reported, nothing set aside."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match="directory"):
        ChatStorage(tmp_path).load(Discord())
    assert not (tmp_path / "unreadable-1").exists()


async def test_a_failed_save_is_retried(tmp_path, caplog):
    """The failure is reported once; the chat is saved again as soon as possible."""
    discord, room = await furnished()
    chat = ChatStorage(tmp_path)
    chat.load(discord)
    odd: Any = await talk.send_message(discord, discord.owner, room.id, "odd")
    odd.nonce = lambda: None
    for _ in range(3):
        chat.save_or_warn(discord)
    assert caplog.text.count("demo.chat_not_kept") == 1
    odd.nonce = None
    chat.save_or_warn(discord)
    assert (tmp_path / FILE).exists()


class _Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


async def test_unreferenced_files_are_deleted(tmp_path):
    """Attached files are kept."""
    discord, room = await furnished()
    chat = ChatStorage(tmp_path)
    chat.load(discord)
    file = File("a.wav", LARGE)
    message = await talk.send_message(discord, discord.owner, room.id, files=[file])
    chat.save(discord)
    kept = set(tmp_path.iterdir())
    await talk.delete_message(discord, discord.owner, room.id, message.id)
    chat.save(discord)
    (gone,) = kept - set(tmp_path.iterdir())
    assert len(gone.name) == 64


async def test_a_full_disk_is_reported_once(tmp_path, caplog, monkeypatch):
    """The last complete chat is kept."""
    discord, room = await furnished()
    chat = ChatStorage(tmp_path)
    chat.load(discord)
    chat.save(discord)
    before = (tmp_path / FILE).read_bytes()
    await talk.send_message(discord, discord.owner, room.id, "more")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        chat.save_or_warn(discord)
    assert caplog.text.count("demo.chat_not_kept") == 1
    assert (tmp_path / FILE).read_bytes() == before
    monkeypatch.undo()
    chat.save_or_warn(discord)
    assert (tmp_path / FILE).read_bytes() != before
