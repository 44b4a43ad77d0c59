"""The server of the demo's page: the page itself, a WebSocket for each tab, uploads and files.

    async with open_site(discord, {"anna": anna, "robin": robin}) as site:
        print(site.address_of("anna"))

On loopback it asks for nothing. On another address it wants a secret: `site.address_of` has it in
the address, and a browser that was there once keeps a cookie instead.
"""

from __future__ import annotations

import logging
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp import web

from bot.demo.client.access_control import AccessControl
from bot.demo.client.error_responses import error_json, error_response, preferred_locale
from bot.demo.client.page_files import HEADERS, read_index, read_page_file
from bot.demo.client.page_words import read_page_words
from bot.demo.client.protocol import MAX_MESSAGE_BYTES, Hello, read
from bot.demo.client.sessions import Sessions
from bot.demo.client.snapshot import max_upload_bytes
from bot.demo.client.tab import NO_MESSAGE, UNKNOWN_SESSION, PersonState, Tab
from bot.demo.client.uploads import too_large
from bot.demo.client.voice_stream import VoiceStreams
from bot.demo.discord.actions.membership import set_locale
from bot.demo.discord.command_limits import LOCALES
from bot.demo.discord.people import Person
from bot.demo.discord.server import file_handler
from bot.demo.discord.state import Discord
from bot.errors import RequestError
from bot.i18n.languages import load_languages
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEARTBEAT_SECONDS = 20.0
_HELLO_SECONDS = 20.0
_CHUNK_BYTES = 2**16
_MOST_ID_CHARACTERS = 64

_FOREIGN = Sentence("This is not an address of the demo. Open the one that it printed.")
_NO_SECRET = Sentence("Open the whole address that the demo printed: the secret is part of it.")
_NOBODY = Sentence("Nobody here is called {name}. Open the address that the demo printed.")
_NO_SESSION = Sentence("This tab is from an earlier run of the demo: please reload it.")


