"""The page's static files and their response headers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parents[1] / "page"

# Content types by suffix, independent of the system's table.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

HEADERS: Mapping[str, str] = {
    # Own scripts, styles and sounds only: nothing is fetched from elsewhere, no text can become a
    # script, and no other page can put this one in a frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Revalidated at each load, so that an update never mixes old and new files in a tab.
    "Cache-Control": "no-cache",
}


def read_page_file(path: str, page: Path = PAGE) -> web.Response:
    """Return a static file of the page. Raises HTTPNotFound for any other name."""
    file = (page / path).resolve()
    if not file.is_relative_to(page.resolve()) or file.suffix not in _TYPES or not file.is_file():
        raise web.HTTPNotFound
    body, kind = file.read_bytes(), _TYPES[file.suffix]
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)


def read_index(page: Path = PAGE) -> web.Response:
    """Return the page with preload headers for its scripts.

    Otherwise the browser would discover them one by one, through their imports.
    """
    answer = read_page_file("index.html", page)
    modules = sorted(page.glob("script/*.js"))
    links = (f"</page/{file.relative_to(page)}>; rel=modulepreload" for file in modules)
    answer.headers["Link"] = ", ".join(links)
    return answer
