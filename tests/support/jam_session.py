"""A jam on a simulated Discord: people start it, take turns, and look at its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.simulated_server import SimulatedServer, custom_ids


@dataclass
class Session:
    """An open jam, and the server that it is on."""

    server: SimulatedServer
    id: int
    thread: Any

    async def snapshot(self):
        return await self.server.store.jams.snapshot(self.id)

    async def card(self):
        """Return the current card."""
        snapshot = await self.snapshot()
        return self.messages()[snapshot.jam.card_id]

    async def shown_card(self):
        """Return the card as a discord.py message, to press its buttons or delete it."""
        place = self.server.bot.get_channel(self.thread.id)
        return await place.fetch_message((await self.snapshot()).jam.card_id)

    def messages(self):
        """Return the messages in the thread, by their ids."""
        return self.server.env.backend.messages[self.thread.id]

    def cards(self):
        """Return the ids of all cards of the jam in its thread."""
        foot = f"AI-generated · jam {self.id}"
        return [
            id_
            for id_, each in self.messages().items()
            if any((embed.get("footer") or {}).get("text") == foot for embed in each.embeds)
        ]

    async def labels(self):
        """Return the labels of the buttons under the card."""
        rows = (await self.card()).components
        return [button["label"] for row in rows for button in row["components"]]

    async def settle(self):
        """Wait until all work is done and the card is up to date."""
        await self.server.idle()
        await self.server.bot.get_cog("JamSessions").progress.run_due()

    async def press(self, who, label):
        result = await who.click(await self.shown_card(), label=label)
        await self.settle()
        return result

    async def play(self, who, words="rock"):
        """Take a turn with a prompt."""
        form = await self.press(who, "Take a turn")
        assert form.modal is not None, form.response.content
        return await self.say(who, form, words)

    async def say(self, who, form, words="rock"):
        (field,) = custom_ids(form.modal)
        result = await who.submit_modal(form, {field: words})
        await self.settle()
        return result


def last_response(result):
    """Return the last response to an interaction."""
    return result.followups[-1] if result.followups else result.response


async def start_session(server, who=None, **options):
    """Start a jam, and wait for its card."""
    asked = {"title": "Night drive", "tempo": 120, "bars": 1, "longest": 20} | options
    result = await (who or server.alice).slash(server.channel, "jam start", **asked)
    await server.idle()
    (*_, jam) = await server.store.jams.open_in(server.guild.id)
    (thread,) = [each for each in server.channel.threads if each.id == jam.thread_id]
    assert f"<#{thread.id}>" in last_response(result).content
    return Session(server, jam.id, thread)
