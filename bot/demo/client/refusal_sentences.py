"""What Discord refuses, said to the person who asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.demo.discord.refusals import Refusal
from bot.i18n.sentence import Sentence, verbatim

_BY_CODE = {
    10003: Sentence("That channel isn't there any more."),
    10007: Sentence("This person is not on the server."),
    10008: Sentence("That message isn't there any more."),
    10026: Sentence("This person is not banned."),
    10062: Sentence("That took too long: please try again."),
    10063: Sentence("That command isn't there any more."),
    20016: Sentence("This channel is in slow mode: wait a little before the next message."),
    30010: Sentence("This message has as many kinds of reactions as it can have."),
    40005: Sentence("This file is too large to be attached."),
    50001: Sentence("You can't see that channel."),
    50005: Sentence("Only who wrote a message can edit it."),
    50006: Sentence("There is nothing in this message."),
    50007: Sentence("This person takes no direct messages."),
    50008: Sentence("Messages can't be written here."),
    50013: Sentence("You don't have permission for that here."),
    50021: Sentence("That can't be done with this kind of message."),
    50024: Sentence("That can't be done in this kind of channel."),
    50083: Sentence("This thread is archived."),
    160004: Sentence("This message has a thread already."),
    160005: Sentence("This thread is locked."),
    520000: Sentence("You can't vote in this poll."),
    520001: Sentence("This poll is over."),
    520002: Sentence("There can't be a poll here."),
}
_FAULTY = Sentence("Discord would not take this: {faults}")
_OTHER = Sentence("Discord would refuse this ({meaning}).")


def sentence_of(refusal: Refusal) -> Sentence:
    """Return the sentence for a refusal."""
    known = _BY_CODE.get(refusal.code)
    if known is not None:
        return known
    faults = list(_faults(refusal.body.get("errors", {})))
    if faults:
        return _FAULTY.fill(faults=verbatim(" ".join(dict.fromkeys(faults))))
    return _OTHER.fill(meaning=verbatim(str(refusal.body["message"])))


def _faults(errors: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if not isinstance(errors, dict):
        return
    for name, inner in errors.items():
        if name == "_errors":
            yield from (str(each["message"]) for each in inner)
        else:
            yield from _faults(inner)
