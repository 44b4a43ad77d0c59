"""A jam on a simulated Discord over HTTP: started, and played by people who press its card."""

from __future__ import annotations

from bot.demo.discord.actions.components import submit_modal
from bot.demo.discord.channels import ChannelType

TAKE = "Take a turn"


def threads(wire):
    """Return the threads of jams, in the order in which they were opened."""
    kinds = (ChannelType.PUBLIC_THREAD,)
    return [each for each in wire.channels.values() if each.type in kinds]


def cards(thread):
    """Return the cards in a thread that are there now."""
    return [
        each
        for each in thread.messages.values()
        if any(" · jam " in str(embed.get("footer")) for embed in each.payload.get("embeds") or ())
    ]


async def start_jam(wire, person, channel, **options):
    """Start a jam, and wait for the card; return its thread."""
    known = len(threads(wire))
    asked = {"title": "Night drive", "tempo": 120, "bars": 1, "longest": 60} | options
    await wire.send(wire.new_slash(person, channel, "jam start", **asked))
    thread = await wire.until(lambda: next(iter(threads(wire)[known:]), None))
    await wire.until(lambda: cards(thread))
    return thread


async def take_turn(wire, person, thread, words):
    """Press *Take a turn* and submit a prompt; return the interaction."""
    press = wire.new_press(person, cards(thread)[-1], TAKE)
    await wire.send(press)
    await wire.until(lambda: press.modal)
    return await submit_modal(wire, person, press.id, {"words": words})
