"""Commands: what Discord registers, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rest_bot import FORM, code_of, faults, open_world

STRING, NUMBER = 3, 10


def option(number=0, **about):
    return {"type": STRING, "name": f"o{number}", "description": "d"} | about


def command(*options, **about):
    return {"name": "do", "description": "d", "options": list(options)} | about


def choices(count):
    return [{"name": f"c{number}", "value": f"{number}"} for number in range(count)]


OPTION = "0.options.0"
LIMITS = {
    # name: (most, what makes a command of so many, where the fault is)
    "name": (32, lambda n: command(name="x" * n), "0.name"),
    "description": (100, lambda n: command(description="x" * n), "0.description"),
    "translated name": (
        32,
        lambda n: command(name_localizations={"de": "x" * n}),
        "0.name_localizations.de",
    ),
    "translated description": (
        100,
        lambda n: command(description_localizations={"ja": "x" * n}),
        "0.description_localizations.ja",
    ),
    "options": (25, lambda n: command(*map(option, range(n))), "0.options"),
    "option name": (32, lambda n: command(option(name="x" * n)), f"{OPTION}.name"),
    "option description": (
        100,
        lambda n: command(option(description="x" * n)),
        f"{OPTION}.description",
    ),
    "choices": (25, lambda n: command(option(choices=choices(n))), f"{OPTION}.choices"),
    "choice name": (
        100,
        lambda n: command(option(choices=[{"name": "x" * n, "value": "v"}])),
        f"{OPTION}.choices.0.name",
    ),
    "choice value": (
        100,
        lambda n: command(option(choices=[{"name": "n", "value": "x" * n}])),
        f"{OPTION}.choices.0.value",
    ),
    "longest text": (6000, lambda n: command(option(max_length=n)), f"{OPTION}.max_length"),
    "characters in all": (8000, lambda n: command(*long_options(n)), "0"),
}


def long_options(characters):
    """Return options with choices that give a command this number of characters."""
    made: list[dict[str, Any]] = []
    left = characters - len("do") - len("d")
    while left:
        about = option(len(made))
        left -= len(about["name"]) + len(about["description"])
        listed: list[dict[str, str]] = []
        while left and len(listed) < 25:
            size = min(left, 100)
            left -= size
            value = f"{len(listed):02}" if size > 2 else ""
            listed.append({"name": "x" * (size - len(value)), "value": value})
        made.append(about | {"choices": listed})
    return made


@pytest.mark.parametrize("name", LIMITS)
async def test_command_sizes_are_limited(name):
    """A refused command leaves the registered ones unchanged."""
    most, make, where = LIMITS[name]
    discord, bot = open_world()
    taken = await bot.register(make(most))
    assert taken.status == 200, taken.body
    refused = await bot.register(make(most + 1))
    assert (refused.status, code_of(refused), faults(refused)) == (400, FORM, {where})
    assert discord.commands.all_in(None) == taken.body


@pytest.mark.parametrize(("kind", "most"), [(1, 100), (2, 15), (3, 15)])
async def test_the_number_of_commands_is_limited(kind, most):
    """Of each kind, with an error code of its own."""
    _, bot = open_world()
    description = {"description": "d"} if kind == 1 else {}
    made = [{"type": kind, "name": f"c{number}"} | description for number in range(most + 1)]
    assert (await bot.register(*made[:most])).status == 200
    refused = await bot.register(*made)
    assert (refused.status, code_of(refused)) == (400, 30032)


SUB, GROUP = 1, 2
WRONG = {
    "a name with capitals": command(name="Do"),
    "a name with a space": command(name="do it"),
    "no description": command(description=""),
    "a menu with a description": {"type": 3, "name": "Do it", "description": "d"},
    "a menu with options": {"type": 2, "name": "Do it", "options": [option()]},
    "a language that is none": command(name_localizations={"xx": "do"}),
    "an option that must come first": command(option(0), option(1, required=True)),
    "two options of one name": command(option(), option()),
    "choices and suggestions": command(option(autocomplete=True, choices=choices(1))),
    "choices of a file": command(option(type=11, choices=choices(1))),
    "a text as the choice of a number": command(option(type=NUMBER, choices=choices(1))),
    "a range of texts": command(option(min_value=1)),
    "a subcommand beside an option": command(option(0, type=SUB), option(1)),
    "a group in a group": command(option(type=GROUP, options=[option(type=GROUP)])),
    "a subcommand in a subcommand": command(option(type=SUB, options=[option(type=SUB)])),
    "rights that are no number": command(default_member_permissions="manager"),
    "a place that is none": command(contexts=[3]),
    "a kind that is none": command(type=9),
}


@pytest.mark.parametrize("name", WRONG)
async def test_an_invalid_command_is_refused(name):
    """Nothing is registered."""
    discord, bot = open_world()
    refused = await bot.register(WRONG[name])
    assert (refused.status, code_of(refused)) == (400, FORM)
    assert discord.commands.all_in(None) == []


@pytest.mark.parametrize("name", ["музыка", "音乐", "दोहराना", "re-mix_2"])
async def test_a_name_may_be_of_any_script(name):
    """Letters without lower case are unchanged."""
    _, bot = open_world()
    assert (await bot.register(command(name=name))).status == 200


async def test_command_names_are_unique():
    """A menu entry may have the name of a slash command."""
    _, bot = open_world()
    assert faults(await bot.register(command(), command())) == {"1.name"}
    assert (await bot.register(command(), {"type": 3, "name": "do"})).status == 200


async def test_a_command_keeps_its_id_when_it_changes():
    """Its version changes only then."""
    _, bot = open_world()
    first = (await bot.register(command())).body[0]
    same = (await bot.register(command())).body[0]
    other = (await bot.register(command(description="e"))).body[0]
    assert (same["id"], same["version"]) == (first["id"], first["version"])
    assert other["id"] == first["id"]
    assert other["version"] != first["version"]


async def test_command_creations_are_limited_per_day():
    """Two hundred a day; updates do not count."""
    now = [1_700_000_000.0]
    _, bot = open_world(lambda: now[0])
    for number in range(200):
        assert (await bot.register(command(name=f"do{number}"))).status == 200
    assert (await bot.register(command(name="do199", description="other"))).status == 200
    refused = await bot.register(command(name="again"))
    assert (refused.status, code_of(refused)) == (400, 30034)
    now[0] += 86_401.0
    assert (await bot.register(command(name="again"))).status == 200
