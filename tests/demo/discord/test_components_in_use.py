"""Buttons, selects and modals in use."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.discord import reading
from bot.demo.discord.actions import commands, components
from bot.demo.discord.files import File
from bot.demo.discord.refusals import Refusal
from tests.support.rest_bot import a_command, open_world

SHOW = 9


def row(*inside):
    return {"type": 1, "components": list(inside)}


def label(**component):
    return {"type": 18, "label": "l", "component": component}


OPTIONS = [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]


async def posted(*rows):
    """Return a Discord, a bot, and a message with these components in a channel."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    return discord, bot, await bot.posted(channel, content="x", components=list(rows))


@pytest.mark.parametrize(
    "button",
    [
        {"custom_id": "other", "style": 1},
        {"custom_id": "b", "style": 1, "disabled": True},
    ],
)
async def test_disabled_or_missing_buttons_are_refused(button):
    """A button that was removed, and one that is disabled."""
    discord, _, message = await posted(row({"type": 2, "label": "b"} | button))
    with pytest.raises(Refusal, match="50035"):
        await components.press(discord, discord.owner, message.channel.id, message.id, "b")


async def test_a_repeated_press_is_one_interaction():
    """By its nonce; two presses are two."""
    discord, _, message = await posted(row({"type": 2, "label": "b", "custom_id": "b", "style": 1}))
    place = (discord, discord.owner, message.channel.id, message.id, "b")
    first = await components.press(*place, nonce="n")
    assert await components.press(*place, nonce="n") is first
    assert await components.press(*place) is not first
    assert first.data["component_type"] == 2


SELECTS = [
    ({"type": 3, "options": OPTIONS}, lambda _: ["a"], lambda _: ["c"]),
    ({"type": 3, "options": OPTIONS}, lambda _: ["a"], lambda _: ["a", "b"]),
    ({"type": 3, "options": OPTIONS, "max_values": 2}, lambda _: ["a", "b"], lambda _: []),
    ({"type": 5}, lambda discord: [str(discord.owner.id)], lambda _: ["1"]),
    ({"type": 6}, lambda discord: [str(discord.guild.id)], lambda _: ["1"]),
    ({"type": 7}, lambda discord: [str(discord.guild.id)], lambda _: ["x"]),
    ({"type": 8}, lambda discord: [str(next(iter(discord.channels)))], lambda _: ["1"]),
    (
        {"type": 5, "max_values": 2},
        lambda discord: [str(discord.owner.id), str(discord.me.id)],
        lambda discord: [str(discord.owner.id)] * 2,
    ),
]


@pytest.mark.parametrize(("select", "good", "bad"), SELECTS)
async def test_only_offered_values_can_be_chosen(select, good, bad):
    """Within the allowed number; people, roles and channels are sent as objects."""
    discord, _, message = await posted(row(select | {"custom_id": "s"}))
    place = (discord, discord.owner, message.channel.id, message.id, "s")
    interaction = await components.choose(*place, good(discord))
    assert interaction.data["values"] == good(discord)
    assert ("resolved" in interaction.data) is (select["type"] != 3)
    with pytest.raises(Refusal, match="50035"):
        await components.choose(*place, bad(discord))


async def shown(*inside):
    """Return a Discord, a bot, and the interaction of a shown modal."""
    discord, bot = open_world()
    channel, command_id = discord.add_channel("music"), await a_command(bot)
    asked = await commands.use_command(discord, discord.owner, channel.id, command_id)
    form = {"title": "t", "custom_id": "m", "components": list(inside)}
    answer = await bot.respond(asked, SHOW, form)
    assert answer.status == 200, answer.body
    return discord, bot, asked


TEXT = {"type": 4, "custom_id": "i", "style": 1}
FORMS = [
    (label(**TEXT, min_length=2, max_length=3), "abc", "abcd"),
    (label(**TEXT, min_length=2), "ab", "a"),
    (label(**TEXT), "a", ""),
    (label(type=3, custom_id="i", options=OPTIONS), ["a"], ["c"]),
    (label(type=3, custom_id="i", options=OPTIONS), "a", []),
    (label(type=21, custom_id="i", options=OPTIONS), "b", "c"),
    (label(type=22, custom_id="i", options=OPTIONS), ["a", "b"], ["c"]),
    (label(type=5, custom_id="i"), lambda discord: [str(discord.me.id)], ["1"]),
    (row(TEXT | {"label": "l"}), "a", ""),
]


@pytest.mark.parametrize(("inside", "good", "bad"), FORMS)
async def test_submitted_modals_are_validated(inside, good, bad):
    """A refused submission leaves the modal open; a response closes it."""
    discord, bot, asked = await shown(inside)
    place = (discord, discord.owner, asked.id)
    good = good(discord) if callable(good) else good
    with pytest.raises(Refusal, match="50035"):
        await components.submit_modal(*place, {"i": bad})
    assert reading.snapshot(discord, discord.owner)["open_modal"]["modal"]["title"] == "t"
    sent = await components.submit_modal(*place, {"i": good})
    (component,) = sent.data["components"]
    component = component.get("component") or component["components"][0]
    assert component.get("value", component.get("values")) in (good, [good])
    await bot.respond(sent, 4, {"content": "thanks"})
    assert reading.snapshot(discord, discord.owner)["open_modal"] is None
    with pytest.raises(Refusal, match="10062"):
        await components.submit_modal(*place, {"i": good})


async def test_optional_fields_can_be_empty():
    """An unchecked box is a value, too."""
    discord, _, asked = await shown(
        label(**TEXT, required=False),
        label(type=3, custom_id="s", options=OPTIONS, required=False),
        label(type=21, custom_id="r", options=OPTIONS, required=False),
        label(type=23, custom_id="c"),
        {"type": 10, "content": "words"},
    )
    sent = await components.submit_modal(discord, discord.owner, asked.id, {})
    fields = [each.get("component", {}) for each in sent.data["components"]]
    answers = [each.get("value", each.get("values")) for each in fields]
    assert answers == ["", [], None, False, None]


async def test_files_are_sent_in_with_a_form():
    """Within the modal's number and the server's size limit."""
    discord, _, asked = await shown(label(type=19, custom_id="f", max_values=2))
    place: tuple[Any, ...] = (discord, discord.owner, asked.id, {})
    for count, size, code in ((0, 1, "50035"), (3, 1, "50035"), (1, 10 * 2**20 + 1, "40005")):
        files = {"f": [File(f"{number}.wav", bytes(size)) for number in range(count)]}
        with pytest.raises(Refusal, match=code):
            await components.submit_modal(*place, files=files)
    files = {"f": [File("a.wav", b"a"), File("b.wav", b"b")]}
    sent = await components.submit_modal(*place, files=files)
    (field,) = sent.data["components"]
    assert field["component"]["values"] == list(sent.data["resolved"]["attachments"])
    assert len(field["component"]["values"]) == 2


async def test_a_modal_belongs_to_its_person():
    """A closed modal can't be submitted; other people can neither close nor submit it."""
    discord, _, asked = await shown(label(**TEXT))
    anna = discord.add_person("anna")
    with pytest.raises(Refusal, match="10062"):
        await components.submit_modal(discord, anna, asked.id, {"i": "a"})
    components.dismiss_modal(discord, discord.owner, asked.id)
    with pytest.raises(Refusal, match="10062"):
        await components.submit_modal(discord, discord.owner, asked.id, {"i": "a"})
