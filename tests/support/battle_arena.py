"""A battle on a simulated server, and people's actions in it."""

from __future__ import annotations

from tests.support.simulated_server import open_server


class Arena:
    """A battle on a server, with actions of people."""

    def __init__(self, server, monkeypatch):
        self.server, self.monkeypatch = server, monkeypatch

    async def begin(self, who=None, **options):
        asked = {"prompt": "lo-fi", "seconds": 1.0, "minutes": 10, "voting": 5} | options
        result = await (who or self.server.alice).slash(self.server.channel, "battle", **asked)
        await self.server.idle()
        return result

    @property
    def progress(self):
        return self.server.bot.get_cog("Battle").progress

    async def battle(self, id_=1):
        return await self.server.store.battles.get(id_)

    async def run_due(self, seconds=0.0):
        """Advance the clock, and let the bot check its battles."""
        self.server.clock.now += seconds
        done = await self.server.bot.get_cog("Battle").run_due()
        await self.server.idle()
        return done

    def card(self, id_):
        return self.server.env.backend.messages[self.server.channel.id][id_]

    async def vote(self, who, number):
        """Vote in the latest poll."""
        polls = [each for each in self.server.channel.history() if each.poll is not None]
        await who.vote(max(polls, key=lambda each: each.id), answer=number)

    async def press(self, who, message, deed, id_=1):
        return await who.click(message, custom_id=f"zhiyin:battle:{id_}:{deed}")

    async def enter(self, who, message, words="", seed="", *, wait=True):
        """Fill in the form; return the answer."""
        result = await self.press(who, message, "enter")
        values = {"words": words, "seed": seed}
        values = {name: text for name, text in values.items() if text}
        sent = await who.submit_modal(result, values)
        if wait:
            await self.server.idle()
        return sent

    def players(self):
        return [
            each
            for each in self.server.messages()
            if any("-entry-" in file["filename"] for file in each.attachments)
        ]

    def polls(self):
        return [each for each in self.server.messages() if each.poll is not None]


def in_an_arena(test):
    """Run a test on a fresh server; SimCord must be opened and closed in one task."""

    async def run(tmp_path, monkeypatch):
        async with open_server(tmp_path) as server:
            await test(Arena(server, monkeypatch))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def to_the_vote(arena, *people, **options):
    """Start a battle with one entry of each person, up to its poll; return the card."""
    card = (await arena.begin(**options)).response
    for number, who in enumerate(people, 1):
        await arena.enter(who, card, f"words {number}", str(number))
    await arena.run_due(601)
    return card


def text_of(message):
    embeds = [each for each in message.embeds]
    parts = [message.content or ""]
    for embed in embeds:
        parts += [embed.get("title") or "", embed.get("description") or ""]
    return "\n".join(parts)
