"""HTTP error responses of the page's server, in the language of the request."""

from __future__ import annotations

from aiohttp import web

from bot.demo.client.page_files import HEADERS
from bot.i18n.languages import Languages
from bot.i18n.sentence import Sentence, Translations


def preferred_locale(request: web.Request) -> str | None:
    """Return the browser's preferred language, or None."""
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0] or None


def error_json(status: int, sentence: Sentence, translations: Translations) -> web.Response:
    """Return an error response for a request by the page's script."""
    text = sentence.render(translations)
    return web.json_response({"sentence": text}, status=status, headers=HEADERS)


def error_response(
    request: web.Request, status: int, sentence: Sentence, languages: Languages
) -> web.Response:
    """Return an error response: JSON for the page's script, plain text for a person."""
    translations = languages.of(preferred_locale(request))
    if request.path.startswith("/api/"):
        return error_json(status, sentence, translations)
    text = sentence.render(translations)
    return web.Response(status=status, text=f"{text}\n", headers=HEADERS)
