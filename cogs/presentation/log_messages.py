"""Lines of a server's log: an action, after the name of the manager who did it."""

from __future__ import annotations

from bot.domain.clips import Clip
from bot.domain.reports import Report
from bot.i18n.sentence import Plural, Sentence, listing
from cogs.presentation.messages import link
from cogs.presentation.prompts import escape, quote_prompt

UNLIMITED = Sentence("all limits reset to those of the bot's owner")
TIER = Sentence("{role} has {seconds:g} s of music a day")
NO_TIER = Sentence("{role} no longer has a quota of its own")
CHANNEL = Sentence("music allowed in {channel}")
NO_CHANNEL = Sentence("{channel} taken off the list of channels for music")
LANGUAGE = Sentence("language of the server: {language}")
UPLOADS = Sentence("{role} may send sounds")
NO_UPLOADS = Sentence("{role} taken off the list of those who may send sounds")
BLOCKED = Sentence("{person} blocked")
UNBLOCKED = Sentence("{person} may make music again")
RESET = Sentence("{person} got {back:.0f} s of today's quota back")
WORD = Sentence("{entry} put on the word list")
NO_WORD = Sentence("{entry} taken off the word list")
DAILY = Sentence("daily prompts in {channel}, at {hour}:00 in {zone}")
NO_DAILY = Sentence("no more daily prompts")
NO_BEST = Sentence("the best clips are no longer collected")
SHARED = Sentence("preset **{name}** saved for the server")
UNSHARED = Sentence("the server's preset **{name}** deleted")
NO_LOG = Sentence("this log ends")
CLOSED_TO_DAILY = Sentence(
    "I could not post today's prompt in {channel}: I may not. I try again tomorrow: give me *Send "
    "Messages* and *Embed Links* there, or choose another channel with `/admin daily`."
)
NO_CHANNEL_FOR_DAILY = Sentence(
    "I could not post today's prompt: its channel is gone. Choose another one with `/admin daily`; "
    "without a channel, it ends the prompts."
)
CLOSED_TO_BEST = Sentence(
    "I could not post clip {id} in {channel}: I may not. Give me *Send Messages*, *Embed Links* "
    "and *Attach Files* there, or choose another channel with `/admin best`."
)
NO_CHANNEL_FOR_BEST = Sentence(
    "I could not post clip {id} among the best ones: their channel is gone. Choose another one "
    "with `/admin best`; without a channel, it ends the collection."
)

_QUOTED = 120


def line(manager_id: int, done: Sentence) -> Sentence:
    """Return the log line of a manager's action."""
    return Sentence("{who}: {done}.", who=f"<@{manager_id}>", done=done)


def limits_set(
    person: float | None,
    server: float | None,
    longest: float | None,
    pause: float | None,
    waiting: int | None,
) -> Sentence | None:
    """Return which limits were set; None if none."""
    parts = []
    if person is not None:
        parts.append(Sentence("{seconds:g} s a day for each person", seconds=person))
    if server is not None:
        parts.append(Sentence("{seconds:g} s a day for all together", seconds=server))
    if longest is not None:
        parts.append(Sentence("clips of at most {seconds:g} s", seconds=longest))
    if pause is not None:
        parts.append(Sentence("{seconds:g} s between two requests", seconds=pause))
    if waiting is not None:
        parts.append(Plural("{n} clip in the queue", "{n} clips in the queue", n=waiting))
    return Sentence("limits set: {what}", what=listing(parts)) if parts else None


def best_in(channel_id: int, stars: int) -> Sentence:
    """Return from how many stars on clips are collected, and where."""
    return Plural(
        "clips with {n} star are collected in {channel}",
        "clips with {n} stars are collected in {channel}",
        n=stars,
        channel=f"<#{channel_id}>",
    )


def deleted(clip: Clip) -> Sentence:
    """Return the line for a clip that a manager deleted."""
    return Sentence(
        "clip {id} of {person} deleted: {what}",
        id=clip.id,
        person=f"<@{clip.origin.user_id}>",
        what=quote_prompt(clip.prompt, _QUOTED),
    )


def reported(report: Report, clip: Clip) -> Sentence:
    """Return the line for a report, without its author."""
    why = Sentence("no reason was given")
    if report.words is not None:
        why = Sentence("“{words}”", words=escape(report.words, 2 * _QUOTED))
    return Plural(
        "**Reported:** {link} by {person}, {what}\nWhy: {why}",
        "**Reported by {n} people:** {link} by {person}, {what}\nWhy, in the latest: {why}",
        n=report.count,
        link=link(clip),
        person=f"<@{clip.origin.user_id}>",
        what=quote_prompt(clip.prompt, _QUOTED),
        why=why,
    )
