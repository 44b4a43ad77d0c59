"""What pages say over their WebSocket, as JSON with the kind of message in `op`.

    hello  first, with the session; `instance` and `seq` of the last event where it goes on
    do     an action, with an id of the page's own; it is sent again until it is acknowledged
    ask    a question, which is asked once
    hint   what may get lost, such as that somebody types
    ping   is somebody there?

The server answers `ready` (a snapshot) or `resumed`, then `event`s; `done` or `refused` for each
action, `answer` for each question, `pong`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

MAX_MESSAGE_BYTES = 2**20
"""A message of 2,000 characters or a form fits many times."""

ClientId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Made by a page; nobody else makes the same."""
Id = Annotated[str, msgspec.Meta(pattern=r"^\d{1,20}$")]
"""A snowflake, as JSON has them."""


class Hello(msgspec.Struct, tag_field="op", tag="hello"):
    """Somebody's page is there, for the first time or again."""

    session: Annotated[str, msgspec.Meta(max_length=300)]
    locale: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    """The language of the page, which is the person's from then on."""
    instance: str | None = None
    seq: int | None = None


class Do(msgspec.Struct, tag_field="op", tag="do"):
    """Do something."""

    id: ClientId
    action: str
    data: dict[str, Any]


class Ask(msgspec.Struct, tag_field="op", tag="ask"):
    """Answer something."""

    id: ClientId
    question: str
    data: dict[str, Any]


class Hint(msgspec.Struct, tag_field="op", tag="hint"):
    """Know something."""

    action: str
    data: dict[str, Any]


class Ping(msgspec.Struct, tag_field="op", tag="ping"):
    """Say that you are there."""


Message = Hello | Do | Ask | Hint | Ping
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def read(text: str) -> Message:
    """Return what a page said. Raises msgspec.DecodeError for what is no message."""
    return _decoder.decode(text)
