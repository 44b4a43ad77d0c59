"""What a radio says."""

from __future__ import annotations

import discord

from bot.domain.clips import Clip
from bot.domain.radio import RadioPlan, RadioSource
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.presentation.cards import COLOUR

NOT_ON = Sentence("No radio is on here. `/radio start` switches it on where you are.")
IS_ON = Sentence("The radio is on in {channel} already: join it there, or stop it first.")
TUNING_IN = Sentence("📻 Tuning in …")
NOW_PLAYING = Sentence("📻 Now playing in {channel}")
MADE_BY = Sentence("by {who}")
NOTHING_TO_PLAY = Sentence(
    "📻 The radio is on in {channel}, and there is nothing to play yet: make something with "
    "`/music`, and it comes on."
)
NOTHING_OF_PERSON = Sentence(
    "📻 The radio is on in {channel}, and {who} has made nothing yet that everybody here may hear."
)
STOPPED = Sentence("📻 The radio is off. `/radio start` switches it on again.")
LEFT_ALONE = Sentence(
    "📻 Everybody had left {channel}, so I left too. `/radio start` brings me back."
)
CHANNEL_GONE = Sentence("📻 The radio is off: its channel is gone.")
SENT_AWAY = Sentence(
    "📻 The radio is off: I could not stay in {channel}. `/radio start` brings me back."
)
SKIPPED = Sentence("Skipped.")
VOTED = Sentence("Your vote to skip counts: {have} of {need}.")
PLAYED_ALREADY = Sentence("That one has been played already.")
NOT_THERE = Sentence("Join {channel} first: who listens decides.")
NOT_YOURS_TO_STOP = Sentence(
    "{who} switched the radio on: they can stop it, and so can managers, or all who listen by "
    "leaving."
)
SWITCHED_OFF = Sentence("The radio is off.")
PLAYS_NOW = Sentence("The radio plays {what} now.")

_SOURCES = {
    RadioSource.STARS: Sentence("this server's stars"),
    RadioSource.RECENT: Sentence("the latest clips"),
    RadioSource.LIVE: Sentence("live music"),
}


def source(plan: RadioPlan) -> Sentence:
    """Name what a radio plays."""
    if plan.source is RadioSource.PERSON:
        return Sentence("the clips of {who}", who=f"<@{plan.person_id}>")
    return _SOURCES[plan.source]


def now_playing(read: Reader, card: discord.Embed, clip: Clip, channel: str) -> discord.Embed:
    """Return the card of a clip as that of what is being played."""
    embed = card.copy()
    embed.set_image(url=None)
    lines = [read(NOW_PLAYING.fill(channel=channel)), card.description or ""]
    lines.append(read(MADE_BY.fill(who=f"<@{clip.origin.user_id}>")))
    embed.description = "\n".join(lines)
    embed.set_footer(text=read(Sentence("AI-generated · clip {id}", id=clip.id)))
    return embed


def notice(read: Reader, sentence: Sentence) -> discord.Embed:
    """Return a sentence in place of the card."""
    return discord.Embed(description=read(sentence), colour=COLOUR)
