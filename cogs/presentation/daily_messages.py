"""The card of a daily prompt, its clips, and the command's answers."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.domain.clips import Clip
from bot.domain.dailies import Daily
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Moment, Plural, Sentence
from cogs.presentation.cards import COLOUR
from cogs.presentation.messages import join_fitting, link
from cogs.presentation.prompts import quote_prompt

BEGUN = Sentence("A prompt comes to {channel} every day, the first one {when}.")
ENDED = Sentence("No more daily prompts. What was posted stays, and so do the clips.")
NO_ZONE = Sentence(
    "I don't know the time zone {zone}. Please take one from the list, such as Europe/Vienna."
)
MAY_NOT_POST = Sentence("I may not post in {channel}: I need *Send Messages* and *Embed Links*.")
NOT_HERE = Sentence("This prompt is from long ago, or not of this channel.")
NO_CLIPS = Sentence("Nobody has made one yet. Press **Make one**.")

_LISTED_PROMPT = 60


def card(render: Renderer, daily: Daily, winner: Clip | None, missed: int) -> discord.Embed:
    """Return the card of a day's prompt; `winner` is the best clip of the previous one."""
    lines = [Sentence("**{what}**", what=quote_prompt(daily.prompt))]
    if winner is not None:
        lines.append(
            Plural(
                "Last time's favourite, with {n} star: {link} by {who}.",
                "Last time's favourite, with {n} stars: {link} by {who}.",
                n=winner.stars,
                link=link(winner),
                who=f"<@{winner.origin.user_id}>",
            )
        )
    if missed:
        lines.append(
            Plural(
                "There was none yesterday.",
                "There was none for {n} days.",
                n=missed,
            )
        )
    lines.append(
        Sentence(
            "Press **Make one**, add words if you like, and ⭐ what others make: "
            "tomorrow's prompt names the favourite."
        )
    )
    embed = discord.Embed(
        title=render(Sentence("Today's prompt")),
        description="\n\n".join(render(line) for line in lines),
        colour=COLOUR,
    )
    return embed.set_footer(text=daily.day)


def clips(render: Renderer, found: Sequence[Clip]) -> str:
    """Return the list of clips made from a prompt."""
    if not found:
        return render(NO_CLIPS)
    return join_fitting([render(_line(clip)) for clip in found])


def _line(clip: Clip) -> Sentence:
    return Sentence(
        "⭐ {stars} · {link} · {what} · by {who}",
        stars=clip.stars,
        link=link(clip),
        what=quote_prompt(clip.prompt, _LISTED_PROMPT),
        who=f"<@{clip.origin.user_id}>",
    )


def first_one(channel_id: int, at: float) -> Sentence:
    """Return where prompts will be posted, and when the first one comes."""
    return BEGUN.fill(channel=f"<#{channel_id}>", when=Moment(at))
