"""What users of a soak do together: battles, daily prompts, jams, and managers' reports."""

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
    """Create the server's channels for special purposes, before the bot starts."""
    for name in PLACES:
        wire.channel(name)


def place(wire, name):
    """Return one of these channels."""
    return next(each for each in wire.channels.values() if each.name == name)


async def prepare(wire):
    """Assign the channels' purposes as the server's owner. The bot must be running."""
    daily, best, managers = (place(wire, name) for name in PLACES)
    for command, options in (
        ("admin best", {"channel": str(best.id), "stars": 1}),
        ("admin log", {"channel": str(managers.id)}),
        ("admin daily", {"channel": str(daily.id), "hour": hour_of(wire), "zone": "UTC"}),
    ):
        await wire.slash(wire.owner, daily, command, **options)


def hour_of(wire):
    """Return the current hour on Discord's clock, in UTC."""
    return int(wire.clock() // 3600 % 24)


async def begin_battle(person):
    """Start a battle, unless there are enough; the bot refuses a second one in a channel."""
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
    """Enter an open battle in any channel, or enter it again."""
    battles = _everywhere(person, "Enter")
    chosen = [person.random.choice(battles)] if battles else []
    return await _fill_in(person, chosen, "Enter", {"seed": ""})


async def vote(person):
    """Vote in an open poll, or change the vote."""
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
    """Start the vote or call a battle off; the bot refuses people who did not start it."""
    label = person.random.choices(("Vote now", "Call off"), (9, 1))[0]
    found = _everywhere(person, label)
    if not found:
        return False
    chosen = person.random.choice(found)
    await _press(person, chosen, label, by=person.random.choice((person.user, _owner(person))))
    return True


async def make_from_daily(person):
    """Order a clip from the daily prompt."""
    daily = place(person.wire, "daily")
    return await _fill_in(person, _with_button(daily, "Make one"), "Make one")


async def report(person):
    """Report a clip, which may be one's own or deleted."""
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
    """Take a turn in an open jam, or start one."""
    found = [each for each in threads(person.wire) if _with_button(each, TAKE)]
    if len(found) < _MOST_JAMS and person.random.random() < 0.3:
        options = {"title": f"Jam of {person.user.name}", "tempo": 176, "bars": 1, "longest": 30}
        await person.wire.send_slash(person.user, person.channel, "jam start", **options)
        return True
    if not found:
        return False
    return await _fill_in(person, _with_button(person.random.choice(found), TAKE), TAKE)


async def change_jam(person):
    """Undo a turn, fork a jam, or close it with a mixdown; the bot refuses some of them."""
    label = person.random.choices(("Undo last", "Fork", "Hear it all", "Close"), (2, 1, 2, 3))[0]
    found = [each for each in threads(person.wire) if _with_button(each, label)]
    if not found:
        return False
    card = _with_button(person.random.choice(found), label)[-1]
    await _press(person, card, label, by=_owner(person))
    return True


async def _fill_in(person, messages, label, given=None):
    """Press a button that opens a form, and submit it; return whether there was one."""
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
"""What users do together, and how often."""
