"""The result of a battle, its revealed entries, and the ladder."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.domain.battles import Battle, BattleOutcome, Entry, LadderEntry
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, verbatim
from cogs.presentation.battle_messages import without_winner
from cogs.presentation.cards import COLOUR, PICTURE
from cogs.presentation.messages import join_fitting
from cogs.presentation.prompts import quote_prompt

NO_LADDER = Sentence("Nobody has fought a battle here yet. Begin one with `/battle`!")

_WORDS_SHOWN = 60
_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}


def revealed(render: Renderer, entry: Entry) -> discord.Embed:
    """Return the card of an entry after the vote, with its author."""
    assert entry.clip is not None
    text = Sentence(
        "{who}: {what}", who=f"<@{entry.user_id}>", what=quote_prompt(entry.clip.prompt)
    )
    embed = discord.Embed(
        title=render(Sentence("Entry {number}", number=entry.number)),
        description=render(text),
        colour=COLOUR,
    )
    embed.set_image(url=f"attachment://{PICTURE}")
    embed.set_footer(text=render(Sentence("AI-generated · clip {id}", id=entry.clip.id)))
    return embed


def verdict(battle: Battle, entries: Sequence[Entry]) -> Sentence:
    """Return the result of a battle in one line."""
    winners = [entry for entry in entries if entry.is_winner and entry.clip is not None]
    total = sum(entry.votes or 0 for entry in entries)
    if battle.outcome is BattleOutcome.WON and winners:
        return Plural(
            "🏆 {who} wins battle {id} with {votes} of {n} vote.",
            "🏆 {who} wins battle {id} with {votes} of {n} votes.",
            n=total,
            votes=winners[0].votes or 0,
            id=battle.id,
            who=_who(winners[0]),
        )
    if battle.outcome is BattleOutcome.TIED and winners:
        return Plural(
            "🤝 Battle {id} is a tie: {who} share it with {n} vote each.",
            "🤝 Battle {id} is a tie: {who} share it with {n} votes each.",
            n=winners[0].votes or 0,
            id=battle.id,
            who=verbatim(", ".join(f"<@{each.user_id}>" for each in winners)),
        )
    return Sentence(
        "Battle {id} has no winner: {why}", id=battle.id, why=without_winner(battle.outcome)
    )


def result(render: Renderer, battle: Battle, entries: Sequence[Entry]) -> discord.Embed:
    """Return the list of entries with authors and votes, best first."""
    ordered = sorted(entries, key=lambda each: (-(each.votes or 0), each.number))
    lines = [_line(battle, entry) for entry in ordered]
    embed = discord.Embed(
        title=render(Sentence("⚔️ Battle {id}", id=battle.id)),
        description=join_fitting([render(line) for line in lines]) or None,
        colour=COLOUR,
    )
    embed.set_footer(text=render(result_footer(battle)))
    return embed


def result_footer(battle: Battle) -> Sentence:
    """Return the footer of a result, by which the message is found again."""
    return Sentence("The result of battle {id}", id=battle.id)


def _line(battle: Battle, entry: Entry) -> Sentence:
    mark = verbatim("🏆" if entry.is_winner else "▫️")
    number: Sentence = Sentence("entry {number}", number=entry.number)
    if entry.message_id is not None and entry.clip is not None:
        url = (
            f"https://discord.com/channels/{battle.guild_id}/{battle.channel_id}/{entry.message_id}"
        )
        number = Sentence("[entry {number}]({url})", number=entry.number, url=url)
    if entry.clip is None:
        return Sentence("{mark} {entry}: withdrawn", mark=mark, entry=number)
    return Plural(
        "{mark} {entry} · {who} · {n} vote · {what}",
        "{mark} {entry} · {who} · {n} votes · {what}",
        n=entry.votes or 0,
        mark=mark,
        entry=number,
        who=_who(entry),
        what=quote_prompt(entry.clip.prompt, _WORDS_SHOWN),
    )


def _who(entry: Entry) -> str:
    return f"<@{entry.user_id}>"


def ladder(render: Renderer, rungs: Sequence[LadderEntry]) -> str:
    """Return the ladder of a server."""
    if not rungs:
        return render(NO_LADDER)
    lines = [
        Sentence(
            "{place} <@{who}> · {wins} · {battles} · {votes}",
            place=verbatim(_MEDALS.get(place, f"{place}.")),
            who=rung.user_id,
            wins=_wins(rung),
            battles=Plural("{n} battle", "{n} battles", n=rung.battles),
            votes=Plural("{n} vote", "{n} votes", n=rung.votes),
        )
        for place, rung in enumerate(rungs, 1)
    ]
    return join_fitting([render(line) for line in lines])


def _wins(rung: LadderEntry) -> Sentence:
    if rung.shared:
        return Plural(
            "{n} win ({shared} shared)",
            "{n} wins ({shared} shared)",
            n=rung.wins,
            shared=rung.shared,
        )
    return Plural("{n} win", "{n} wins", n=rung.wins)
