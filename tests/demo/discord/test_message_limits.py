"""Messages: the largest that Discord accepts, and one more is refused with its path."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.discord import reading
from tests.support.rest_bot import FORM, code_of, faults, open_world

MIB = 2**20


def embed(**about):
    return {"embeds": [{"title": "t"} | about]}


def fields(count):
    return [{"name": "n", "value": "v"} for _ in range(count)]


LIMITS = {
    # name: (most, what makes a payload of so many, where the fault is)
    "content": (2000, lambda n: {"content": "x" * n}, "content"),
    "nonce": (25, lambda n: {"content": "x", "nonce": "1" * n}, "nonce"),
    "embeds": (10, lambda n: {"embeds": [{"title": "t"}] * n}, "embeds"),
    "embed title": (256, lambda n: embed(title="x" * n), "embeds.0.title"),
    "embed description": (4096, lambda n: embed(description="x" * n), "embeds.0.description"),
    "embed fields": (25, lambda n: embed(fields=fields(n)), "embeds.0.fields"),
    "embed field name": (
        256,
        lambda n: embed(fields=[{"name": "x" * n, "value": "v"}]),
        "embeds.0.fields.0.name",
    ),
    "embed field value": (
        1024,
        lambda n: embed(fields=[{"name": "n", "value": "x" * n}]),
        "embeds.0.fields.0.value",
    ),
    "embed footer": (2048, lambda n: embed(footer={"text": "x" * n}), "embeds.0.footer.text"),
    "embed author": (256, lambda n: embed(author={"name": "x" * n}), "embeds.0.author.name"),
    "embed color": (0xFFFFFF, lambda n: embed(color=n), "embeds.0.color"),
    "characters of all embeds": (
        6000,
        lambda n: {"embeds": [{"description": "x" * 3000}, {"description": "x" * (n - 3000)}]},
        "embeds",
    ),
    "people that may be called": (
        100,
        lambda n: {"content": "x", "allowed_mentions": {"users": ["1"] * n}},
        "allowed_mentions.users",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_message_sizes_are_limited(name):
    """The error names what is one too many."""
    most, payload, where = LIMITS[name]
    discord, bot = open_world()
    channel = discord.add_channel("music")
    taken = await bot.post(channel, **payload(most))
    assert taken.status == 200, taken.body
    refused = await bot.post(channel, **payload(most + 1))
    assert (refused.status, code_of(refused), faults(refused)) == (400, FORM, {where})
    edited = await bot.ask(
        "PATCH", f"/channels/{channel.id}/messages/{taken.body['id']}", payload(most + 1)
    )
    assert (edited.status, faults(edited)) == (400, {where})


WRONG: dict[str, tuple[dict[str, Any], int, str | None]] = {
    "nothing": ({}, 50006, None),
    "an empty text": ({"content": ""}, 50006, None),
    "a text that is none": ({"content": 5}, FORM, "content"),
    "an empty embed": ({"embeds": [{}]}, FORM, "embeds.0"),
    "a field without a name": (
        {"embeds": [{"fields": [{"name": "", "value": "v"}]}]}, FORM, "embeds.0.fields.0.name",
    ),
    "an address that is none": (
        {"embeds": [{"title": "t", "url": "javascript:1"}]}, FORM, "embeds.0.url",
    ),
    "mentions of all, and of some": (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        FORM,
        "allowed_mentions",
    ),
    "mentions of a kind that is none": (
        {"content": "x", "allowed_mentions": {"parse": ["friends"]}},
        FORM,
        "allowed_mentions.parse.0",
    ),
    "a reply to nothing": (
        {"content": "x", "message_reference": {"message_id": "1"}}, FORM, "message_reference",
    ),
    "a flag that only Discord sets": ({"content": "x", "flags": 1 << 7}, FORM, "flags"),
    "text among new components": (
        {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "x"}]},
        FORM,
        "flags",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
async def test_an_invalid_message_is_refused(name):
    """With Discord's code for it; nothing is posted."""
    payload, code, where = WRONG[name]
    discord, bot = open_world()
    channel = discord.add_channel("music")
    refused = await bot.post(channel, **payload)
    assert (refused.status, code_of(refused)) == (400, code)
    assert where is None or where in faults(refused)
    assert channel.messages == {}


async def test_a_reply_can_ignore_a_missing_message():
    """Then it is an ordinary message."""
    discord, bot = open_world()
    reference = {"message_id": "1", "fail_if_not_exists": False}
    message = await bot.posted(
        discord.add_channel("music"), content="x", message_reference=reference
    )
    assert message.reference is None


