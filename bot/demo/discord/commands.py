"""The commands that the bot has registered, and who may use them where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.demo.discord.channels import Channel
from bot.demo.discord.command_limits import SLASH, check_commands
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.snowflakes import made_at

IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2
GUILD_INSTALL, USER_INSTALL = 0, 1

Command = dict[str, Any]

MOST_CREATIONS_A_DAY = 200


class Commands:
    """The commands of one app: global ones, and those of single servers."""

    def __init__(self, app_id: int, next_id: Callable[[], int]) -> None:
        self._app_id, self._next_id = app_id, next_id
        self.scopes: dict[int | None, dict[int, Command]] = {}
        self._created: dict[int | None, list[int]] = {}
        """Ids of created commands, which contain their times."""

    def all_in(self, guild_id: int | None) -> list[Command]:
        """Return the commands of a server, or the global ones for None."""
        return list(self.scopes.get(guild_id, {}).values())

    def everything(self) -> Iterator[Command]:
        """Yield the commands of all scopes."""
        for scope in self.scopes.values():
            yield from scope.values()

    def find(self, command_id: int) -> Command:
        """Return a command. Raises Refusal."""
        for scope in self.scopes.values():
            if command_id in scope:
                return scope[command_id]
        raise Refusal(404, 10063)

    def named(self, name: str) -> Command:
        """Return a slash command by name. Raises Refusal."""
        for each in self.everything():
            if each["name"] == name and each["type"] == SLASH:
                return each
        raise Refusal(404, 10063)

    def replace(self, guild_id: int | None, commands: Sequence[Mapping[str, Any]]) -> list[Command]:
        """Replace all commands of a scope. Raises Refusal."""
        check_commands(commands)
        known = {(each["type"], each["name"]): each for each in self.all_in(guild_id)}
        names = {(each.get("type") or SLASH, each["name"]) for each in commands}
        self._count_creations(guild_id, len(names - known.keys()))
        stored = [self._stored(each, known, guild_id) for each in commands]
        self.scopes[guild_id] = {int(each["id"]): each for each in stored}
        return stored

    def _count_creations(self, guild_id: int | None, count: int) -> None:
        """Record that commands are created. Raises Refusal for too many in a day."""
        now = self._next_id()
        day_ago = made_at(now) - 86_400.0
        recent = [each for each in self._created.get(guild_id, ()) if made_at(each) > day_ago]
        if len(recent) + count > MOST_CREATIONS_A_DAY:
            raise Refusal(400, 30034)
        self._created[guild_id] = recent + [now] * count

    def add(self, guild_id: int | None, entry: Mapping[str, Any]) -> Command:
        """Add a command, replacing one of the same name. Raises Refusal."""
        name = (entry.get("type") or SLASH, entry.get("name"))
        others = [each for each in self.all_in(guild_id) if (each["type"], each["name"]) != name]
        return self.replace(guild_id, [*others, entry])[-1]

    def remove(self, guild_id: int | None, command_id: int) -> None:
        """Remove a command. Raises Refusal."""
        if self.scopes.get(guild_id, {}).pop(command_id, None) is None:
            raise Refusal(404, 10063)

    def _stored(
        self,
        sent: Mapping[str, Any],
        known: Mapping[tuple[int, str], Command],
        guild_id: int | None,
    ) -> Command:
        kind = sent.get("type") or SLASH
        before = known.get((kind, sent["name"]))
        given = {name: value for name, value in sent.items() if name not in ("id", "version")}
        usual: Command = {
            "type": kind,
            "description": "",
            "options": [],
            "default_member_permissions": None,
            "dm_permission": True,
            "nsfw": False,
            "name_localizations": None,
            "description_localizations": None,
            "contexts": None,
            "integration_types": [GUILD_INSTALL],
        }
        command = usual | given | {"type": kind, "application_id": str(self._app_id)}
        rights = command["default_member_permissions"]
        command["default_member_permissions"] = None if rights is None else str(rights)
        if guild_id is not None:
            command["guild_id"] = str(guild_id)
        if before is not None and all(before.get(key) == command[key] for key in command):
            return before
        command["id"] = before["id"] if before else str(self._next_id())
        command["version"] = str(self._next_id())
        return command


def may_use(command: Command, person: Person, channel: Channel, rights: Right, app: Person) -> bool:
    """Return whether a command is offered to a person with these rights in a channel."""
    installs = set(command["integration_types"] or [GUILD_INSTALL])
    guild = channel.guild
    if guild is None:
        place = IN_BOT_DM if app in channel.recipients else IN_PRIVATE
        # In direct messages with the bot: everybody who shares a server with it.
        ways = installs if place == IN_BOT_DM else installs & {USER_INSTALL}
        is_installed = bool(ways) and (place == IN_BOT_DM or person.has_app)
    else:
        place = IN_GUILD
        is_installed = app.id in guild.members and GUILD_INSTALL in installs
        by_person = person.has_app and USER_INSTALL in installs
        is_installed = is_installed or (by_person and bool(rights & Right.USE_EXTERNAL_APPS))
    contexts = command["contexts"]
    if contexts is None:
        fits = place == IN_GUILD or (place == IN_BOT_DM and command["dm_permission"])
    else:
        fits = place in contexts
    is_here = command.get("guild_id") in (None, str(guild.id) if guild else None)
    if not (is_installed and fits and is_here and rights & Right.USE_APPLICATION_COMMANDS):
        return False
    return guild is None or _is_allowed(command, person, channel, rights)


def _is_allowed(command: Command, person: Person, channel: Channel, rights: Right) -> bool:
    """Return whether the server allows it: by override, else by default rights."""
    guild = channel.guild
    assert guild is not None
    if rights & Right.ADMINISTRATOR:
        return True
    set_for = guild.command_rights.get(int(command["id"]), {})
    # The override for all channels has the server's id minus one.
    here = set_for.get((channel.parent or channel).id, set_for.get(guild.id - 1, True))
    if not here:
        return False
    if person.id in set_for:
        return set_for[person.id]
    member = guild.members[person.id]
    by_role = [set_for[each] for each in member.role_ids if each in set_for]
    if by_role:
        return any(by_role)
    if guild.id in set_for:
        return set_for[guild.id]
    needed = command["default_member_permissions"]
    if needed is None:
        return True
    return int(needed) != 0 and not int(needed) & ~int(rights)


def localized(command: Command, locale: str) -> Command:
    """Return a command with localized texts, including those of its options."""
    shown = dict(command)
    for name in ("name", "description"):
        found = (command.get(f"{name}_localizations") or {}).get(locale)
        shown[f"{name}_localized"] = found or command.get(name, "")
    if command.get("options"):
        shown["options"] = [localized(each, locale) for each in command["options"]]
    if command.get("choices"):
        shown["choices"] = [localized(each, locale) for each in command["choices"]]
    return shown
