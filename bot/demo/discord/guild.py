"""A server: roles, members, bans and settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.people import Member, Person, Role
from bot.demo.discord.rights import EVERYONE, Right, overall_rights

_MIB = 2**20
_BYTES_BY_TIER = {0: 10 * _MIB, 1: 10 * _MIB, 2: 50 * _MIB, 3: 100 * _MIB}


@dataclass(eq=False)
class Guild:
    """A server."""

    id: int
    name: str
    owner: Person
    locale: str = "en-US"
    tier: int = 0
    """The boost level, 0 to 3."""
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    banned: set[int] = field(default_factory=set)
    command_rights: dict[int, dict[int, bool]] = field(default_factory=dict)
    """Command permissions: by command id, then by id of a role, member or channel."""

    def __post_init__(self) -> None:
        """Create the @everyone role."""
        self.roles.setdefault(self.id, Role(self.id, "@everyone", EVERYONE, position=0))

    @property
    def max_file_bytes(self) -> int:
        """The maximum size of an upload."""
        return _BYTES_BY_TIER[self.tier]

    def rights_of(self, member: Member) -> Right:
        """Return a member's rights from roles alone, without channel overwrites."""
        ids = (self.id, *member.role_ids)
        given = [self.roles[each].rights for each in ids if each in self.roles]
        return overall_rights(given, is_owner=member.person is self.owner)

    def as_json(self) -> dict[str, Any]:
        """Return it as Discord's JSON, without channels and members."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner.id),
            "roles": [role.as_json() for role in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": [],
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": self.tier,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.locale,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "member_count": len(self.members),
            "approximate_member_count": len(self.members),
        }
