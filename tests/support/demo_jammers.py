"""Simulated people who act at random on the demo's page at the same time, and count their actions.

Nobody waits for the result of an action before the next; some reload the page meanwhile, and
connections are cut. Every result must then exist once: in the Discord, in the database, and on
everybody's page.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing

from bot.demo.discord import reading
from tests.support.demo_stage import PATIENCE_SECONDS

ROOM = "music"


class Jammer:
    """A simulated person whose actions are drawn at random, and counted."""

    def __init__(self, seat, seed):
        self.seat, self.stage = seat, seat.stage
        self.random = random.Random(seed)
        self.written, self.ordered = [], []
        self.pressed: list[str | None] = []
        self.asked: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    async def jam(self, actions):
        """Do so many actions, one after the other."""
        kinds = [self.say, self.order, self.look, self.press, self.again, self.reload, self.cut]
        weights = [6, 5, 3, 3, 3, 1, 1]
        for number in range(actions):
            (do,) = self.random.choices(kinds, weights)
            self.done[do.__name__] += 1
            await do(f"{self.seat.name} {number}")

    async def say(self, name):
        """Write a message."""
        self.written.append(f"hello from {name}")
        await self._type(self.written[-1])

    async def order(self, name):
        """Order a clip with words that nobody else uses."""
        self.ordered.append(f"tune of {name}")
        self.asked["music"] += 1
        await self._type(f"/music prompt:{self.ordered[-1]} seconds:1")

    async def look(self, name):
        """Run a command whose answer is private."""
        self.asked["quota"] += 1
        await self._type("/quota")

    async def press(self, name):
        """Look at the details of the latest clip that is shown."""
        if await self._press("details"):
            self.asked["details"] += 1

    async def again(self, name):
        """Order another take of the latest clip that is shown."""
        if await self._press("again"):
            self.asked["again"] += 1

    async def reload(self, name):
        """Reload the page, whatever is in progress."""
        await self.seat.page.reload()
        await self._wait_for_page()

    async def cut(self, name):
        """Close the connections."""
        await self.stage.site.close()

    async def _wait_for_page(self):
        await self.seat.page.locator("li.message").first.wait_for()
        # Before the commands are known, a command would be sent as a message.
        await self.seat.box.fill("/")
        await self.seat.page.locator(".composer [role=option]").first.wait_for()
        await self.seat.box.fill("")

    async def _type(self, line):
        box = self.seat.box
        await box.fill(line)
        await box.press("Enter")
        if line == "/quota":  # the name was completed from the list: now it is run
            await self.seat.form.locator(".command-foot button").press("Enter")

    async def _press(self, action):
        """Press the latest button of a kind that was not pressed; return whether there was one."""
        # In one call, since the page may redraw the button at any time; and each button once, since
        # one that works takes no second press.
        press = """(all, pressed) => {
            const last = all.findLast(each => !pressed.includes(each.dataset.custom));
            last?.click();
            return last?.dataset.custom ?? null;
        }"""
        buttons = self.seat.page.locator(f"[data-custom$=':{action}']")
        custom_id = await buttons.evaluate_all(press, self.pressed)
        self.pressed.append(custom_id)
        return custom_id is not None


async def settle(stage, jammers):
    """Wait until all actions have been processed."""
    for each in jammers:
        wanted = sum(each.asked.values())
        person = each.seat.person
        await stage.until(
            lambda p=person, n=wanted: len(stage.asked_by(p)) >= n,
            lambda e=each: f"{e.seat.name} did {e.asked}, {_kinds(stage, e.seat.person)}",
        )
        for asked in stage.asked_by(person):
            await stage.until(lambda a=asked: a.answered_at or a.has_failed)
    # Between its first response and its acceptance an order is in no queue.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await stage.store.open_answers.all():
            await asyncio.sleep(0.005)
    await stage.pipeline.idle()


def _kinds(stage, person):
    """Count somebody's interactions by kind."""
    asked = stage.asked_by(person)
    names = (each.data.get("name") or each.custom_id.rpartition(":")[2] for each in asked)
    return Counter(names)


async def find_differences(stage, jammers, database):
    """Return all differences: none if no action was lost or doubled."""
    room = stage.channels[ROOM]
    wrong = []
    texts = Counter(each.content for each in room.messages.values())
    wrong += [text for each in jammers for text in each.written if texts[text] != 1]
    for each in jammers:
        found = len(stage.asked_by(each.seat.person))
        if found != sum(each.asked.values()):
            wrong.append(f"{each.seat.name} asked {found} times, not {each.asked}")
    wrong += [f"not answered: {each.data}" for each in _failed(stage, jammers)]
    lost = _orders(jammers, database)
    if lost:
        wrong += [*lost, *(f"answered: {text}" for text in _answers(stage, jammers))]
    sounds = sum(bool(each.files) for each in room.seen if each.author is stage.discord.me)
    with closing(sqlite3.connect(database)) as connection:
        (clips,) = connection.execute("SELECT count(*) FROM clips").fetchone()
    if sounds != clips:
        wrong.append(f"{sounds} messages have clips, and there are {clips}")
    for each in jammers:
        wrong += await _shown(stage, each.seat, room)
    return wrong


def _failed(stage, jammers):
    asked = [one for each in jammers for one in stage.asked_by(each.seat.person)]
    return [each for each in asked if each.has_failed]


def _answers(stage, jammers):
    """Return private answers, which say why an order failed."""
    asked = [one for each in jammers for one in stage.asked_by(each.seat.person)]
    messages = [message for one in asked for message in (one.message, *one.followups) if message]
    return sorted({each.content for each in messages if each.is_ephemeral})


def _orders(jammers, database):
    """Compare the database with the orders."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT kind, prompt, state FROM jobs").fetchall()
    prompts = Counter(prompt for kind, prompt, _ in rows if kind == "music")
    ordered = Counter(text for each in jammers for text in each.ordered)
    wrong = [f"{text}: {prompts[text]} jobs" for text in ordered if prompts[text] != 1]
    again = sum(each.asked["again"] for each in jammers)
    found = sum(kind == "again" for kind, _, _ in rows)
    wrong += [f"{found} jobs of {again} takes"] if found != again else []
    return wrong + [f"{row} is not delivered" for row in rows if row[2] != "delivered"]


async def _shown(stage, seat, room):
    """Compare a page with its person's view of the server: the same messages, each once."""
    wanted = [each["id"] for each in reading.history(stage.discord, seat.person, room.id, limit=40)]
    script = "all => all.map(each => each.dataset.message)"
    ids: list[str] = []
    for _ in range(200):
        ids = await seat.page.locator("li.message[data-message]").evaluate_all(script)
        if ids[-len(wanted) :] == wanted and len(set(ids)) == len(ids):
            return []
        await asyncio.sleep(0.05)
    return [f"{seat.name} sees {ids[-len(wanted) :]}, not {wanted}"]
