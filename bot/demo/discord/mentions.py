"""Mentions in messages, and whom they notify."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.demo.discord.refusals import Problems

_PERSON = re.compile(r"<@!?(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_KINDS = {"users", "roles", "everyone"}
_MOST_LISTED = 100


@dataclass(frozen=True)
class Mentioned:
    """Who is notified by a message."""

    person_ids: tuple[int, ...] = ()
    everyone: bool = False


def find_mentioned(
    text: str,
    allowed: Mapping[str, Any] | None,
    *,
    may_mention_everyone: bool,
    replied_to: int | None = None,
) -> Mentioned:
    """Return who is notified by a text: everyone it mentions, unless `allowed` restricts it.

    `replied_to` is the author of the message that it replies to.
    """
    named = [int(found) for found in _PERSON.findall(text)]
    if allowed is not None and "users" not in (allowed.get("parse") or []):
        listed = {int(each) for each in allowed.get("users") or []}
        named = [each for each in named if each in listed]
    pings = allowed is None or bool(allowed.get("replied_user", False))
    if replied_to is not None and pings:
        named.append(replied_to)
    everyone = may_mention_everyone and bool(_EVERYONE.search(text))
    if allowed is not None and "everyone" not in (allowed.get("parse") or []):
        everyone = False
    return Mentioned(tuple(dict.fromkeys(named)), everyone)


def check_allowed_mentions(problems: Problems, allowed: object) -> None:
    """Check a message's `allowed_mentions`."""
    if allowed is None:
        return
    if not isinstance(allowed, Mapping):
        problems.add("allowed_mentions", "DICT_TYPE_CONVERT", "It has to be an object.")
        return
    kinds = problems.count("allowed_mentions.parse", allowed.get("parse"), len(_KINDS))
    for number, each in enumerate(kinds):
        if each not in _KINDS:
            problems.add(f"allowed_mentions.parse.{number}", "BASE_TYPE_CHOICES", "No such kind.")
    for name in ("users", "roles"):
        listed: Sequence[Any] = problems.count(
            f"allowed_mentions.{name}", allowed.get(name), _MOST_LISTED
        )
        if listed and name in kinds:
            problems.add(
                "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "All, or a list."
            )
