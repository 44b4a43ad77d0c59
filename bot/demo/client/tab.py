"""The connection of one tab: send events, perform actions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from bot.demo.client.action import Action, ActionContext
from bot.demo.client.actions import ACTIONS, HINTS
from bot.demo.client.done_actions import DoneActions, Outcome
from bot.demo.client.protocol import Ask, Do, Hello, Hint, Ping, read
from bot.demo.client.questions import QUESTIONS
from bot.demo.client.refusal_sentences import sentence_of
from bot.demo.client.snapshot import snapshot_of
from bot.demo.client.uploads import Uploads
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.state import Discord
from bot.errors import RequestError
from bot.i18n.languages import Languages
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

UNKNOWN_SESSION = 4001
"""Close code for a session of another run of the demo."""
NO_MESSAGE = 4002
"""Close code for an invalid message."""

_NOT_DONE = Sentence("That did not work, and it is this demo's fault. Its log says why.")
_UNKNOWN = Sentence("This page is from another version of the demo: please reload it.")


class PersonState:
    """A person's state, shared by all their tabs."""

    def __init__(self) -> None:
        self.done = DoneActions()
        self.uploads = Uploads()


class Tab:
    """One tab of a person, after its hello."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        discord: Discord,
        person: Person,
        people: Mapping[str, Person],
        desk: PersonState,
        languages: Languages,
    ) -> None:
        self._socket, self._languages = socket, languages
        self._discord, self._person, self._people = discord, person, people
        self._desk = desk

    async def serve(self, hello: Hello, status: Sentence | None = None) -> None:
        """Serve the tab until it disconnects."""
        await self.show_status(status)
        tasks = {asyncio.create_task(self._guard(partial(self._follow, hello)))}
        try:
            async for frame in self._socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    continue
                try:
                    message = read(frame.data)
                except msgspec.DecodeError:
                    await self._socket.close(code=NO_MESSAGE)
                    break
                task = asyncio.create_task(self._guard(partial(self._handle, message)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self, work: Callable[[], Awaitable[None]]) -> None:
        """Close the connection on an unexpected error; the page then reconnects."""
        try:
            await work()
        except Exception:
            log.exception("demo.tab_failed")
            await self._socket.close(code=aiohttp.WSCloseCode.INTERNAL_ERROR)

    async def show_status(self, status: Sentence | None) -> None:
        """Send the bot's status."""
        await self._send(op="status", text="" if status is None else self._read(status))

    async def _follow(self, hello: Hello) -> None:
        """Send events to the tab, from its last one or from a snapshot."""
        after = hello.seq if hello.instance == self._discord.instance else None
        if after is None:
            after = await self._send_snapshot()
        else:
            await self._send(op="resumed")
        async for event in self._discord.subscribe(self._person, after=after):
            if self._starts_over(event):
                await self._send_snapshot()
            else:
                await self._send(op="event", event=event)

    def _starts_over(self, event: dict[str, Any]) -> bool:
        """Return whether an event requires a new snapshot."""
        joins = event["type"] == "member_add"
        is_own = joins and event["member"]["user"]["id"] == str(self._person.id)
        return is_own or event["type"] in _START_OVER

    async def _send_snapshot(self) -> int:
        snapshot = snapshot_of(self._discord, self._person, self._people, self._read)
        await self._send(op="ready", **snapshot)
        return int(snapshot["seq"])

    async def _handle(self, message: object) -> None:
        match message:
            case Do(id, action, data):
                outcome = await self._desk.done.do_once(
                    id, lambda: self._run(ACTIONS.get(action), data, id)
                )
                await self._tell("done", "refused", id, outcome)
            case Ask(id, question, data):
                run = QUESTIONS.get(question)
                outcome = await self._run(run, data, None)
                await self._tell("answer", "answer", id, outcome)
            case Hint(action, data):
                await self._run(HINTS.get(action), data, None)
            case Ping():
                await self._send(op="pong")

    async def _run(self, action: Action | None, data: dict[str, Any], nonce: str | None) -> Outcome:
        if action is None:
            return _UNKNOWN
        doer = ActionContext(self._discord, self._person, self._desk.uploads, nonce)
        try:
            return await action.do(doer, data)
        except Refusal as refusal:
            return sentence_of(refusal)
        except RequestError as error:
            return error.sentence
        except msgspec.ValidationError as error:
            log.warning("demo.action_malformed %s", error)
            return _UNKNOWN
        except Exception:
            log.exception("demo.action_failed")
            return _NOT_DONE

    async def _tell(self, done: str, refused: str, id_: str, outcome: Outcome) -> None:
        if isinstance(outcome, Sentence):
            await self._send(op=refused, id=id_, sentence=self._read(outcome))
        else:
            await self._send(op=done, id=id_, result=outcome)

    def _read(self, sentence: Sentence) -> str:
        return sentence.render(self._languages.of(self._person.locale))

    async def _send(self, **message: object) -> None:
        """Send a message; a tab that has gone asks again when it reconnects."""
        if not self._socket.closed:
            try:
                await self._socket.send_str(msgspec.json.encode(message).decode())
            except ConnectionError:
                log.info("demo.tab_gone")


_START_OVER = {"reset", "removed"}
