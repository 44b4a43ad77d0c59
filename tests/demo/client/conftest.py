"""A small Discord with three people, and the page's server in front of it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.demo.client.serving import open_site
from bot.demo.discord.rights import Right
from bot.demo.discord.server import open_discord

PATIENCE_SECONDS = 60.0


class Tab:
    """A page's WebSocket: what it receives, and what it sends."""

    def __init__(self, socket):
        self.socket = socket
        self.heard = []
        self.snapshot = None

    async def say(self, **message):
        await self.socket.send_str(json.dumps(message))

    async def hear(self, op, **fields):
        """Return the next message of a kind; others are skipped."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frame = await self.socket.receive()
                assert frame.type is aiohttp.WSMsgType.TEXT, f"closed: {frame}"
                message = json.loads(frame.data)
                self.heard.append(message)
                if message["op"] == op and fields.items() <= message.items():
                    return message

    async def hear_event(self, kind):
        """Return the next event of a type."""
        while (event := (await self.hear("event"))["event"])["type"] != kind:
            pass
        return event

    async def do(self, action, id_="an id of the page's", **data):
        """Do an action, and return its result."""
        await self.say(op="do", id=id_, action=action, data=data)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = json.loads((await self.socket.receive()).data)
                self.heard.append(message)
                if message.get("id") == id_:
                    return message

    async def ask(self, question, **data):
        await self.say(op="ask", id="a question", question=question, data=data)
        return await self.hear("answer", id="a question")

    async def closed_with(self):
        """Return the code with which the server closes the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await self.socket.receive()).type.name.startswith("CLOSE"):
                pass
        return self.socket.close_code


class Visitor:
    """A browser that talks to the page's server."""

    def __init__(self, site, http):
        self.site, self.http = site, http
        self.origin = {"Origin": site.base}

    async def session(self, name):
        async with self.http.post(
            f"{self.site.base}/api/session", json={"person": name}, headers=self.origin
        ) as answer:
            return (await answer.json())["session"]

    @asynccontextmanager
    async def tab(self, name, *, hello=None, session=None):
        """Open a tab of a person, which has received its snapshot unless it resumes."""
        session = session or await self.session(name)
        async with self.http.ws_connect(
            f"{self.site.base}/api/tab", headers=self.origin, autoclose=False
        ) as socket:
            tab = Tab(socket)
            await tab.say(op="hello", session=session, **(hello or {}))
            if hello is None:
                tab.snapshot = await tab.hear("ready")
            yield tab

    async def upload(self, name, body, id_="an upload", file="hum.wav"):
        return await self.http.put(
            f"{self.site.base}/api/uploads/{id_}",
            params={"name": file, "type": "audio/wav"},
            headers={**self.origin, "X-Session": await self.session(name)},
            data=body,
        )


@pytest.fixture
async def discord():
    async with open_discord() as discord:
        yield discord


@pytest.fixture
def people(discord):
    manager = discord.add_role("Manager", Right.MANAGE_GUILD | Right.MANAGE_MESSAGES)
    return {
        "you": discord.owner,
        "anna": discord.add_person("Anna", roles=[manager]),
        "robin": discord.add_person("Robin"),
    }


@pytest.fixture
def channel(discord):
    return discord.add_channel("music")


@pytest.fixture
async def site(discord, people, channel):
    async with open_site(discord, people) as site:
        yield site


@pytest.fixture
async def visitor(site):
    async with aiohttp.ClientSession() as http:
        yield Visitor(site, http)