async def test_at_most_ten_files_are_accepted():
    """Also if an edit adds one."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    files = [(f"{number}.txt", b"x") for number in range(11)]
    assert (await bot.post(channel, files=files)).status == 400
    message = await bot.posted(channel, files=files[:10])
    path = f"/channels/{channel.id}/messages/{message.id}"
    assert faults(await bot.ask("PATCH", path, {}, files=files[:1])) == {"attachments"}
    # Files that the edit does not name are deleted.
    kept = {"attachments": [{"id": str(message.files[0].id)}, {"id": 0, "filename": "new.txt"}]}
    assert (await bot.ask("PATCH", path, kept, files=files[:1])).status == 200
    assert [file.name for file in message.files] == ["0.txt", "new.txt"]
    assert len(discord.files.files) == 2


@pytest.mark.parametrize(("tier", "mib"), [(0, 10), (1, 10), (2, 50)])
async def test_file_sizes_are_limited_by_the_server(tier, mib):
    """More with boosts; above it 413 and 40005."""
    discord, bot = open_world()
    channel, discord.guild.tier = discord.add_channel("music"), tier
    assert (await bot.post(channel, files=[("a", bytes(mib * MIB))])).status == 200
    refused = await bot.post(channel, files=[("a", bytes(mib * MIB + 1))])
    assert (refused.status, code_of(refused)) == (413, 40005)


async def test_a_nonce_is_remembered_for_five_minutes():
    """The same message comes back instead of a second one."""
    now = [1_000_000.0 + 1_600_000_000]
    discord, bot = open_world(lambda: now[0])
    channel = discord.add_channel("music")
    message = {"content": "x", "nonce": "a", "enforce_nonce": True}
    first, second = await bot.posted(channel, **message), await bot.posted(channel, **message)
    assert first is second
    now[0] += 301
    assert await bot.posted(channel, **message) is not first


async def test_allowed_mentions_restrict_mentions():
    """The text has mentions, and `allowed_mentions` decides which of them notify."""
    discord, bot = open_world()
    channel, anna, ben = discord.add_channel("music"), *map(discord.add_person, ("anna", "ben"))
    text = f"<@{anna.id}> <@{ben.id}> @everyone"
    for allowed, called in (
        ({"parse": []}, []),
        ({"users": [str(ben.id)]}, [ben]),
        ({"parse": ["users"]}, [anna, ben]),
        (None, [anna, ben]),
    ):
        message = await bot.posted(channel, content=text, allowed_mentions=allowed)
        assert message.mentions == called
        # The bot lacks the permission to mention everybody.
        assert not message.mentions_everyone


AUDIO = [("v.ogg", b"x")]
TOLD = {"attachments": [{"id": 0, "filename": "v.ogg", "duration_secs": 1.0, "waveform": "AA=="}]}


@pytest.mark.parametrize(
    ("content", "files", "code"),
    [
        (TOLD, AUDIO, 0),
        (TOLD | {"content": "x"}, AUDIO, 50159),
        (TOLD, [*AUDIO, ("w.ogg", b"x")], 50160),
        ({}, [("v.txt", b"x")], 50160),
        ({}, AUDIO, 50161),
    ],
)
async def test_a_voice_message_is_exactly_one_audio_file(content, files, code):
    """With its length and waveform; it can't be edited."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    answer = await bot.post(channel, **content, flags=1 << 13, files=files)
    assert code_of(answer) == code
    if not code:
        path = f"/channels/{channel.id}/messages/{answer.body['id']}"
        assert code_of(await bot.ask("PATCH", path, {"content": "x"})) == 50162


async def test_an_embed_shows_the_file_that_it_names():
    """At an address that every viewer can fetch, also after an edit."""
    discord, bot = open_world()
    discord.base = "http://127.0.0.1:1"
    channel = discord.add_channel("music")
    shown = {"embeds": [{"title": "t", "image": {"url": "attachment://p.png"}}]}
    png = b"\x89PNG\r\n\x1a\n" + bytes(8) + (300).to_bytes(4, "big") + (20).to_bytes(4, "big")
    answer = await bot.post(channel, **shown, files=[("p.png", png)])
    (embed,), (file,) = answer.body["embeds"], answer.body["attachments"]
    assert embed["image"]["url"] == file["url"]
    assert (file["width"], file["height"]) == (300, 20)
    path = f"/channels/{channel.id}/messages/{answer.body['id']}"
    await bot.ask("PATCH", path, {"embeds": [embed]})
    (seen,) = reading.history(discord, discord.owner, channel.id)
    assert seen["embeds"][0]["image"]["url"] == seen["attachments"][0]["url"]
    assert seen["attachments"][0]["url"].startswith("/attachments/")
