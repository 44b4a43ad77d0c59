"""Events for clients when the visibility of channels changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.demo.discord.state import Discord


def _seen(discord: Discord) -> set[tuple[int, int]]:
    now = discord.clock()
    return {
        (person.id, channel.id)
        for person in discord.people.values()
        if discord.feeds.is_open(person)
        for channel in discord.channels.values()
        if channel.is_seen_by(person, now)
    }


@contextmanager
def visibility_events(discord: Discord) -> Iterator[None]:
    """Tell clients about the channels that the block makes visible or hides."""
    before = _seen(discord)
    yield
    after = _seen(discord)
    for person_id, channel_id in sorted(before ^ after):
        person, channel = discord.people[person_id], discord.channels[channel_id]
        what = "create" if (person_id, channel_id) in after else "delete"
        rights = str(int(discord.rights_of(person, channel)))
        shown = channel.as_json(person) | {"rights": rights}
        discord.feeds.tell(person, f"channel_{what}", channel=shown)
