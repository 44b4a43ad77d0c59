"""Texts about the radio."""

from __future__ import annotations

import discord

from bot.domain.clips import Clip
from bot.domain.live_words import Words
from bot.domain.radio import RadioPlan, RadioSource
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation.cards import COLOUR
from cogs.presentation.prompts import escape

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
NO_JAMS = Sentence(
    "📻 The radio is on in {channel}, and no jam with music in it is open here: `/jam start` "
    "begins one."
)
NOTHING_IN_JAM = Sentence(
    "📻 The radio is on in {channel}, and this jam has no music yet that everybody here may hear: "
    "the first turn comes on as soon as it is made."
)
NO_SUCH_JAM = Sentence("There is no such jam on this server: choose one that is suggested.")
STOPPED = Sentence("📻 The radio is off. `/radio start` switches it on again.")
LEFT_ALONE = Sentence(
    "📻 Everybody had left {channel}, so I left too. `/radio start` brings me back."
)
CHANNEL_GONE = Sentence("📻 The radio is off: its channel is gone.")
SENT_AWAY = Sentence(
    "📻 The radio is off: I could not stay in {channel}. `/radio start` brings me back."
)
LIVE_COMES = Sentence("📻 Live music for {channel} is coming: {words}")
LIVE = Sentence(
    "📻 Live in {channel}: {words}\nMade while you hear it. Steer it, all of you: *Words* below, "
    "or mention me in {channel} with yours."
)
CATCHING_UP = Sentence(
    "Live music can't keep up with all that is being made here: a clip until it can."
)
NOT_LIVE = Sentence(
    "The radio plays clips. `/radio source` with *live music* lets it make music, which words "
    "can steer."
)
STEERED = Sentence("{who} steers the radio: {words}. You hear it in a few seconds.")
TOO_LONG = Sentence("Live music takes at most {most} characters of words at once.")
WORDS_LABEL = Sentence("What you want to hear more of")
WORDS_EXAMPLE = Sentence("harp, faster, 90s rock …")
HOW_MUCH = Sentence("How much of it, next to what plays now")
AMOUNTS = {
    "1": Sentence("as much"),
    "0.5": Sentence("a little"),
    "2": Sentence("more"),
    "0": Sentence("none: remove these words"),
}
TOO_FAST = Sentence("One change after the other: you can steer again in {seconds} s.")
NO_NEXT_LIVE = Sentence("Live music has no next clip. `/radio words` gives it another turn.")
SKIPPED = Sentence("Skipped.")
VOTED = Sentence("Your vote to skip counts: {have} of {need}.")
PLAYED_ALREADY = Sentence("That one has been played already.")
NOT_THERE = Sentence("Join {channel} first: only those who listen decide.")
NOT_YOURS_TO_STOP = Sentence(
    "{who} switched the radio on: they can stop it, and so can managers, or all who listen by "
    "leaving."
)
SWITCHED_OFF = Sentence("The radio is off.")
PLAYS_NOW = Sentence("The radio plays {what} now.")

_SOURCES = {
    RadioSource.STARS: Sentence("this server's stars"),
    RadioSource.RECENT: Sentence("the latest clips"),
    RadioSource.JAMS: Sentence("the jams that are open here, as they are now"),
    RadioSource.JAM: Sentence("one jam, as it grows"),
    RadioSource.LIVE: Sentence("live music"),
}


def nothing_to_play(plan: RadioPlan, channel: str) -> Sentence:
    """Return why a radio is silent, by its source."""
    match plan.source:
        case RadioSource.JAM:
            return NOTHING_IN_JAM.fill(channel=channel)
        case RadioSource.JAMS:
            return NO_JAMS.fill(channel=channel)
        case RadioSource.PERSON:
            return NOTHING_OF_PERSON.fill(channel=channel, who=f"<@{plan.person_id}>")
    return NOTHING_TO_PLAY.fill(channel=channel)


def source(plan: RadioPlan) -> Sentence:
    """Return the name of what a radio plays."""
    if plan.source is RadioSource.PERSON:
        return Sentence("the clips of {who}", who=f"<@{plan.person_id}>")
    return _SOURCES[plan.source]


def live(channel: str, words: Words, *, is_heard: bool) -> Sentence:
    """Return the text about live music and its prompt."""
    listed = list_words(words)
    if is_heard:
        return LIVE.fill(channel=channel, words=listed)
    return LIVE_COMES.fill(channel=channel, words=listed)


def list_words(words: Words) -> Sentence:
    """Return a weighted prompt as text, with shares if there are several."""
    total = sum(weight for _, weight in words) or 1.0
    shown = [
        f"**{escape(text)}**" + (f" {weight / total:.0%}" if len(words) > 1 else "")
        for text, weight in words
    ]
    return verbatim(" · ".join(shown))


def status(words: Words | None, clip: Clip | None) -> Sentence | None:
    """Return the voice channel status: live music's words or a clip; None if silent."""
    if words is not None:
        return verbatim("📻 " + " · ".join(text for text, _ in words))
    if clip is None:
        return None
    return verbatim(f"📻 {clip.prompt}") if clip.prompt else Sentence("📻 clip {id}", id=clip.id)


def now_playing(render: Renderer, card: discord.Embed, clip: Clip, channel: str) -> discord.Embed:
    """Return a clip's card, headed as the one that is playing."""
    embed = card.copy()
    embed.set_image(url=None)
    lines = [render(NOW_PLAYING.fill(channel=channel)), card.description or ""]
    lines.append(render(MADE_BY.fill(who=f"<@{clip.origin.user_id}>")))
    embed.description = "\n".join(lines)
    embed.set_footer(text=render(Sentence("AI-generated · clip {id}", id=clip.id)))
    return embed


def notice(render: Renderer, sentence: Sentence) -> discord.Embed:
    """Return an embed with a sentence instead of a card."""
    return discord.Embed(description=render(sentence), colour=COLOUR)