class Site:
    """The page's server, and the people who can use it."""

    def __init__(
        self, discord: Discord, people: Mapping[str, Person], *, secret: str | None = None
    ) -> None:
        self.discord, self.people = discord, people
        self._languages = load_languages()
        self.base = ""
        self._admission = AccessControl(secret)
        self._sessions = Sessions(people)
        self._voice = VoiceStreams(discord, self._sessions)
        self._desks: defaultdict[int, PersonState] = defaultdict(PersonState)
        self._lines: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self._tabs: weakref.WeakSet[Tab] = weakref.WeakSet()
        self._status: Sentence | None = None

    def address_of(self, name: str) -> str:
        """Return the address that opens the page as a person."""
        secret = self._admission.secret
        query = "" if secret is None else f"?secret={quote(secret)}"
        return f"{self.base}/as/{quote(name)}{query}"

    def app(self) -> web.Application:
        """Return the application: routes, and the access checks before them."""
        app = web.Application(middlewares=[self._check])
        app.add_routes(
            [
                web.get("/", self._redirect),
                web.get("/as/{name}", self._page),
                web.get("/page/words/{locale}.js", self._page_words),
                web.get("/page/{path:.+}", self._page_file),
                web.post("/api/session", self._session),
                web.put("/api/uploads/{id}", self._upload),
                web.get("/api/tab", self._tab),
                web.get("/api/voice", self._voice.handle),
                web.get("/attachments/{id}/{name}", file_handler(self.discord)),
            ]
        )
        return app

    async def show_status(self, status: Sentence | None) -> None:
        """Show the bot's status in every tab, such as that it is starting; None if all is well."""
        self._status = status
        for tab in list(self._tabs):
            await tab.show_status(status)

    async def close(self) -> None:
        """Close all connections, so that an open tab does not delay the shutdown."""
        for line in list(self._lines):
            await line.close(code=aiohttp.WSCloseCode.GOING_AWAY)
        await self._voice.close()

    @property
    def _cookie(self) -> str:
        # Cookies ignore ports, and a machine may run two demos.
        return f"zhiyin-demo-{self.base.rpartition(':')[2]}"

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        admission, host = self._admission, request.host
        upgrade = "upgrade" in request.headers.get("Connection", "").lower()
        origin = request.headers.get("Origin")
        is_ours = admission.knows_host(host) and admission.knows_origin(
            origin, host, method=request.method, upgrade=upgrade
        )
        if not is_ours:
            log.warning("demo.foreign_request %s", request.path)
            return error_response(request, 403, _FOREIGN, self._languages)
        given = request.query.get("secret")
        asks = given is not None and request.method == "GET" and admission.secret is not None
        if asks and admission.is_secret(given or ""):
            return self._admit(request)
        if not admission.admits(request.cookies.get(self._cookie)):
            return error_response(request, 401, _NO_SECRET, self._languages)
        return await handler(request)

    def _admit(self, request: web.Request) -> web.Response:
        """Set the secret's cookie, and redirect to the address without the secret."""
        # An address that begins with two slashes would redirect to another host.
        here = "/" + quote(request.path.lstrip("/\\"), safe="/")
        answer = web.Response(status=302, headers={"Location": here, **HEADERS})
        # Lax, since a link sent to a friend is opened from another site.
        answer.set_cookie(
            self._cookie, self._admission.cookie.decode(), httponly=True, samesite="Lax"
        )
        return answer

    async def _redirect(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/as/{quote(next(iter(self.people)))}")

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.people:
            return error_response(request, 404, _NOBODY.fill(name=name), self._languages)
        return read_index()

    async def _page_file(self, request: web.Request) -> web.Response:
        return read_page_file(request.match_info["path"])

    async def _page_words(self, request: web.Request) -> web.Response:
        return read_page_words(self._languages, request.match_info["locale"])

    async def _session(self, request: web.Request) -> web.Response:
        try:
            name = str(msgspec.json.decode(await request.read())["person"])
        except (msgspec.DecodeError, TypeError, KeyError):
            raise web.HTTPBadRequest from None
        session = self._sessions.open(name)
        if session is None:
            return error_json(
                404, _NOBODY.fill(name=name), self._languages.of(preferred_locale(request))
            )
        return web.json_response({"session": session})

    async def _upload(self, request: web.Request) -> web.Response:
        found = self._sessions.read(request.headers.get("X-Session", ""))
        if found is None:
            return error_json(401, _NO_SESSION, self._languages.of(preferred_locale(request)))
        upload_id, most_bytes = request.match_info["id"], max_upload_bytes(self.discord)
        if len(upload_id) > _MOST_ID_CHARACTERS:
            raise web.HTTPBadRequest
        try:
            if (request.content_length or 0) > most_bytes:
                raise too_large(most_bytes)
            await self._desks[found[1].id].uploads.take(
                upload_id,
                request.query.get("name", ""),
                request.query.get("type"),
                request.content.iter_chunked(_CHUNK_BYTES),
                most_bytes,
            )
        except RequestError as error:
            return error_json(413, error.sentence, self._languages.of(found[1].locale))
        return web.json_response({})

    async def _tab(self, request: web.Request) -> web.StreamResponse:
        line = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_SECONDS, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        await line.prepare(request)
        self._lines.add(line)
        hello = await _hello(line)
        if hello is None:
            await line.close(code=NO_MESSAGE)
            return line
        found = self._sessions.read(hello.session)
        if found is None:
            await line.close(code=UNKNOWN_SESSION)
            return line
        _, person = found
        if hello.locale in LOCALES:
            set_locale(self.discord, person, hello.locale)
        tab = Tab(line, self.discord, person, self.people, self._desks[person.id], self._languages)
        self._tabs.add(tab)
        try:
            await tab.serve(hello, self._status)
        finally:
            # A person who joined voice and left at once may never have requested the sound.
            self._voice.note_gone(person)
        return line


async def _hello(line: web.WebSocketResponse) -> Hello | None:
    """Return the hello of a tab, or None for another message or a timeout."""
    try:
        frame = await line.receive(timeout=_HELLO_SECONDS)
    except TimeoutError:
        return None
    if frame.type is not aiohttp.WSMsgType.TEXT:
        return None
    try:
        message = read(frame.data)
    except msgspec.DecodeError:
        return None
    return message if isinstance(message, Hello) else None
