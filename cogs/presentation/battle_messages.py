"""The card, players and poll of a running battle."""

from __future__ import annotations

import discord

from bot.domain.battles import Battle, BattleOutcome, BattleState, Entrants, Entry
from bot.domain.clips import Clip
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Moment, Plural, Sentence
from cogs.presentation.cards import COLOUR, PICTURE
from cogs.presentation.messages import link
from cogs.presentation.prompts import quote_prompt

ON_SERVERS = Sentence("Battles only work on servers.")
NOT_A_MEMBER = Sentence("I have to be a member of this server for a battle.")
NO_POLLS = Sentence(
    "I may not create polls here: a manager of the server can give me the permission *Create "
    "Polls*."
)
NO_PLACE = Sentence(
    "I may not post here, or not read what was posted: a manager of the server can give me the "
    "permissions *Send Messages* and *Read Message History*."
)
ONE_THEME = Sentence("Give either words or a clip that everybody remixes.")
NO_BATTLE = Sentence("This battle is over, or not here.")
NOT_YOUR_BATTLE = Sentence("Only who began this battle can do that, or a manager of the server.")
CLOSED_BY_HAND = Sentence("No more entries. The vote begins as soon as all of them are made.")
CALLED_OFF_BY_HAND = Sentence(
    "The battle is called off. Everybody keeps the clip they made for it."
)
BEING_POSTED = Sentence("The entries are being posted: try again in a moment.")
SAMPLE_NOT_SHOWN = Sentence(
    "The battle has begun, but I could not put the clip under its card: people find it by the link."
)
IN_A_BATTLE = Sentence("This clip is in a battle: you can use it when the vote is over.")
NEW_ENTRY = Sentence(
    "{owner} This is your entry in battle {id}, for your ears only until the vote. If you want "
    "another one in its place, press **Enter** again before entries close."
)

LATE_ENTRY = Sentence("{owner} Your clip is ready, but too late for battle {id}. It stays yours.")


def announcement(
    render: Renderer,
    battle: Battle,
    sample: Clip | None,
    entrants: Entrants,
    *,
    has_picture: bool = False,
) -> discord.Embed:
    """Return the card of a battle, with its present state.

    With `has_picture` the clip's picture is an attachment of the message.
    """
    lines = [render(_theme(battle, sample)), ""]
    lines += [render(each) for each in _how_far(battle, entrants)]
    embed = discord.Embed(
        title=render(Sentence("⚔️ Battle {id}", id=battle.id)),
        description="\n".join(lines),
        colour=COLOUR,
    )
    if has_picture:
        embed.set_image(url=f"attachment://{PICTURE}")
    return embed


def _theme(battle: Battle, sample: Clip | None) -> Sentence:
    if battle.clip_id is not None:
        return Sentence("Everybody remixes {clip}.", clip=link(sample))
    if battle.prompt is None:
        return Sentence("Its words are gone.")
    return Sentence("**{what}**", what=quote_prompt(battle.prompt))


def _how_far(battle: Battle, entrants: Entrants) -> list[Sentence]:
    match battle.state:
        case BattleState.OPEN:
            ways = Sentence("Press **Enter** and add words of your own, or a seed.")
            if battle.clip_id is not None:
                ways = Sentence("Press **Enter** and say what it should become.")
            return [
                ways,
                Sentence(
                    "One entry each; the last one that you make counts, and is charged as any "
                    "clip. Nobody sees whose is whose until the vote is over."
                ),
                Sentence("Entries close {when}.", when=Moment(battle.closes_at)),
                _number(entrants),
            ]
        case BattleState.CLOSED:
            waiting = Sentence("No more entries. The vote begins in a moment.")
            if entrants.pending:
                waiting = Plural(
                    "No more entries. {n} of them is still being made.",
                    "No more entries. {n} of them are still being made.",
                    n=entrants.pending,
                )
            return [waiting]
        case BattleState.POSTING | BattleState.VOTING if battle.poll_ends_at is None:
            return [Sentence("The entries are being posted.")]
        case BattleState.VOTING:
            assert battle.poll_ends_at is not None
            return [Sentence("Listen and vote below. It ends {when}.", when=_at(battle))]
        case _:
            return [Sentence("It is over: {how}", how=_how_it_ended(battle))]


def _at(battle: Battle) -> Moment:
    assert battle.poll_ends_at is not None
    return Moment(battle.poll_ends_at)


def _number(entrants: Entrants) -> Sentence:
    if entrants.pending:
        return Plural(
            "{n} entry so far, and {pending} being made.",
            "{n} entries so far, and {pending} being made.",
            n=entrants.ready,
            pending=entrants.pending,
        )
    return Plural("{n} entry so far.", "{n} entries so far.", n=entrants.ready)


def _how_it_ended(battle: Battle) -> Sentence:
    if battle.result_message_id is not None:
        url = (
            f"https://discord.com/channels/{battle.guild_id}/{battle.channel_id}/"
            f"{battle.result_message_id}"
        )
        return Sentence("[see the result]({url}).", url=url)
    return without_winner(battle.outcome)


def player(render: Renderer, entry: Entry, total: int) -> discord.Embed:
    """Return the card of an entry, without anything that identifies its author."""
    embed = discord.Embed(
        title=render(Sentence("Entry {number} of {total}", number=entry.number, total=total)),
        colour=COLOUR,
    )
    embed.set_image(url=f"attachment://{PICTURE}")
    return embed


def vote_below(ends_at: float) -> Sentence:
    """Return the text above the poll."""
    return Sentence(
        "Listen to all of them, then vote. End of the vote: {when}.", when=Moment(ends_at)
    )


def question(render: Renderer, battle: Battle) -> str:
    """Return the question of the poll, by which the poll is found again."""
    return render(Sentence("Battle {id}: which is the best?", id=battle.id))


def answer(render: Renderer, entry: Entry) -> str:
    """Return the poll's answer for an entry."""
    if entry.clip is None:
        return render(Sentence("Entry {number} (withdrawn)", number=entry.number))
    return render(Sentence("Entry {number}", number=entry.number))


def without_winner(outcome: BattleOutcome | None) -> Sentence:
    """Return why there is no winner."""
    match outcome:
        case BattleOutcome.TOO_FEW:
            return Sentence("there were fewer than two entries.")
        case BattleOutcome.NO_VOTES:
            return Sentence("nobody voted.")
        case BattleOutcome.CALLED_OFF:
            return Sentence("it was called off.")
        case BattleOutcome.POLL_LOST:
            return Sentence("its poll was deleted.")
        case BattleOutcome.WON | BattleOutcome.TIED:
            return Sentence("whoever won has withdrawn.")
        case _:
            return Sentence("it could not go on here.")
