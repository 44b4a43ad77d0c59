"""Events for each person's client, which a reconnecting client can ask for again.

An event is JSON with a number, `seq`, and a `type`:

- `message_create`, `message_update` (with a `reason`: edit, reactions, poll or thread) and
  `message_delete`; messages are Discord's, as that person sees them
- `typing`
- `interaction_sent`, `interaction_done`, `interaction_failed`, `modal`: progress of that person's
  interactions
- `channel_create`, `channel_update`, `channel_delete`, for threads and direct messages too, also
  when a change of rights shows or hides a channel
- `member_add`, `member_update`, `member_remove`, `roles_update`, `guild_update`, `bot_online`
- `voice_update`: somebody joins or leaves a voice channel
- `commands_update`: the available commands changed; fetch them again
- `removed` and `reset`: fetch everything again
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from bot.demo.discord.people import Person

KEPT_EVENTS = 2000

JsonObject = dict[str, Any]


class Feed:
    """The latest events for one person, numbered from 1."""

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self.events: deque[JsonObject] = deque(maxlen=kept_events)
        self.seq = 0
        self._new = asyncio.Event()

    def add(self, kind: str, fields: JsonObject) -> None:
        """Add an event, and wake the followers."""
        self.seq += 1
        self.events.append({"seq": self.seq, "type": kind} | fields)
        self._new.set()

    async def follow(self, after: int) -> AsyncIterator[JsonObject]:
        """Yield the events after a number, then new ones as they come; never ends by itself.

        Begins with `reset` if some of them are no longer kept, or never existed.
        """
        if after > self.seq or after < self.seq - len(self.events):
            after = self.seq
            yield {"seq": after, "type": "reset"}
        while True:
            missed = [each for each in self.events if each["seq"] > after]
            for event in missed:
                after = event["seq"]
                yield event
            if after < self.seq - len(self.events):
                after = self.seq
                yield {"seq": after, "type": "reset"}
            if after >= self.seq:
                self._new.clear()
                await self._new.wait()


class Feeds:
    """The feeds of all people who have or had a client open."""

    def __init__(self) -> None:
        self._feeds: dict[int, Feed] = {}

    def of(self, person: Person) -> Feed:
        """Return a person's feed, created on first use."""
        return self._feeds.setdefault(person.id, Feed())

    def is_open(self, person: Person) -> bool:
        """Return whether a person's events are kept."""
        return person.id in self._feeds

    def tell(self, person: Person, kind: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Add an event to a person's feed, if it is kept."""
        feed = self._feeds.get(person.id)
        if feed is not None:
            feed.add(kind, fields)
