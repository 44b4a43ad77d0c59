"""The people of a soak: they ask for clips, press buttons and change their minds, at random."""

from __future__ import annotations

import asyncio

PROMPTS = ("rock", "jazz", "beat", "slowly", "fail", "crash", "90s rock", "ambient")
WEIGHTS = (6, 6, 4, 4, 1, 0.3, 6, 6)
KINDS = {"music": 10, "takes": 2, "random": 3, "cancel": 2, "queue": 1}


class Person:
    """Somebody who acts now and then, until told to stop."""

    def __init__(self, wire, user, channel, random, pause_seconds):
        self.wire, self.user, self.channel, self.random = wire, user, channel, random
        self.pause_seconds = pause_seconds
        self.asked = []

    async def act_until(self, stop):
        """Act, pause, and act again."""
        while not stop.is_set():
            pause = self.random.expovariate(1 / self.pause_seconds)
            try:
                async with asyncio.timeout(pause):
                    await stop.wait()
            except TimeoutError:
                await self.act()

    async def act(self):
        """Do one thing; that the bot may be dead just now is part of it."""
        if self.wire.gateway.session is None:
            return
        (kind,) = self.random.choices(tuple(KINDS), tuple(KINDS.values()))
        options = {}
        if kind in ("music", "takes", "random"):
            options["seconds"] = float(self.random.randint(1, 3))
        if kind in ("music", "takes"):
            options["prompt"] = self.random.choices(PROMPTS, WEIGHTS)[0]
        if kind == "takes":
            options["takes"] = 2
        command = "music" if kind == "takes" else kind
        interaction = self.wire.new_slash(self.user, self.channel, command, **options)
        self.asked.append(interaction)
        await self.wire.send(interaction)
