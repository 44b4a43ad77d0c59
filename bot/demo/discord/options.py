"""Options of commands: check the given values, and convert them to Discord's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord import command_limits as kinds
from bot.demo.discord.channels import Channel
from bot.demo.discord.files import File
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import NOT_OFFERED, NOT_THERE, REQUIRED, Problems, Refusal
from bot.demo.discord.state import Discord
from bot.i18n.sentence import Sentence

Given = Sequence[Mapping[str, Any]]
"""Options as sent by clients: `{"name": …, "value": …}`, or `{"name": …, "options": […]}`."""

_NESTED = (kinds.SUBCOMMAND, kinds.GROUP)


class Resolved:
    """The objects that ids in options refer to."""

    def __init__(self, discord: Discord, channel: Channel) -> None:
        self._discord, self._channel = discord, channel
        self.found: dict[str, dict[str, Any]] = {}

    def add_person(self, person: Person) -> None:
        """Add a user, and their membership of the server."""
        self._put("users", person.id, person.as_json())
        guild = self._channel.guild
        member = guild.members.get(person.id) if guild else None
        if member is not None:
            rights = self._discord.rights_of(person, self._channel)
            shown = member.as_json(with_user=False) | {"permissions": str(int(rights))}
            self._put("members", person.id, shown)

    def add_id(self, kind: int, text: str, person: Person) -> bool:
        """Add the object of an id for an option type; return whether it exists."""
        id_ = int(text) if text.isdecimal() else 0
        guild = self._channel.guild
        if kind in (kinds.USER, kinds.MENTIONABLE) and id_ in self._discord.people:
            self.add_person(self._discord.people[id_])
            return True
        if kind in (kinds.ROLE, kinds.MENTIONABLE):
            role = guild.roles.get(id_) if guild else None
            if role is not None:
                self._put("roles", id_, role.as_json())
            return role is not None
        channel = self._discord.channels.get(id_)
        if kind != kinds.CHANNEL or channel is None or channel.guild is not guild:
            return False
        if not channel.is_seen_by(person, self._discord.clock()):
            return False
        rights = self._discord.rights_of(person, channel)
        self._put("channels", id_, channel.as_json() | {"permissions": str(int(rights))})
        return True

    def add_file(self, file: File) -> None:
        """Add an attachment."""
        self._put("attachments", file.id, file.as_json(self._discord.base))

    def add_message(self, message: dict[str, Any]) -> None:
        """Add a message."""
        self._put("messages", int(message["id"]), message)

    def _put(self, kind: str, id_: int, resolved: dict[str, Any]) -> None:
        self.found.setdefault(kind, {})[str(id_)] = resolved


class OptionReader:
    """Read the given option values of one command."""

    def __init__(
        self,
        discord: Discord,
        person: Person,
        channel: Channel,
        files: Mapping[str, File],
        *,
        is_partial: bool = False,
    ) -> None:
        """Take what values may refer to; a partial reader is for autocomplete, and lenient."""
        self._discord, self._person, self._files = discord, person, files
        self._is_partial = is_partial
        self.resolved = Resolved(discord, channel)
        self.problems = Problems()
        self.focused: Mapping[str, Any] | None = None
        """The option being autocompleted."""

    def read(self, known: Sequence[Mapping[str, Any]], given: Given, path: str) -> list[Any]:
        """Return options as Discord's JSON for the bot. Raises Refusal for invalid ones."""
        by_name = {each["name"]: each for each in known}
        found = []
        for each in given:
            option = by_name.get(each["name"])
            if option is None:
                self.problems.add(
                    f"{path}.{each['name']}", "BASE_TYPE_CHOICES", Sentence("No such option.")
                )
                continue
            about = {"name": option["name"], "type": option["type"]}
            where = f"{path}.{option['name']}"
            if option["type"] in _NESTED:
                inner = self.read(option.get("options") or [], each.get("options") or [], where)
                found.append(about | {"options": inner})
                continue
            if each.get("focused"):
                self.focused, about = option, about | {"focused": True}
            value = each.get("value")
            if not (self._is_partial and (each.get("focused") or value is None)):
                value = self._value(option, value, where)
            found.append(about | {"value": value})
        if not self._is_partial:
            self._check_complete(known, given, path)
        return found

    def _check_complete(self, known: Sequence[Mapping[str, Any]], given: Given, path: str) -> None:
        names = [each["name"] for each in given]
        if len(set(names)) < len(names):
            self.problems.add(path, "BASE_TYPE_DUPLICATE", Sentence("An option is there twice."))
        nested = bool(known) and known[0]["type"] in _NESTED
        if nested and len(given) != 1:
            self.problems.add(path, "BASE_TYPE_REQUIRED", Sentence("A subcommand is chosen."))
        for each in known:
            if each.get("required") and each["name"] not in names:
                self.problems.add(f"{path}.{each['name']}", "BASE_TYPE_REQUIRED", REQUIRED)

    def _value(self, option: Mapping[str, Any], value: object, path: str) -> object:
        problems, kind = self.problems, option["type"]
        if kind == kinds.STRING:
            text = value if isinstance(value, str) else str(value)
            most, least = option.get("max_length", 6000), option.get("min_length", 0)
            problems.text(path, text, most, least=least, required=bool(option.get("required")))
            value = text
        elif kind in (kinds.INTEGER, kinds.NUMBER):
            least, most = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
            problems.number(path, value, least, most)
            if kind == kinds.INTEGER and isinstance(value, float) and not value.is_integer():
                problems.add(path, "NUMBER_TYPE_COERCE", Sentence("It has to be a whole number."))
        elif kind == kinds.BOOLEAN:
            if not isinstance(value, bool):
                problems.add(path, "BOOLEAN_TYPE_COERCE", Sentence("It has to be true or false."))
        elif kind == kinds.ATTACHMENT:
            return self._attachment(str(value), path)
        else:
            self._check_named(option, str(value), path)
            value = str(value)
        offered = [each["value"] for each in option.get("choices") or []]
        if offered and value not in offered:
            problems.add(path, "BASE_TYPE_CHOICES", NOT_OFFERED)
        return value

    def _attachment(self, name: str, path: str) -> str:
        file = self._files.get(name)
        if file is None:
            self.problems.add(path, "BASE_TYPE_REQUIRED", Sentence("The file did not come."))
            return ""
        file.is_ephemeral = True
        self._discord.keep_file(file)
        self.resolved.add_file(file)
        return str(file.id)

    def _check_named(self, option: Mapping[str, Any], text: str, path: str) -> None:
        if not self.resolved.add_id(option["type"], text, self._person):
            self.problems.add(path, "BASE_TYPE_CHOICES", NOT_THERE)
            return
        allowed = option.get("channel_types")
        if option["type"] != kinds.CHANNEL or not allowed:
            return
        if int(self._discord.channels[int(text)].type) not in allowed:
            self.problems.add(path, "BASE_TYPE_CHOICES", Sentence("It is another kind of channel."))


def check_files(files: Mapping[str, File], max_file_bytes: int) -> None:
    """Check the files given to a command or a modal. Raises Refusal."""
    if any(file.size > max_file_bytes for file in files.values()):
        raise Refusal(413, 40005)
