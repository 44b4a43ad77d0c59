"""Answers to interactions: in time, once, of the right kind, and seen by whom they are for."""

from __future__ import annotations

import asyncio

import pytest

from bot.demo.discord import reading
from bot.demo.discord.actions import commands, components, moderation, places, talk
from bot.demo.discord.command_limits import INTEGER, STRING
from bot.demo.discord.refusals import Refusal
from tests.support.rest_bot import FORM, a_command, code_of, faults, open_world

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, SUGGEST, MODAL = 4, 5, 6, 7, 8, 9
BUTTONS = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "b", "custom_id": "b"}]}]
FORM_SHOWN = {
    "title": "t",
    "custom_id": "m",
    "components": [
        {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "words", "style": 1}}
    ],
}
ANSWERS = {
    MESSAGE: {"content": "x"},
    UPDATE: {"content": "y"},
    SUGGEST: {"choices": []},
    MODAL: FORM_SHOWN,
}


async def world(clock=None):
    """Return a Discord, a bot, a person, a channel, and a command."""
    discord, bot = open_world(clock)
    command_id = await a_command(
        bot, options=[{"type": STRING, "name": "o", "description": "d", "autocomplete": True}]
    )
    return discord, bot, discord.add_person("anna"), discord.add_channel("music"), command_id


async def of_kind(kind, discord, bot, anna, channel, command_id):
    """Return an interaction of a kind, sent just now."""
    if kind == "command":
        return await commands.use_command(discord, anna, channel.id, command_id)
    if kind == "button":
        message = await bot.posted(channel, content="x", components=BUTTONS)
        return await components.press(discord, anna, channel.id, message.id, "b")
    if kind == "form":
        shown = await of_kind("command", discord, bot, anna, channel, command_id)
    else:
        shown = await of_kind("button", discord, bot, anna, channel, command_id)
    await bot.respond(shown, MODAL, FORM_SHOWN)
    return await components.submit_modal(discord, anna, shown.id, {"words": "jazz"})


