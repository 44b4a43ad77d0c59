"""A clip's family and its credits, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import discord

from bot.domain.clips import Clip
from bot.domain.jobs import Kind
from bot.domain.lineage import Credit, Lineage, number_people
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, listing, verbatim
from cogs.presentation.cards import COLOUR
from cogs.presentation.messages import link
from cogs.presentation.prompts import quote_prompt

TREE_PICTURE = "tree.png"

_ELSEWHERE = Sentence("a clip from elsewhere")
_MORE = Sentence("There are more; open the tree of one of these to see them.")
_ALONE = Sentence("Nobody has made anything of it yet. **Continue** or **Remix** it!")
_DELETED = Sentence("deleted")
# In the order of the colours in the picture.
SQUARES = ("🟧", "🟦", "🟩", "🟥", "🟪", "🟨", "🟫", "⬜")
_GONE = "▫️"
_MOST_CREDITS = 6
_PROMPT_CHARACTERS = 60
# Discord takes 4,096 characters in a description.
_MOST_CHARACTERS = 3900


def tree_embed(render: Renderer, lineage: Lineage, shown: frozenset[int]) -> discord.Embed:
    """Return a clip's family as a list; clips that are not in `shown` stay anonymous."""
    numbers = number_people(lineage)
    lines: list[str] = []
    for clip in lineage.clips:
        if clip.id not in shown:
            lines.append(f"{_GONE} {render(_ELSEWHERE)}")
            continue
        mark = _GONE if clip.is_deleted else SQUARES[numbers[clip.origin.user_id] % len(SQUARES)]
        line = f"{mark} {render(_describe(clip))}"
        lines.append(f"**{line}**" if clip.id == lineage.clip_id else line)
    if len(lineage.clips) == 1:
        lines += ["", render(_ALONE)]
    if not lineage.is_whole:
        lines += ["", render(_MORE)]
    embed = discord.Embed(
        title=render(Sentence("The family of clip {id}", id=lineage.clip_id)),
        description=_shorten(lines),
        colour=COLOUR,
    )
    embed.set_image(url=f"attachment://{TREE_PICTURE}")
    return embed


def _describe(clip: Clip) -> Sentence:
    return Sentence(
        "{clip} · {who} · {what}",
        clip=Sentence("clip {id}", id=clip.id) if clip.is_deleted else link(clip),
        who=_credit(Credit(user_id=clip.origin.user_id, kind=clip.kind), clip.parent_ids == ()),
        what=_DELETED if clip.is_deleted else quote_prompt(clip.prompt, _PROMPT_CHARACTERS),
    )


def _shorten(lines: list[str]) -> str:
    text = ""
    for line in lines:
        if len(text) + len(line) > _MOST_CHARACTERS:
            return f"{text}…"
        text += f"{line}\n"
    return text.rstrip()


def credits_line(render: Renderer, found: Iterable[Credit]) -> str | None:
    """Return the credits of a clip in one line; None if it is one person's alone."""
    credits = tuple(found)
    if len({credit.user_id for credit in credits}) < 2:
        return None
    parts = [_credit(credit, number == 0) for number, credit in enumerate(credits)]
    if len(parts) > _MOST_CREDITS:
        # The first and the last contributors matter most.
        parts = [parts[0], verbatim("…"), *parts[2 - _MOST_CREDITS :]]
    return render(listing(parts))


def players_line(render: Renderer, lineage: Lineage) -> str | None:
    """Return how often each played in the jam of a mixdown; None if nobody is known."""
    turns = [clip for clip in lineage.clips if clip.kind is Kind.JAM_TURN]
    counts = Counter(clip.origin.user_id for clip in turns)
    people = [
        Plural("{who} ({n} turn)", "{who} ({n} turns)", n=count, who=f"<@{person}>")
        for person, count in counts.items()
    ]
    if not people:
        return None
    return render(Sentence("played by {names}", names=listing(people)))


def _credit(credit: Credit, is_first: bool) -> Sentence:
    who = f"<@{credit.user_id}>"
    if is_first:
        return Sentence("started by {who}", who=who)
    match credit.kind:
        case Kind.CONTINUE:
            return Sentence("continued by {who}", who=who)
        case Kind.REMIX:
            return Sentence("remixed by {who}", who=who)
        case Kind.AGAIN:
            return Sentence("another take by {who}", who=who)
        case Kind.LOOP:
            return Sentence("looped by {who}", who=who)
        case Kind.JAM_TURN:
            return Sentence("then {who}", who=who)
        case Kind.JAM_MIX:
            return Sentence("mixed down by {who}", who=who)
        case Kind.MIX:
            return Sentence("mixed by {who}", who=who)
        case _:
            return Sentence("made by {who}", who=who)
