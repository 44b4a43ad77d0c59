"""The page's texts in a language: a script made from the English texts and a catalog."""

from __future__ import annotations

import json

from aiohttp import web

from bot.demo.client.page_files import HEADERS, PAGE
from bot.i18n.contexts import PAGE as PAGE_CONTEXT
from bot.i18n.languages import ENGLISH, Languages
from bot.i18n.sentence import Translations

_COUNTED_TO = 200
"""A larger number takes the plural form of a smaller one with the same last two digits."""


def read_page_words(languages: Languages, locale: str) -> web.Response:
    """Return the texts of a locale as a script; English if there is no catalog."""
    code = languages.code_of(locale)
    constants = {
        "LANGUAGE": ENGLISH if code is None else code.replace("_", "-"),
        "LANGUAGES": languages.names(),
        **_words(languages.of(locale)),
    }
    text = "".join(
        f"export const {name} = {_as_script(value)};\n" for name, value in constants.items()
    )
    return web.Response(text=text, content_type="text/javascript", charset="utf-8", headers=HEADERS)


def _words(translations: Translations) -> dict[str, object]:
    english = json.loads((PAGE / "words" / "en.json").read_text(encoding="utf-8"))
    words: dict[str, object] = {}
    for name, text in english.items():
        if isinstance(text, str):
            words[name] = translations.pgettext(PAGE_CONTEXT, text)
            continue
        one, many = text
        # The distinct plural forms, and the form's index for each number.
        by_number = [translations.npgettext(PAGE_CONTEXT, one, many, n) for n in range(_COUNTED_TO)]
        forms = list(dict.fromkeys(by_number))
        words[name] = {"forms": forms, "of": [forms.index(each) for each in by_number]}
    return {"WORDS": words}


def _as_script(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
