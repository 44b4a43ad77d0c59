"""Answers to commands and buttons of jams."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.jams import Jam, JamSnapshot
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, verbatim
from cogs.presentation.jam_messages import NO_JAMS, facts, person, place_of, title_of
from cogs.presentation.messages import join_fitting


def opened(jam: Jam) -> Sentence:
    """Return where a new jam or fork is, for the person who started it."""
    if jam.forked_from is not None:
        return Sentence("Your fork is open: {where}", where=place_of(jam))
    return Sentence("Your jam is open: {where}", where=place_of(jam))


def listed(render: Renderer, snapshots: Sequence[JamSnapshot]) -> str:
    """Return the list of open jams of a server."""
    if not snapshots:
        return render(NO_JAMS)
    lines = []
    for snapshot in snapshots:
        where = "…" if snapshot.jam.thread_id is None else place_of(snapshot.jam)
        lines.append(
            Plural(
                "{where} **{title}** · {facts} · {n} turn",
                "{where} **{title}** · {facts} · {n} turns",
                n=len(snapshot.parts),
                where=verbatim(where),
                title=title_of(snapshot.jam),
                facts=facts(snapshot),
            )
        )
    return join_fitting([render(line) for line in lines])


def so_far(snapshot: JamSnapshot) -> Sentence:
    """Return the text above the whole track."""
    return Plural(
        "**{title}** so far: {seconds:.0f} s, {n} turn.",
        "**{title}** so far: {seconds:.0f} s, {n} turns.",
        n=len(snapshot.parts),
        title=title_of(snapshot.jam),
        seconds=snapshot.seconds,
    )


def undone(user_id: int, snapshot: JamSnapshot) -> Sentence:
    """Return the public note that a turn was undone."""
    return Sentence(
        "{who} has taken the last turn back: the track is {seconds:.0f} s long now. The clip stays "
        "its author's.",
        who=person(user_id),
        seconds=snapshot.seconds,
    )
