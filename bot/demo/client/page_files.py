"""The files of the page, which are part of the bot, and what a browser is told about them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parents[1] / "page"

# Types by suffix that do not depend on what the system knows.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

HEADERS: Mapping[str, str] = {
    # Scripts, styles and sounds of our own only; nothing is fetched from elsewhere, no text can
    # become a script, and no other page can put this one in a frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # A tab that is open over an update must not mix old files with new ones.
    "Cache-Control": "no-cache",
}


def read_page_file(path: str, page: Path = PAGE) -> web.Response:
    """Return a file of the page. Raises HTTPNotFound for what is none of them."""
    file = (page / path).resolve()
    if not file.is_relative_to(page.resolve()) or file.suffix not in _TYPES or not file.is_file():
        raise web.HTTPNotFound
    body, kind = file.read_bytes(), _TYPES[file.suffix]
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)


def read_index(page: Path = PAGE) -> web.Response:
    """Return the page, and tell the browser at once which scripts it will want.

    It would else learn of them one after the other, each from the one that imports it.
    """
    answer = read_page_file("index.html", page)
    modules = sorted(page.glob("script/*.js"))
    links = (f"</page/{file.relative_to(page)}>; rel=modulepreload" for file in modules)
    answer.headers["Link"] = ", ".join(links)
    return answer
