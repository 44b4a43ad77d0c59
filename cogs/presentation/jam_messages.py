"""A jam's card, announcement and turn order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import discord

from bot.domain.clips import Clip
from bot.domain.jams import Jam, JamSnapshot, JamState
from bot.i18n.contexts import KEY
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Moment, Plural, Sentence, term, verbatim
from bot.jams.rounds import passes_on_at, waited_for
from bot.jams.track_picture import number_players
from cogs.presentation.cards import COLOUR
from cogs.presentation.clip_tree import SQUARES
from cogs.presentation.messages import join_fitting, link
from cogs.presentation.prompts import escape, quote_prompt

TRACK_PICTURE = "track.png"

ON_SERVERS = Sentence("Jams only work on servers.")
IN_CHANNELS = Sentence(
    "A jam gets a thread of its own, so start it in a text channel, not in a thread."
)
NOT_A_MEMBER = Sentence("I have to be a member of this server for a jam.")
NO_THREADS = Sentence(
    "I may not open threads here: a manager of the server can give me the permissions *Create "
    "Public Threads* and *Send Messages in Threads*."
)
TOO_MANY_THREADS = Sentence(
    "This server has as many active threads as Discord allows: close one of them, and start the "
    "jam again."
)
NOT_OPENED = Sentence(
    "Discord did not let me open this jam, so it is closed again. A filter of the server may "
    "refuse its title or style: try other words."
)
NO_JAM = Sentence(
    "There is no jam here. `/jam start` begins one, `/jam list` tells where some are."
)
NO_JAMS = Sentence("Nobody is jamming on this server. Begin with `/jam start`!")
CLOSED = Sentence("This jam is closed. `/jam start` begins another one.")
NO_TURNS = Sentence("Nobody has played yet: there is nothing to do that with.")
IS_FULL = Sentence(
    "The track has reached its full length. Undo a turn, fork it, or close the jam for its mixdown."
)
IS_BEING_MADE = Sentence("A turn is being made right now: wait until it is there.")
UNDONE_ALREADY = Sentence("That turn is not the last one any more: look at the card again.")
NOT_YOURS_TO_UNDO = Sentence(
    "Only the person who made the last turn, the one who started the jam, or a manager of the "
    "server can undo it."
)
NOT_YOURS_TO_CLOSE = Sentence(
    "Only the person who started this jam, or a manager of the server, can close it."
)
CLOSED_EMPTY = Sentence("The jam is closed. Nobody played.")
MIXING_DOWN = Sentence("Mixing down …")
_PROMPT_CHARACTERS = 100
_TITLE_CHARACTERS = 80
_UNTITLED = Sentence("A jam")


def title_of(jam: Jam) -> Sentence:
    """Return the title of a jam."""
    return _UNTITLED if jam.title is None else verbatim(escape(jam.title, _TITLE_CHARACTERS))


def place_of(jam: Jam) -> str:
    """Return a link to the thread of a jam."""
    return f"<#{jam.thread_id}>"


def card(
    render: Renderer, snapshot: JamSnapshot, mixdown: Clip | None, *, has_picture: bool
) -> discord.Embed:
    """Return the card of a jam; its picture is the attachment TRACK_PICTURE."""
    lines = [render(_standing(snapshot, mixdown)), ""]
    lines += [render(line) for line in _track(snapshot)]
    lines += ["", render(facts(snapshot))]
    embed = discord.Embed(
        title=f"🎶 {render(title_of(snapshot.jam))}"[:256],
        description=join_fitting([line or "\u200b" for line in lines]),
        colour=COLOUR,
    )
    if has_picture:
        embed.set_image(url=f"attachment://{TRACK_PICTURE}")
    embed.set_footer(text=render(card_footer(snapshot.jam)))
    return embed


def card_footer(jam: Jam) -> Sentence:
    """Return the footer of a card, by which the message is found again."""
    return Sentence("AI-generated · jam {id}", id=jam.id)


def announcement(render: Renderer, snapshot: JamSnapshot, mixdown: Clip | None) -> discord.Embed:
    """Return the announcement of a jam in its channel, and later its result."""
    jam = snapshot.jam
    if jam.state is JamState.CLOSED:
        lines = [_result(snapshot, mixdown)]
    elif jam.forked_from is not None:
        lines = [Sentence("{who} forks jam {id}.", who=person(jam.user_id), id=jam.forked_from)]
    else:
        lines = [Sentence("{who} starts a jam. Everybody can play.", who=person(jam.user_id))]
    embed = discord.Embed(
        title=f"🎶 {render(title_of(jam))}"[:256],
        description="\n".join(render(line) for line in [*lines, facts(snapshot)]),
        colour=COLOUR,
    )
    embed.set_footer(text=render(announcement_footer(jam)))
    return embed


def announcement_footer(jam: Jam) -> Sentence:
    """Return the footer of an announcement, by which the message is found again."""
    return Sentence("Jam {id}: its thread is below", id=jam.id)


def facts(snapshot: JamSnapshot) -> Sentence:
    """Return the tempo, key, style and rules of a jam."""
    jam, bpm = snapshot.jam, round(snapshot.bpm)
    parts = [Sentence("{bpm} BPM", bpm=bpm)]
    if bpm != jam.bpm:
        # The first turn has set the actual tempo.
        parts = [Sentence("{bpm} BPM ({asked} were asked for)", bpm=bpm, asked=jam.bpm)]
    if jam.music_key is not None:
        parts.append(term(KEY, jam.music_key))
    if jam.style is not None:
        parts.append(verbatim(escape(jam.style, _PROMPT_CHARACTERS)))
    parts.append(
        Plural(
            "{n} bar a turn ({seconds:g} s)",
            "{n} bars a turn ({seconds:g} s)",
            n=jam.bars,
            seconds=round(snapshot.turn_seconds, 1),
        )
    )
    parts.append(Sentence("in rotation") if jam.in_rotation else Sentence("whoever is first"))
    return _joined(parts)


def _standing(snapshot: JamSnapshot, mixdown: Clip | None) -> Sentence:
    jam, until = snapshot.jam, passes_on_at(snapshot)
    if jam.state is JamState.CLOSED:
        return _result(snapshot, mixdown)
    if jam.state is JamState.CLOSING:
        return Sentence("The mixdown is being made.")
    if jam.job_id is not None:
        return Sentence("⏳ A turn is being made.")
    if jam.holder_id is not None and until is not None:
        return Sentence(
            "✍️ {who} has the turn and is looking for words. If none come, it passes on {when}.",
            who=person(jam.holder_id),
            when=Moment(until),
        )
    if snapshot.seconds + snapshot.turn_seconds > jam.most_seconds + 1e-6:
        return Sentence("The track has reached its full length: **Close** makes the mixdown.")
    whose = waited_for(snapshot)
    if whose is not None and until is not None:
        return Sentence(
            "👉 It is {who}'s turn. If it is not taken, it passes on {when}. Whoever else presses "
            "**Take a turn** joins the round.",
            who=person(whose),
            when=Moment(until),
        )
    return Sentence("👉 It is **anybody's** turn: press **Take a turn** and say what comes next.")


def _result(snapshot: JamSnapshot, mixdown: Clip | None) -> Sentence:
    if not snapshot.parts:
        return Sentence("Closed. Nobody played.")
    people = len({part.user_id for part in snapshot.parts})
    turns = Plural("{n} turn", "{n} turns", n=len(snapshot.parts))
    by = Plural("{n} person", "{n} people", n=people)
    if mixdown is None:
        return Sentence("Closed after {turns} by {people}.", turns=turns, people=by)
    return Sentence(
        "Closed: {turns} by {people}. The mixdown is {clip}.",
        turns=turns,
        people=by,
        clip=link(mixdown),
    )


def _track(snapshot: JamSnapshot) -> list[Sentence]:
    if not snapshot.parts:
        return [Sentence("Nothing has been played yet: the first turn sets the tone.")]
    numbers = number_players(snapshot.parts)
    counts = Counter(part.user_id for part in snapshot.parts if part.user_id is not None)
    people = [
        verbatim(f"{SQUARES[number % len(SQUARES)]} <@{person}> {counts[person]}")
        for person, number in numbers.items()
    ]
    lines = [_joined(people)] if people else []
    last = snapshot.parts[-1]
    if last.clip is not None and last.user_id is not None:
        lines.append(
            Sentence(
                "Last: {who}, {what}, {clip}",
                who=person(last.user_id),
                what=quote_prompt(last.clip.prompt, _PROMPT_CHARACTERS),
                clip=link(last.clip),
            )
        )
    return lines


def person(user_id: int | None) -> Sentence:
    """Return a mention of a person."""
    return Sentence("somebody") if user_id is None else verbatim(f"<@{user_id}>")


def _joined(parts: Sequence[Sentence]) -> Sentence:
    joined = parts[0]
    for part in parts[1:]:
        joined = Sentence("{first} · {second}", first=joined, second=part)
    return joined
