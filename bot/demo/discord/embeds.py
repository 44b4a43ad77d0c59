"""Embeds and their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.demo.discord.refusals import Problems

MOST_EMBEDS = 10
MOST_FIELDS = 25
MOST_CHARACTERS_IN_ALL = 6000
_URLS = ("http://", "https://")


def check_embeds(problems: Problems, embeds: object) -> None:
    """Check the embeds of a message."""
    listed = problems.count("embeds", embeds, MOST_EMBEDS)
    for number, each in enumerate(listed):
        _check_embed(problems, f"embeds.{number}", each)
    if sum(len(text) for each in listed for text in _texts(each)) > MOST_CHARACTERS_IN_ALL:
        problems.add(
            "embeds", "MAX_EMBED_SIZE_EXCEEDED", f"More than {MOST_CHARACTERS_IN_ALL} in all."
        )


def _check_embed(problems: Problems, path: str, embed: Mapping[str, Any]) -> None:
    problems.text(f"{path}.title", embed.get("title"), 256)
    problems.text(f"{path}.description", embed.get("description"), 4096)
    footer, author = embed.get("footer") or {}, embed.get("author") or {}
    problems.text(f"{path}.footer.text", footer.get("text"), 2048)
    problems.text(f"{path}.author.name", author.get("name"), 256)
    problems.number(f"{path}.color", embed.get("color"), 0, 0xFFFFFF)
    for number, field in enumerate(
        problems.count(f"{path}.fields", embed.get("fields"), MOST_FIELDS)
    ):
        where = f"{path}.fields.{number}"
        problems.text(f"{where}.name", field.get("name"), 256, required=True)
        problems.text(f"{where}.value", field.get("value"), 1024, required=True)
    addresses = {
        "url": (embed.get("url"), _URLS),
        "author.url": (author.get("url"), _URLS),
        "image.url": ((embed.get("image") or {}).get("url"), (*_URLS, "attachment://")),
        "thumbnail.url": ((embed.get("thumbnail") or {}).get("url"), (*_URLS, "attachment://")),
    }
    for name, (url, schemes) in addresses.items():
        if url is not None and not str(url).startswith(schemes):
            problems.add(f"{path}.{name}", "URL_TYPE_INVALID_SCHEME", "It is no address.")
    if not any(_texts(embed)) and not embed.get("image") and not embed.get("thumbnail"):
        problems.add(path, "BASE_TYPE_REQUIRED", "It is empty.")


def _texts(embed: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts that count towards the total number of characters."""
    yield str(embed.get("title") or "")
    yield str(embed.get("description") or "")
    yield str((embed.get("footer") or {}).get("text") or "")
    yield str((embed.get("author") or {}).get("name") or "")
    for field in embed.get("fields") or []:
        yield str(field.get("name") or "")
        yield str(field.get("value") or "")
