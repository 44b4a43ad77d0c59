"""The first clip, ordered by one of the demo's people as soon as the bot is ready."""

from __future__ import annotations

import logging
from typing import Any

from bot.demo.discord import reading
from bot.demo.discord.actions import commands
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.state import Discord
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

PROMPT = Sentence("lo-fi hip hop with electric piano, 80 BPM")
SEED = 7
SECONDS = 6.0
"""Short, so that it is ready soon."""

_COMMAND = "music"


async def order_first_clip(discord: Discord, who: Person, channel_id: int, prompt: str) -> None:
    """Wait for the bot and its commands, then order a clip as a person would."""
    command = await _offered(discord, who, channel_id)
    options: list[dict[str, Any]] = [
        {"name": "prompt", "value": prompt},
        {"name": "seconds", "value": SECONDS},
        {"name": "seed", "value": SEED},
    ]
    try:
        await commands.use_command(discord, who, channel_id, int(command["id"]), options)
    except Refusal as refusal:  # the demo continues without it
        log.warning("demo.no_first_clip %s", refusal)


async def _offered(discord: Discord, who: Person, channel_id: int) -> dict[str, Any]:
    """Return the command once it is offered to a person and the bot is connected."""
    events = discord.subscribe(who)
    while True:
        offered = reading.commands_for(discord, who, channel_id)
        found = next((each for each in offered if each["name"] == _COMMAND), None)
        if found is not None and discord.gateway.is_connected:
            return found
        await anext(events)
