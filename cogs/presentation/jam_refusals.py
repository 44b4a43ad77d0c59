"""Why a person can't take the turn of a jam now."""

from __future__ import annotations

from bot.domain.jams import JamSnapshot
from bot.i18n.sentence import Moment, Sentence, verbatim
from bot.jams.rounds import TurnAnswer, next_player, passes_on_at
from cogs.presentation import jam_messages


def refusal(snapshot: JamSnapshot, answer: TurnAnswer) -> Sentence:
    """Return why a person can't take the turn."""
    match answer:
        case TurnAnswer.CLOSED:
            return jam_messages.CLOSED
        case TurnAnswer.FULL:
            return jam_messages.IS_FULL
        case TurnAnswer.BEING_MADE:
            return Sentence(
                "A turn is being made right now. You are in: take the next one when it is there."
            )
        case TurnAnswer.HELD if snapshot.jam.held_until is not None:
            return Sentence(
                "{who} was first and is looking for words. It passes on {when}.",
                who=jam_messages.person(snapshot.jam.holder_id),
                when=Moment(snapshot.jam.held_until),
            )
        case TurnAnswer.NOT_YOURS:
            until = passes_on_at(snapshot)
            return Sentence(
                "You are in the round. It is {who}'s turn; if it is not taken, it passes on "
                "{when}.",
                who=jam_messages.person(next_player(snapshot)),
                when=verbatim("…") if until is None else Moment(until),
            )
        case _:
            return jam_messages.IS_BEING_MADE
