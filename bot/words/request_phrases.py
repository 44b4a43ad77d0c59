"""Strip the words of asking, which say nothing about the music: "please make it"."""

from __future__ import annotations

import re

from bot.words.text_edits import tidy

_ASKS = re.compile(
    r"^(?:(?:please|now|ok|okay|hey|but|and|so|then|just|maybe|can you|could you|would you|"
    r"i want(?: it)?(?: to be)?|i'd like|i need|let's hear|let's|"
    r"(?:please )?(?:make|turn|change|convert|transform|do|keep|have|let)(?: (?:it|this|that|me))?"
    r"(?: (?:sound|be|more|into|to|in))*(?: (?:like|as))?|"
    r"give (?:me|it)|generate|create|play|compose|write|add(?: in)?(?: some| more)?|"
    r"in the style of|into|as|like|some|"
    r"(?:the )?same(?: thing| song| clip| music)?(?: again)?(?: but)?(?: as| in| with)?|"
    r"a (?:bit|little|touch|lot)(?: of)?(?: more)?|even more|more|"
    r"a(?! c?ap[pe]|[ -](?:flat|sharp|major|minor)\b)|an|the)"
    r"(?:\s+|[,:]\s*|$)"
    r"|请|麻烦|帮我|把它|把这首|让它|变得|变成|换成|改成|改为|做成|弄成|来一首|来一段|来点|"
    r"生成一段|做一段|做一首|写一首|给我一段|我想听|我想要一段|一段|一首|再|更加?|加上|加点|加|用)",
    re.IGNORECASE,
)
_TAILS = re.compile(
    r"[\s,.!]*(?:\b(?:please|thanks|thank you|if you can|(?:comes?|joins?)(?: in)?|enters?)|[!.]|"
    r"拜托|谢谢|吧|。)$",
    re.IGNORECASE,
)
_NOUNS = re.compile(
    r"^(?:(?:a |an |the )?(?:song|songs|track|music|beat|clip|tune|loop|instrumental|jam|piece|"
    r"version|remix|style|one|it|this|that|vibe|feel|sound|tempo|same)\s*)+$"
    r"|^(?:的|风格|风|音乐|曲子|歌曲?|版本?|乐曲|节奏|一点|一些|点)+$",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"([,;，；]\s*)")
_CHANGES = re.compile(
    r"^(?:please |now |but |and |can you |could you )*(?:make|turn|change|add|with|without|more|"
    r"less|a bit|keep|remove|drop|the same|same|no|but|put)\b"
    r"|^(?:请|再|更|加|让|把|变|换|改|不要|去掉)",
    re.IGNORECASE,
)


def strip_request(text: str) -> str:
    """Return the musical part of a text; empty if there is none."""
    parts = _CLAUSES.split(text)
    stripped = [_strip_clause(part) for part in parts[::2]]
    # Each clause with the comma before it.
    commas = ["", *parts[1::2]]
    return tidy("".join(c + part for c, part in zip(commas, stripped, strict=True) if part))


def _strip_clause(text: str) -> str:
    text, before = tidy(text), None
    while before != text:
        before = text
        text = tidy(_TAILS.sub("", _ASKS.sub("", text)))
    return "" if _NOUNS.match(text) else text


def is_change(text: str) -> bool:
    """Return whether a text asks for a change of the existing piece, not for a new one."""
    return _CHANGES.match(text.strip()) is not None
