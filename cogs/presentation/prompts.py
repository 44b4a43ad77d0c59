"""Clean prompts for the model, and escape them for messages."""

from __future__ import annotations

import re
import unicodedata

import discord

from bot.i18n.sentence import Sentence, verbatim

RANDOM_CLIP = Sentence("a random clip")

_SHOWN_PROMPT = 200
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joiners that Persian words and emoji need.
_JOINERS = {"\u200d", "\ufe0f"}


def clean_prompt(text: str | None) -> str | None:
    """Remove invisible characters and collapse spaces; return None if no meaning is left."""
    if text is None:
        return None
    composed = unicodedata.normalize("NFC", text)
    seen = (
        " "
        if character.isspace()
        else character
        if character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
        else ""
        for character in composed
    )
    words = "".join(seen).strip().split()
    joined = " ".join(words)
    has_meaning = any(unicodedata.category(c)[0] in "LNSP" for c in joined)
    return joined if has_meaning else None


def quote_prompt(prompt: str | None, most: int = _SHOWN_PROMPT) -> Sentence:
    """Return a prompt for a message: shortened, with markup and mentions escaped."""
    if prompt is None:
        return RANDOM_CLIP
    return verbatim(escape(prompt, most))


def shorten(text: str, most: int) -> str:
    """Return a text of at most so many characters; what is cut off is marked."""
    return text if len(text) <= most else text[: most - 1] + "…"


def hidden_code(text: str) -> Sentence:
    """Return a text as code, exactly as it is, behind a spoiler where Discord can hide it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if "`" in text else ""
    code = f"{fence}{space}{text}{space}{fence}"
    # Two bars in the code would end the spoiler.
    return verbatim(code if "||" in text else f"||{code}||")


def escape(text: str, most: int = _SHOWN_PROMPT) -> str:
    """Shorten a text and escape its markup, mentions and links."""
    short = shorten(text, most)
    # The bot's messages never ping; this also prevents mentions from being rendered.
    plain = discord.utils.escape_markdown(short).replace("<", "\\<").replace("@", "@\u200b")
    return plain.replace("://", ":\u200b//")
