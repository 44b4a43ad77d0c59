"""Components and modals: what Discord accepts, and what it refuses."""

from __future__ import annotations

import pytest

from bot.demo.discord.actions import commands
from tests.support.rest_bot import FORM, MODAL_KIND, a_command, code_of, faults, open_world


def button(number=0, **about):
    return {"type": 2, "style": 1, "label": "b", "custom_id": f"c{number}"} | about


def row(*inside):
    return {"type": 1, "components": list(inside)}


def option(number, **about):
    return {"label": f"o{number}", "value": f"{number}"} | about


def select(options=1, **about):
    listed = [option(number) for number in range(options)]
    return row({"type": 3, "custom_id": "s", "options": listed} | about)


INSIDE = "components.0.components"
LIMITS = {
    # name: (most, what makes components of so many, where the fault is)
    "rows": (5, lambda n: [row(button(i)) for i in range(n)], "components"),
    "buttons in a row": (5, lambda n: [row(*map(button, range(n)))], INSIDE),
    "label": (80, lambda n: [row(button(label="x" * n))], f"{INSIDE}.0.label"),
    "custom id": (100, lambda n: [row(button(custom_id="x" * n))], f"{INSIDE}.0.custom_id"),
    "link": (
        512,
        lambda n: [row({"type": 2, "style": 5, "label": "l", "url": "https://" + "x" * (n - 8)})],
        f"{INSIDE}.0.url",
    ),
    "options": (25, lambda n: [select(n)], f"{INSIDE}.0.options"),
    "placeholder": (150, lambda n: [select(placeholder="x" * n)], f"{INSIDE}.0.placeholder"),
    "most values": (25, lambda n: [select(max_values=n)], f"{INSIDE}.0.max_values"),
    "option label": (
        100,
        lambda n: [select(options=0) | row(select_of(option(0, label="x" * n)))],
        f"{INSIDE}.0.options.0.label",
    ),
    "option value": (
        100,
        lambda n: [row(select_of(option(0, value="x" * n)))],
        f"{INSIDE}.0.options.0.value",
    ),
    "option description": (
        100,
        lambda n: [row(select_of(option(0, description="x" * n)))],
        f"{INSIDE}.0.options.0.description",
    ),
}


def select_of(*options):
    return {"type": 3, "custom_id": "s", "options": list(options)}


@pytest.mark.parametrize("name", LIMITS)
async def test_the_number_of_components_is_limited(name):
    """The error names the first one too many."""
    most, components, where = LIMITS[name]
    discord, bot = open_world()
    channel = discord.add_channel("music")
    taken = await bot.post(channel, content="x", components=components(most))
    assert taken.status == 200, taken.body
    refused = await bot.post(channel, content="x", components=components(most + 1))
    assert (refused.status, code_of(refused), faults(refused)) == (400, FORM, {where})


WRONG = {
    "a button outside of a row": [button()],
    "an empty row": [row()],
    "two selects in a row": [
        row({"type": 5, "custom_id": "a"}, {"type": 6, "custom_id": "b"}),
    ],
    "a select beside a button": [row(button(), {"type": 5, "custom_id": "a"})],
    "two of one id": [row(button(), button())],
    "a button without an id": [row(button(custom_id=None))],
    "a button that says nothing": [row(button(label=""))],
    "a button of no style": [row(button(style=9))],
    "a link with an id": [row(button(style=5, url="https://x"))],
    "a link to nowhere": [row({"type": 2, "style": 5, "label": "l", "url": "nowhere"})],
    "a select without options": [select(0)],
    "options of one value": [row(select_of(option(0), option(0)))],
    "less wanted than allowed": [select(3, min_values=3, max_values=2)],
    "a text input in a message": [row({"type": 4, "custom_id": "t", "style": 1, "label": "l"})],
    "a text without the flag": [{"type": 10, "content": "x"}],
}


