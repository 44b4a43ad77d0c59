"""Discord's error responses: a status, a code, and the faulty fields of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.i18n.sentence import Sentence, listing, verbatim

REQUIRED = Sentence("It is required.")
NOT_OFFERED = Sentence("It was not offered.")
NOT_THERE = Sentence("There is nothing of that id.")

MEANING = {
    0: "401: Unauthorized",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10011: "Unknown Role",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10026: "Unknown Ban",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    10097: "Unknown sound",
    20016: "Slow mode",
    30010: "Too many reactions",
    30032: "Too many application commands",
    30034: "Too many commands created today",
    30045: "Too many sounds on the soundboard",
    30046: "Too many edits of an old message",
    40005: "Too large",
    40041: "Command name taken",
    40060: "Answered already",
    40094: "Too many follow-ups",
    50001: "Missing Access",
    50003: "Not in direct messages",
    50005: "The message is another's",
    50006: "Empty message",
    50007: "The user takes no direct messages",
    50008: "Not a text channel",
    50013: "Missing Permissions",
    50021: "Not on a system message",
    50024: "Not in this kind of channel",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
    50109: "Invalid JSON",
    50159: "A voice message has nothing else in it",
    50160: "A voice message is one sound",
    50161: "A voice message has its length and waveform",
    50162: "A voice message is not edited",
    160002: "No reply without message history",
    160004: "The message has a thread",
    160005: "Thread is locked",
    520000: "Poll voting blocked",
    520001: "Poll expired",
    520002: "No polls in this kind of channel",
    520003: "Cannot edit a poll",
    520006: "Not a poll",
}


class Refusal(Exception):
    """An error response."""

    def __init__(
        self,
        status: int,
        code: int = 0,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        faults: Sequence[Sentence] = (),
    ) -> None:
        super().__init__(f"{status}/{code}")
        self.faults = tuple(faults)
        """Translatable descriptions of the faults in the request body."""
        self.status, self.code = status, code
        usual = {"message": MEANING.get(code, "Refused"), "code": code}
        self.body: dict[str, Any] = usual | dict(body or {})
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        """Return the fault in one line."""
        return f"{self.status}/{self.code}: {self.body['message']} {self.body.get('errors', '')}"


class UnknownRoute(Refusal):
    """The requested route does not exist."""

    def __init__(self) -> None:
        super().__init__(404, 0, body={"message": "404: Not Found"})


class Problems:
    """Faults of one request body by field path."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._faults: dict[Sentence, None] = {}

    def add(self, path: str, code: str, message: Sentence | str) -> None:
        """Add a fault; the path is that of a field, such as `embeds.0.title`."""
        place = self.found
        for part in path.split("."):
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": code, "message": str(message)})
        # Faults that only the bot can cause are not translated.
        self._faults[verbatim(message) if isinstance(message, str) else message] = None

    def check(self) -> None:
        """Raise Refusal if there are faults."""
        if self.found:
            raise Refusal(400, 50035, body={"errors": self.found}, faults=tuple(self._faults))

    # Checks that most fields share.

    def text(
        self, path: str, value: object, most: int, *, least: int = 0, required: bool = False
    ) -> None:
        """Check a text and its length."""
        if value is None or value == "":
            if required or (least and value == ""):
                self.add(path, "BASE_TYPE_REQUIRED", REQUIRED)
        elif not isinstance(value, str):
            self.add(path, "BASE_TYPE_STRING", Sentence("It has to be a text."))
        elif len(value) > most:
            self.add(
                path,
                "BASE_TYPE_MAX_LENGTH",
                Sentence("It has more than {most} characters.", most=most),
            )
        elif len(value) < least:
            self.add(
                path,
                "BASE_TYPE_MIN_LENGTH",
                Sentence("It has fewer than {least} characters.", least=least),
            )

    def count(self, path: str, value: object, most: int, *, least: int = 0) -> list[Any]:
        """Check a list and its length; return it, or an empty one."""
        if value is None:
            value = []
        if not isinstance(value, list):
            self.add(path, "BASE_TYPE_LIST", "It has to be a list.")
            return []
        if not least <= len(value) <= most:
            self.add(
                path,
                "BASE_TYPE_BAD_LENGTH",
                Sentence("It has {least} to {most} elements.", least=least, most=most),
            )
        return value

    def number(self, path: str, value: object, least: float, most: float) -> None:
        """Check an optional number."""
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.add(path, "NUMBER_TYPE_COERCE", Sentence("It has to be a number."))
        elif value < least:
            self.add(path, "NUMBER_TYPE_MIN", Sentence("It is less than {least:g}.", least=least))
        elif value > most:
            self.add(path, "NUMBER_TYPE_MAX", Sentence("It is more than {most:g}.", most=most))

    def choice(self, path: str, value: object, allowed: frozenset[int]) -> None:
        """Check that a value is in a set of numbers."""
        if value not in allowed:
            named = listing([str(each) for each in sorted(allowed)])
            self.add(path, "BASE_TYPE_CHOICES", Sentence("It is one of {choices}.", choices=named))