ALLOWED = {
    "command": {MESSAGE, DEFER, MODAL},
    "button": {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    "form": {MESSAGE, DEFER},
    "form of a button": {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}


@pytest.mark.parametrize("kind", ALLOWED)
async def test_each_interaction_type_has_its_response_types(kind):
    """A modal can't answer a modal, nor a message update a command."""
    for answer in ANSWERS | {DEFER: {}, DEFER_UPDATE: {}}:
        discord, bot, anna, channel, command_id = await world()
        interaction = await of_kind(kind, discord, bot, anna, channel, command_id)
        given = await bot.respond(interaction, answer, ANSWERS.get(answer))
        expected = 0 if answer in ALLOWED[kind] else FORM
        assert code_of(given) == expected, (answer, given.body)
        assert interaction.acknowledged.is_set() is (expected == 0)


async def test_an_interaction_has_one_response():
    """40060 the second time; an unknown token is 10062."""
    discord, bot, anna, channel, command_id = await world()
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    assert (await bot.respond(interaction, MESSAGE, {"content": "x"})).status == 200
    assert code_of(await bot.respond(interaction, MESSAGE, {"content": "x"})) == 40060
    path = f"/interactions/{interaction.id + 1}/{interaction.token}/callback"
    assert code_of(await bot.ask("POST", path, {"type": MESSAGE})) == 10062


async def test_a_late_answer_is_refused_and_reported_to_its_person():
    """After three seconds (shorter here) the interaction is unknown."""
    discord, bot, anna, channel, command_id = await world()
    seen = discord.subscribe(anna)
    began = asyncio.create_task(anext(seen))
    await asyncio.sleep(0)
    discord.ack_seconds = 0.01
    interaction = await commands.use_command(discord, anna, channel.id, command_id, nonce="n")
    assert (await began)["type"] == "interaction_sent"
    event = await anext(seen)
    assert (event["type"], event["interaction_id"], event["nonce"]) == (
        "interaction_failed", str(interaction.id), "n",
    )  # fmt: skip
    assert code_of(await bot.respond(interaction, MESSAGE, {"content": "x"})) == 10062
    assert channel.messages == {}


async def test_a_token_expires_after_fifteen_minutes():
    """Then 401 and 50027; before the first answer there is nothing to follow."""
    now = [1_700_000_000.0]
    discord, bot, anna, channel, command_id = await world(lambda: now[0])
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    assert code_of(await bot.follow(interaction, content="x")) == 10015
    await bot.respond(interaction, MESSAGE, {"content": "x"})
    now[0] += 15 * 60 - 1
    original = f"{bot.hook(interaction)}/messages/@original"
    assert (await bot.ask("PATCH", original, {"content": "y"})).status == 200
    now[0] += 1
    for method, path in (("PATCH", original), ("GET", original), ("POST", bot.hook(interaction))):
        late = await bot.ask(method, path, {"content": "z"})
        assert (late.status, code_of(late)) == (401, 50027)


@pytest.mark.parametrize(
    ("kind", "choices", "where"),
    [
        (STRING, [{"name": f"{n}", "value": "v"} for n in range(25)], None),
        (STRING, [{"name": f"{n}", "value": "v"} for n in range(26)], "choices"),
        (STRING, [{"name": "x" * 100, "value": "x" * 100}], None),
        (STRING, [{"name": "x" * 101, "value": "v"}], "choices.0.name"),
        (STRING, [{"name": "n", "value": "x" * 101}], "choices.0.value"),
        (INTEGER, [{"name": "n", "value": "one"}], "choices.0.value"),
    ],
)
async def test_autocomplete_choices_are_limited(kind, choices, where):
    """Twenty-five, each of a hundred characters; numbers for numbers."""
    discord, bot = open_world()
    option = {"type": kind, "name": "o", "description": "d", "autocomplete": True}
    command_id = await a_command(bot, options=[option])
    channel, typed = discord.add_channel("music"), [{"name": "o", "value": "", "focused": True}]
    asking = asyncio.create_task(
        commands.complete(discord, discord.owner, channel.id, command_id, typed)
    )
    await asyncio.sleep(0)
    (interaction,) = discord.interactions.values()
    given = await bot.respond(interaction, SUGGEST, {"choices": choices})
    assert faults(given) == (set() if where is None else {where}) if given.body else where is None
    if where is not None:
        await bot.respond(interaction, SUGGEST, {"choices": []})
    assert await asking == (choices if where is None else [])
    assert discord.interactions == {}


async def test_autocomplete_has_a_timeout():
    """A bot that does not answer suggests nothing."""
    discord, _, anna, channel, command_id = await world()
    discord.ack_seconds = 0.01
    typed = [{"name": "o", "value": "", "focused": True}]
    assert await commands.complete(discord, anna, channel.id, command_id, typed) == []


async def test_ephemeral_messages_are_seen_by_one_person():
    """Neither the channel nor the bot's own token shows it; its person can dismiss it."""
    discord, bot, anna, channel, command_id = await world()
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    await bot.respond(interaction, MESSAGE, {"content": "psst", "flags": 64})
    await bot.follow(interaction, content="and this", flags=64)
    assert [each["content"] for each in reading.history(discord, anna, channel.id)] == [
        "psst", "and this",
    ]  # fmt: skip
    assert reading.history(discord, discord.owner, channel.id) == []
    path = f"/channels/{channel.id}/messages/{interaction.message.id}"
    for method in ("GET", "PATCH", "DELETE"):
        assert code_of(await bot.ask(method, path, {"content": "x"})) == 10008
    for deed in (talk.delete_message, components.press):
        rest = ("b",) if deed is components.press else ()
        with pytest.raises(Refusal, match="10008"):
            await deed(discord, discord.owner, channel.id, interaction.message.id, *rest)
    await talk.delete_message(discord, anna, channel.id, interaction.message.id)
    gone = await bot.ask("GET", f"{bot.hook(interaction)}/messages/@original")
    assert code_of(gone) == 10008


async def test_a_followup_replaces_thinking():
    """With the same privacy; later follow-ups are new messages."""
    discord, bot, anna, channel, command_id = await world()
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    await bot.respond(interaction, DEFER, {"flags": 64})
    assert interaction.message.is_loading
    await bot.follow(interaction, content="done")
    assert (interaction.message.content, interaction.message.flags) == ("done", 64)
    assert interaction.followups == []
    await bot.follow(interaction, content="by the way")
    assert [each.is_ephemeral for each in interaction.followups] == [False]


async def test_a_press_can_update_its_message():
    """At once, or later by the token; the button can be used again."""
    discord, bot, anna, channel, command_id = await world()
    press = await of_kind("button", discord, bot, anna, channel, command_id)
    await bot.respond(press, UPDATE, {"content": "pressed"})
    assert press.source.content == "pressed"
    await bot.ask("PATCH", f"{bot.hook(press)}/messages/@original", {"content": "later"})
    assert press.source.content == "later"
    assert press.source.edited_at is not None


async def test_who_installed_the_app_for_themselves_uses_it_where_it_is_no_member():
    """Five follow-ups, and no access by the bot's own token."""
    discord, bot, anna, channel, _ = await world()
    command_id = await a_command(bot, integration_types=[0, 1], contexts=[0, 1, 2])
    await moderation.kick(discord, discord.owner, discord.me.id)
    with pytest.raises(Refusal, match="50013"):
        await commands.use_command(discord, anna, channel.id, command_id)
    anna.has_app = True
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    assert (await bot.respond(interaction, MESSAGE, {"content": "x"})).status == 200
    assert code_of(await bot.post(channel, content="x")) == 50001
    for _ in range(5):
        assert (await bot.follow(interaction, content="x")).status == 200
    assert code_of(await bot.follow(interaction, content="x")) == 40094
    # Also in a conversation of two people without the bot.
    private = await places.open_dm(discord, anna, discord.owner.id)
    assert await commands.use_command(discord, anna, private.id, command_id)
    with pytest.raises(Refusal, match="50013"):
        await commands.use_command(discord, discord.owner, private.id, command_id)


async def test_responses_have_the_limits_of_messages():
    """After a refusal the interaction is open for another response."""
    discord, bot, anna, channel, command_id = await world()
    interaction = await commands.use_command(discord, anna, channel.id, command_id)
    for data, code in (({"content": "x" * 2001}, FORM), ({}, 50006)):
        assert code_of(await bot.respond(interaction, MESSAGE, data)) == code
    large = [("a", bytes(10 * 2**20 + 1))]
    assert code_of(await bot.respond(interaction, MESSAGE, {}, files=large)) == 40005
    assert (await bot.respond(interaction, MESSAGE, {"content": "x"})).status == 200
    assert code_of(await bot.follow(interaction, content="x" * 2001)) == FORM


async def test_expired_interactions_are_removed():
    """Some time after the token's expiry; an open modal stays."""
    now = [1_700_000_000.0]
    discord, bot, anna, channel, command_id = await world(lambda: now[0])
    old = await commands.use_command(discord, anna, channel.id, command_id)
    await bot.respond(old, MESSAGE, {"content": "x"})
    asked = await commands.use_command(discord, anna, channel.id, command_id)
    await bot.respond(asked, MODAL, FORM_SHOWN)
    await bot.posted(channel, content="x", nonce="n", enforce_nonce=True)
    now[0] += 29 * 60.0
    discord.forget_expired()
    assert old.token in discord.interactions
    now[0] += 2 * 60.0
    discord.forget_expired()
    assert list(discord.interactions.values()) == [asked]
    assert discord.nonces == {}