@pytest.mark.parametrize("name", WRONG)
async def test_invalid_components_are_refused(name):
    """Nothing is posted."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    refused = await bot.post(channel, content="x", components=WRONG[name])
    assert (refused.status, code_of(refused)) == (400, FORM)
    assert channel.messages == {}


async def test_a_message_has_at_most_forty_layout_components():
    """Nested components count."""
    discord, bot = open_world()
    channel = discord.add_channel("music")
    for count, status in ((38, 200), (39, 400)):
        texts = [{"type": 10, "content": "x"} for _ in range(count)]
        inside = {"type": 17, "components": texts}
        answer = await bot.post(channel, flags=1 << 15, components=[inside, {"type": 14}])
        assert answer.status == status, answer.body


async def test_components_get_unique_ids():
    """Components without an id get an unused one."""
    discord, bot = open_world()
    shown = [row(button(0, id=1), button(1))]
    message = await bot.posted(discord.add_channel("music"), content="x", components=shown)
    ids = [each["id"] for each in message.components()]
    assert len(set(ids)) == len(ids) == 3
    assert message.component("c0")["id"] == 1


def label(component, **about):
    return {"type": 18, "label": "l", "component": component} | about


def text(**about):
    return {"type": 4, "custom_id": "t", "style": 1} | about


def modal(*components, **about):
    return {"title": "t", "custom_id": "m", "components": list(components)} | about


def options(count):
    return [option(number) for number in range(count)]


IN_LABEL = "components.0.component"
MODAL_LIMITS = {
    # name: (most, what makes a form of so many, where the fault is)
    "title": (45, lambda n: modal(label(text()), title="x" * n), "title"),
    "custom id": (100, lambda n: modal(label(text()), custom_id="x" * n), "custom_id"),
    "components": (
        5, lambda n: modal(*(label(text(custom_id=f"{i}")) for i in range(n))), "components",
    ),
    "label": (45, lambda n: modal(label(text(), label="x" * n)), "components.0.label"),
    "description": (
        100, lambda n: modal(label(text(), description="x" * n)), "components.0.description",
    ),
    "placeholder": (
        100, lambda n: modal(label(text(placeholder="x" * n))), f"{IN_LABEL}.placeholder",
    ),
    "value": (4000, lambda n: modal(label(text(value="x" * n))), f"{IN_LABEL}.value"),
    "longest text": (4000, lambda n: modal(label(text(max_length=n))), f"{IN_LABEL}.max_length"),
    "files": (
        10,
        lambda n: modal(label({"type": 19, "custom_id": "f", "max_values": n})),
        f"{IN_LABEL}.max_values",
    ),
    "options": (
        25,
        lambda n: modal(label({"type": 3, "custom_id": "s", "options": options(n)})),
        f"{IN_LABEL}.options",
    ),
    "radio buttons": (
        10,
        lambda n: modal(label({"type": 21, "custom_id": "s", "options": options(n)})),
        f"{IN_LABEL}.options",
    ),
    "boxes": (
        10,
        lambda n: modal(label({"type": 22, "custom_id": "s", "options": options(n)})),
        f"{IN_LABEL}.options",
    ),
}  # fmt: skip


async def asked(discord, bot):
    """Return an interaction of a command used just now."""
    command_id = await a_command(bot)
    return await commands.use_command(
        discord, discord.owner, discord.add_channel("music").id, command_id
    )


@pytest.mark.parametrize("name", MODAL_LIMITS)
async def test_modal_sizes_are_limited(name):
    """After a refusal the interaction is open for another response."""
    most, shown, where = MODAL_LIMITS[name]
    discord, bot = open_world()
    interaction = await asked(discord, bot)
    refused = await bot.respond(interaction, MODAL_KIND, shown(most + 1))
    assert (refused.status, code_of(refused), faults(refused)) == (400, FORM, {where})
    taken = await bot.respond(interaction, MODAL_KIND, shown(most))
    assert taken.status == 200, taken.body


WRONG_MODALS = {
    "no title": modal(label(text()), title=""),
    "nothing in it": modal(),
    "a button": modal(label(button())),
    "an input without a label": modal(text()),
    "two of one id": modal(label(text()), label(text())),
    "a select that is disabled": modal(label(select_of(option(0)) | {"disabled": True})),
    "a select that is required and may be empty": modal(
        label(select_of(option(0)) | {"min_values": 0})
    ),
    "one radio button": modal(label({"type": 21, "custom_id": "s", "options": options(1)})),
}


@pytest.mark.parametrize("name", WRONG_MODALS)
async def test_an_invalid_modal_is_refused(name):
    """It is shown to nobody."""
    discord, bot = open_world()
    refused = await bot.respond(await asked(discord, bot), MODAL_KIND, WRONG_MODALS[name])
    assert (refused.status, code_of(refused)) == (400, FORM)
    assert discord.open_modals == {}
