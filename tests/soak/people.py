"""The simulated users of a soak: they order clips, press buttons and cancel, at random.

Actions that involve several users are in another module.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

from bot.demo.discord.refusals import Refusal
from tests.fuzz.mutate_uploads import mutated
from tests.soak.group_actions import TOGETHER
from tests.support.discord_wire.files import File
from tests.support.sound_files import in_every_kind

PROMPTS = ("rock", "jazz", "beat", "slowly", "fail", "crash", "90s rock", "ambient")
WEIGHTS = (6, 6, 4, 4, 1, 0.3, 6, 6)
ACTIONS = {
    "music": 10, "takes": 2, "random": 3, "cancel": 2, "queue": 1, "history": 1,
    "upload": 2, "damaged upload": 1, "mix": 2, "changed mind": 3, "star": 4, "press": 16,
}  # fmt: skip
BUTTONS = {
    "Again": 4,
    "Continue": 3,
    "Loop": 1,
    "Details": 1,
    "Delete": 2,
    "Cancel": 9,
    "1": 1,
    "2": 1,
}
COMMANDS = {"random", "cancel", "queue", "history", "mix"}
TOGETHER_SHARE = 0.35
"""How often a user acts together with others."""
TWICE = 0.25
"""How often a button is pressed twice."""
TURN_WAIT_SECONDS = 5.0
"""How long a user waits for a cancel button."""

_MIXED_CLIPS = 20


def some_sounds():
    """Return a second of sound in every accepted file format."""
    return list(in_every_kind(1.0).values())


class Person:
    """A simulated user who acts now and then until stopped."""

    def __init__(self, wire, name, channel, random, pause_seconds, sounds, tally):
        self.wire, self.user, self.channel, self.random = wire, wire.person(name), channel, random
        self.pause_seconds, self.sounds, self.tally = pause_seconds, sounds, tally

    async def act_until(self, stop):
        """Act and pause in turn until `stop` is set."""
        while not stop.is_set():
            pause = self.random.expovariate(1 / self.pause_seconds)
            try:
                async with asyncio.timeout(pause):
                    await stop.wait()
            except TimeoutError:
                await self.act()

    async def act(self):
        """Do one random action; the bot may be dead at that moment."""
        if self.wire.gateway.session is None:
            return
        if self.random.random() < TOGETHER_SHARE:
            await self._act_with_others()
            return
        (action,) = self.random.choices(tuple(ACTIONS), tuple(ACTIONS.values()))
        if action == "press":
            mine = [each for each in self.channel.seen if each.buttons and self._is_mine(each)]
            if mine:
                await self._press(mine)
                return
            action = "music"
        if action == "star":
            # Anybody's clip, and more than once: a second press removes the star.
            await self._star([each for each in self.channel.seen if _stars_of(each)])
            return
        options: dict[str, Any] = {}
        if action == "mix":
            # The first clips of the run: some are deleted by now, and both may be the same.
            options = {name: str(self.random.randint(1, _MIXED_CLIPS)) for name in ("a", "b")}
        elif action not in ("cancel", "queue", "history"):
            options["seconds"] = float(self.random.randint(1, 3))
        if action not in ("cancel", "queue", "history", "random", "mix"):
            options["prompt"] = self.random.choices(PROMPTS, WEIGHTS)[0]
        if action == "takes":
            options["takes"] = self.random.randint(2, 4)
        if action == "changed mind":
            options["prompt"] = "slowly"
        if "upload" in action:
            data = self.random.choice(self.sounds)
            data = data if action == "upload" else mutated(data, self.random)
            options["clip"] = File("song.mp3", data)
        command = action if action in COMMANDS else "music"
        try:
            asked = self.wire.new_slash(self.user, self.channel, command, **options)
        except Refusal:
            # The server refuses files of this size at the moment.
            self.tally.actions[f"asked: {action}, too large"] += 1
            return
        self.tally.actions[f"asked: {action}"] += 1
        await self.wire.send(asked)
        if action == "changed mind":
            with suppress(TimeoutError):
                await self.wire.until(partial(_buttons_of, asked), TURN_WAIT_SECONDS)
                await self._press([asked.message])

    async def _act_with_others(self):
        (action,) = self.random.choices(tuple(TOGETHER), tuple(TOGETHER.values()))
        name = action.__name__.replace("_", " ")
        # The button may be gone when it is pressed, and the bot may be dead.
        try:
            async with asyncio.timeout(TURN_WAIT_SECONDS):
                is_done = await action(self)
        except TimeoutError:
            self.tally.actions[f"together: {name}, in vain"] += 1
        except (Refusal, KeyError):
            self.tally.actions[f"together: {name}, too late"] += 1
        else:
            self.tally.actions[f"together: {name}"] += is_done

    async def _star(self, messages):
        if messages:
            message = self.random.choice(messages)
            self.tally.actions["starred"] += 1
            await self.wire.send(self.wire.new_press(self.user, message, *_stars_of(message)))

    async def _press(self, messages):
        """Press a button of one of these messages, once or twice."""
        labels = {label for each in messages for label in each.buttons} & BUTTONS.keys()
        if not labels:
            return
        choices = sorted(labels)
        (label,) = self.random.choices(choices, [BUTTONS[each] for each in choices])
        message = self.random.choice([each for each in messages if label in each.buttons])
        times = 2 if self.random.random() < TWICE else 1
        self.tally.actions[f"pressed: {label}" + (", twice" if times == 2 else "")] += 1
        presses = [self.wire.new_press(self.user, message, label) for _ in range(times)]
        for press in presses:
            await self.wire.send(press)
        if label == "Delete" and not message.is_ephemeral:
            with suppress(TimeoutError):
                await self.wire.until(partial(_buttons_of, presses[0]), TURN_WAIT_SECONDS)
                await self._press([presses[0].message])

    def _is_mine(self, message):
        asked = message.interaction
        return (asked is not None and asked.user is self.user) or (
            f"<@{self.user.id}>" in message.content
        )


def _buttons_of(interaction):
    return interaction.message.buttons if interaction.message is not None else {}


def _stars_of(message):
    """Return the labels of buttons that star a clip; they have the number of its stars."""
    return [label for label in message.buttons if label.startswith("⭐")]
