"""Discord's refusals as sentences for the person who caused them."""

from __future__ import annotations

from functools import reduce

from bot.demo.discord.refusals import Refusal
from bot.i18n.sentence import Sentence, verbatim

_BY_CODE = {
    10003: Sentence("That channel isn't there any more."),
    10007: Sentence("This person is not on the server."),
    10008: Sentence("That message isn't there any more."),
    10011: Sentence("That role isn't there any more."),
    10013: Sentence("There is no such person."),
    10014: Sentence("There is no such emoji."),
    10026: Sentence("This person is not banned."),
    10062: Sentence("That took too long: please try again."),
    10063: Sentence("That command isn't there any more."),
    10097: Sentence("That sound isn't there any more."),
    20016: Sentence("This channel is in slow mode: wait a little before the next message."),
    30010: Sentence("This message has as many kinds of reactions as it can have."),
    30045: Sentence("The soundboard is full."),
    40005: Sentence("This file is too large to be attached."),
    50001: Sentence("You can't see that channel."),
    50003: Sentence("That can't be done in direct messages."),
    50005: Sentence("Only who wrote a message can edit it."),
    50006: Sentence("There is nothing in this message."),
    50007: Sentence("This person takes no direct messages."),
    50008: Sentence("Messages can't be written here."),
    50013: Sentence("You don't have permission for that here."),
    50021: Sentence("That can't be done with this kind of message."),
    50024: Sentence("That can't be done in this kind of channel."),
    50083: Sentence("This thread is archived."),
    160002: Sentence("You can't reply here, since you can't read earlier messages."),
    160004: Sentence("This message has a thread already."),
    160005: Sentence("This thread is locked."),
    520000: Sentence("You can't vote in this poll."),
    520001: Sentence("This poll is over."),
    520002: Sentence("There can't be a poll here."),
    520003: Sentence("A poll can't be edited."),
    520006: Sentence("There is no poll in this message."),
}
_FAULTY = Sentence("Discord would not take this: {faults}")
_OTHER = Sentence("Discord would refuse this ({meaning}).")


def sentence_of(refusal: Refusal) -> Sentence:
    """Return the sentence for a refusal."""
    known = _BY_CODE.get(refusal.code)
    if known is not None:
        return known
    if refusal.faults:
        return _FAULTY.fill(faults=reduce(_and, refusal.faults))
    return _OTHER.fill(meaning=verbatim(str(refusal.body["message"])))


def _and(before: Sentence, fault: Sentence) -> Sentence:
    return Sentence("{before} {fault}", before=before, fault=fault)
