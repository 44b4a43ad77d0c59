"""What the people of a soak do together: battles, daily prompts, jams, and what managers see."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.actions import talk
from bot.demo.discord.actions.components import submit_modal
from tests.support.wire_jam import TAKE, threads

WORDS = ("", "with a flute", "beat", "rock", "at night")
PLACES = ("daily", "best", "managers")
_LATEST_CLIPS = 60
_MOST_JAMS = 4
_MOST_BATTLES = 3


def add_places(wire):
    """Create the channels of a server that have a use of their own, before a bot comes."""
    for name in PLACES:
        wire.channel(name)


def place(wire, name):
    """Return one of them."""
    return next(each for each in wire.channels.values() if each.name == name)


async def prepare(wire):
    """Let the owner of a server say what they are for. A bot has to be there."""
    daily, best, managers = (place(wire, name) for name in PLACES)
    for command, options in (
        ("admin best", {"channel": str(best.id), "stars": 1}),
        ("admin log", {"channel": str(managers.id)}),
        ("admin daily", {"channel": str(daily.id), "hour": hour_of(wire), "zone": "UTC"}),
    ):
        await wire.slash(wire.owner, daily, command, **options)


def hour_of(wire):
    """The hour that it is."""
    return int(wire.clock() // 3600 % 24)


async def begin_battle(person):
    """Begin one, unless there are enough; where one goes on the bot says so."""
    if len(_everywhere(person, "Enter")) >= _MOST_BATTLES:
        return False
    seconds = float(person.random.randint(1, 2))
    options: dict[str, Any] = {"seconds": seconds, "minutes": 1, "voting": 1}
    if person.random.random() < 0.3:
        options["clip"] = str(person.random.randint(1, _LATEST_CLIPS))
    else:
        options["prompt"] = person.random.choice(("lo-fi", "rock", "jazz"))
    await person.wire.send_slash(person.user, person.channel, "battle", **options)
    return True


async def enter_battle(person):
    """Enter one that goes on anywhere, or another time."""
    battles = _everywhere(person, "Enter")
    chosen = [person.random.choice(battles)] if battles else []
    return await _fill_in(person, chosen, "Enter", {"seed": ""})


async def vote(person):
    """Vote in a poll that is open, or think again."""
    places = list(person.wire.channels.values())
    seen = [message for place in places for message in place.seen]
    polls = [each for each in seen if each.poll and not each.poll.is_final]
    if not polls:
        return False
    chosen = person.random.choice(polls)
    number = person.random.randint(1, len(chosen.poll.answers))
    await talk.vote(person.wire, person.user, chosen.channel.id, chosen.id, [number])
    return True


async def hurry_battle(person):
    """Begin the vote, or call a battle off, whose ever it is: the bot refuses others."""
    label = person.random.choices(("Vote now", "Call off"), (9, 1))[0]
    found = _everywhere(person, label)
    if not found:
        return False
    chosen = person.random.choice(found)
    await _press(person, chosen, label, by=person.random.choice((person.user, _owner(person))))
    return True


async def make_from_daily(person):
    """Make a clip from the prompt of the day."""
    daily = place(person.wire, "daily")
    return await _fill_in(person, _with_button(daily, "Make one"), "Make one")


async def report(person):
    """Report a clip, one's own or one that is gone at times."""
    clip = str(person.random.randint(1, _LATEST_CLIPS))
    await person.wire.send_slash(person.user, person.channel, "report", clip=clip, why="loud")
    return True


async def judge_report(person):
    """Answer a report as a manager."""
    label = person.random.choice(("It is fine", "Delete the clip"))
    found = _with_button(place(person.wire, "managers"), label)
    if not found:
        return False
    await _press(person, person.random.choice(found), label, by=_owner(person))
    return True


async def jam(person):
    """Take a turn in a jam that is open, or start one."""
    found = [each for each in threads(person.wire) if _with_button(each, TAKE)]
    if len(found) < _MOST_JAMS and person.random.random() < 0.3:
        options = {"title": f"Jam of {person.user.name}", "tempo": 176, "bars": 1, "longest": 30}
        await person.wire.send_slash(person.user, person.channel, "jam start", **options)
        return True
    if not found:
        return False
    return await _fill_in(person, _with_button(person.random.choice(found), TAKE), TAKE)


async def change_jam(person):
    """Undo a turn, fork a jam, or close it and have it mixed down; the bot refuses some."""
    label = person.random.choices(("Undo last", "Fork", "Hear it all", "Close"), (2, 1, 2, 3))[0]
    found = [each for each in threads(person.wire) if _with_button(each, label)]
    if not found:
        return False
    card = _with_button(person.random.choice(found), label)[-1]
    await _press(person, card, label, by=_owner(person))
    return True


async def _fill_in(person, messages, label, given=None):
    """Press a button that opens a form, and send that in; tell whether there was one."""
    if not messages:
        return False
    press = await _press(person, messages[-1], label)
    await person.wire.until(lambda: press.modal)
    words = person.random.choice(WORDS) or ("beat" if label == TAKE else "")
    await submit_modal(person.wire, person.user, press.id, {"words": words} | (given or {}))
    return True


async def _press(person, message, label, *, by=None):
    press = person.wire.new_press(by or person.user, message, label)
    await person.wire.send(press)
    return press


def _with_button(channel, label):
    return [each for each in channel.seen if label in each.buttons]


def _everywhere(person, label):
    places = list(person.wire.channels.values())
    return [each for place in places for each in _with_button(place, label)]


def _owner(person):
    return person.wire.owner


TOGETHER = {
    begin_battle: 3,
    enter_battle: 8,
    vote: 6,
    hurry_battle: 1,
    make_from_daily: 2,
    report: 2,
    judge_report: 1,
    jam: 5,
    change_jam: 1,
}
"""What people do together, and how often."""
