"""Rights: from roles, and from channel overwrites."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Right(IntFlag):
    """The rights that the bot or the demo use, with Discord's numbers."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    CREATE_EXPRESSIONS = 1 << 43
    SEND_VOICE_MESSAGES = 1 << 46
    SET_VOICE_CHANNEL_STATUS = 1 << 48
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51


NONE = Right(0)
ALL = Right((1 << 53) - 1)

EVERYONE = (
    Right.ADD_REACTIONS
    | Right.VIEW_CHANNEL
    | Right.SEND_MESSAGES
    | Right.EMBED_LINKS
    | Right.ATTACH_FILES
    | Right.READ_MESSAGE_HISTORY
    | Right.USE_EXTERNAL_EMOJIS
    | Right.CONNECT
    | Right.SPEAK
    | Right.SET_VOICE_CHANNEL_STATUS
    | Right.CHANGE_NICKNAME
    | Right.USE_APPLICATION_COMMANDS
    | Right.CREATE_PUBLIC_THREADS
    | Right.CREATE_PRIVATE_THREADS
    | Right.SEND_MESSAGES_IN_THREADS
    | Right.CREATE_EXPRESSIONS
    | Right.SEND_VOICE_MESSAGES
    | Right.SEND_POLLS
    | Right.USE_EXTERNAL_APPS
)
"""The rights of @everyone on a new server."""

IN_DIRECT_MESSAGES = (
    Right.ADD_REACTIONS
    | Right.VIEW_CHANNEL
    | Right.SEND_MESSAGES
    | Right.EMBED_LINKS
    | Right.ATTACH_FILES
    | Right.READ_MESSAGE_HISTORY
    | Right.MENTION_EVERYONE
    | Right.USE_EXTERNAL_EMOJIS
    | Right.USE_APPLICATION_COMMANDS
    | Right.SEND_VOICE_MESSAGES
    | Right.SEND_POLLS
)

_WHILE_TIMED_OUT = Right.VIEW_CHANNEL | Right.READ_MESSAGE_HISTORY


@dataclass(frozen=True)
class Overwrite:
    """A channel's overwrite for a role or a member."""

    id: int
    is_member: bool = False
    allow: Right = NONE
    deny: Right = NONE

    def as_json(self) -> dict[str, object]:
        """Return it as Discord's JSON."""
        return {
            "id": str(self.id),
            "type": int(self.is_member),
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


def overall_rights(roles: Iterable[Right], *, is_owner: bool) -> Right:
    """Return a person's rights on a server, without channel overwrites."""
    rights = NONE
    for each in roles:
        rights |= each
    return ALL if is_owner or rights & Right.ADMINISTRATOR else rights


def rights_in_channel(
    base: Right,
    overwrites: Iterable[Overwrite],
    *,
    everyone_id: int,
    role_ids: Iterable[int],
    member_id: int,
    is_timed_out: bool = False,
) -> Right:
    """Return rights in a channel: overwrites of @everyone, then of roles, then of the member."""
    if base & Right.ADMINISTRATOR:
        return ALL
    by_id = {each.id: each for each in overwrites}
    rights = base
    everyone = by_id.get(everyone_id)
    if everyone is not None:
        rights = rights & ~everyone.deny | everyone.allow
    allow = deny = NONE
    for role_id in role_ids:
        found = by_id.get(role_id)
        if found is not None and role_id != everyone_id:
            allow, deny = allow | found.allow, deny | found.deny
    rights = rights & ~deny | allow
    own = by_id.get(member_id)
    if own is not None:
        rights = rights & ~own.deny | own.allow
    if is_timed_out:
        rights &= _WHILE_TIMED_OUT
    # Without the right to view a channel, all others are void.
    return rights if rights & Right.VIEW_CHANNEL else NONE
