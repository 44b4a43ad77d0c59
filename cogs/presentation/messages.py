"""Sentences and texts of messages; nothing here sends them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.limits import GuildSettings
from bot.domain.sound_formats import ACCEPTED_FORMATS
from bot.domain.status import JobProgress
from bot.i18n.contexts import STEM
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, Term, listing, verbatim
from cogs.presentation.account_messages import AS_DISCORD_SAYS
from cogs.presentation.prompts import quote_prompt

IN_LINE = Sentence("Joining the queue …")
LISTENING = Sentence("Listening to your clip …")
LOOPING = Sentence("Finding the bars of this clip …")
MIXING = Sentence("Mixing these two clips …")
NOTHING_TO_MIX = Sentence("There is no other clip here to mix this one with. Make one!")
IS_A_LOOP = Sentence("This clip loops seamlessly already.")
CANCELLED = Sentence("Cancelled. Nothing was charged.")
NOTHING_TO_CANCEL = Sentence("There is nothing of yours to cancel.")
CANCELLED_SOME = Sentence(
    "Cancelled {n} of {count} takes; nothing was charged for them. The others are already made "
    "and on their way."
)
TOO_LATE_TO_CANCEL = Sentence("This one can't be cancelled any more: it is done, or about to be.")
NOT_YOURS = Sentence(
    "Only the person who asked for this clip can do that, or a manager of the server."
)
ONLY_YOURS = Sentence("{owner} Only you see this. **Post it** shows it to everybody here.")
POSTED_ALREADY = Sentence("Clip {id} is posted already. `/clip` posts it once more.")
ONLY_YOU_HAVE_IT = Sentence("Only you see this clip: post it first, so that all can hear it.")
POST_THERE = Sentence("Type `/clip` with the number {id} in the channel where you want to post it.")
POST_ELSEWHERE = Sentence("Clip {id} was not made on this server: post it where you made it.")
GET_ELSEWHERE = Sentence(
    "You did not ask for clip {id} on this server: get it where you did, or in direct messages "
    "with me."
)
FOR_BOT_OWNER = Sentence("Only the owner of this bot can do that.")
FOR_MANAGERS = Sentence("Only managers of this server can do that.")
ON_SERVERS_ONLY = Sentence("This works in servers only.")
NO_CLIP = Sentence("This clip is not here any more.")
NO_SOUND = Sentence(
    "There is no sound in this message that I can use: {accepted}.", accepted=ACCEPTED_FORMATS
)
LONG_WAIT = Sentence(
    "The queue is about {expected} long. I'm not a member of this server, so Discord only lets me "
    "reply for 15 minutes. Try again later, or on a server I've joined."
)
LONG_WAIT_FOR_STEMS = Sentence(
    "The queue is about {expected} long, and Discord only lets me reply to this for 15 minutes. "
    "Try again later."
)
WRONG_CHANNEL = Sentence("I don't make music in this channel. Try {channels}.")
NO_FILES = Sentence(
    "I may not attach files here: a manager of the server can give me the permission *Attach "
    "Files*."
)
SOURCE_GONE = Sentence("The sound that this clip continued is no longer stored. Use Remix instead.")
NO_OTHER_MIXDOWN = Sentence(
    "A mixdown has no other take. **Continue** goes on from it, and **Fork** in its thread takes "
    "the jam another way."
)
UNEXPECTED = Sentence("Something went wrong here. The error has been logged; please try again.")
RESTARTED = Sentence(
    "The bot was restarted before it got to this. Nothing was charged; please ask again in a "
    "minute."
)
NO_PROMPT = Sentence("Please say in words what you want to hear, or use `/random`.")
NO_WORDS = Sentence(
    "Tell me what to make of it: mention me and add some words, such as *make it jazzier*."
)
SOUND_GONE = Sentence(
    "I can't find the message that this form is about any more. Please open the form again from a "
    "message with sound."
)
TOO_OLD = Sentence(
    "This is from before I was last updated, and I can't tell any more what it was about. Please "
    "use the command again."
)
TWO_SOUNDS = Sentence("Choose one: an attached file, or one of your clips.")
NO_SOURCE = Sentence("Attach a sound file, or choose one of your clips.")
UNKNOWN_CLIP = Sentence(
    "I can't find that clip. Choose one from the list that appears while you type."
)
NOT_OURS = Sentence(
    "Nothing in this file says how it was made: it is not a clip of mine, or was changed."
)
EMPTY_QUEUE = Sentence("Nobody is waiting: your clip would start at once.")

_LISTED_PROMPT = 60
# Discord takes 2,000 characters.
_MESSAGE_CHARACTERS = 1900


def join_fitting(lines: Sequence[str]) -> str:
    """Join the first lines, as many as fit into a message."""
    text = ""
    for line in lines:
        if len(text) + len(line) > _MESSAGE_CHARACTERS:
            return f"{text}…"
        text += f"{line}\n"
    return text.rstrip()


def duration(seconds: float) -> Sentence:
    """Return a length of time in words."""
    if seconds < 90:
        return Sentence("{n} s", n=max(1, round(seconds)))
    return Sentence("{n} min", n=round(seconds / 60))


def mention_owner(job: Job) -> str:
    """Return a mention of the person a job is for; the message decides whether it pings."""
    return f"<@{job.order.origin.user_id}>"


def link(parent: Clip | None) -> Sentence:
    """Return a link to a clip's message, as text."""
    if parent is None or parent.is_deleted:
        return Sentence("a clip that is gone")
    if parent.message_id is None:
        return Sentence("clip {id}", id=parent.id)
    guild = parent.origin.guild_id or "@me"
    url = f"https://discord.com/channels/{guild}/{parent.origin.channel_id}/{parent.message_id}"
    return Sentence("[clip {id}]({url})", id=parent.id, url=url)


def ready(job: Job, clip: Clip, takes: int = 1) -> Sentence:
    """Return what calls a person whose clip is ready, or whose takes in one message are."""
    return Plural(
        "{owner}, your clip is ready: {link}",
        "{owner}, your {n} takes are ready: {link}",
        n=takes,
        owner=mention_owner(job),
        link=link(clip),
    )


def queue(
    render: Renderer, jobs: Sequence[tuple[Job, JobProgress | None]], mine: int, total: int
) -> str:
    """List a person's unfinished jobs; shows no prompts of others."""
    if not total:
        return render(EMPTY_QUEUE)
    lines = [Sentence("{total} in the queue, {mine} of them yours.", total=total, mine=mine)]
    for job, progress in jobs:
        if progress is None:
            where = Sentence("being delivered")
        elif progress.is_running:
            where = Sentence("{percent:.0f} % done", percent=100 * progress.share)
        elif not progress.ahead:
            where = Sentence("next")
        else:
            where = Plural("{n} clip ahead of it", "{n} clips ahead of it", n=progress.ahead)
        what = quote_prompt(job.order.prompt, _LISTED_PROMPT)
        lines.append(Sentence("`{id}` {what}: {where}", id=job.id, what=what, where=where))
    return join_fitting([render(line) for line in lines])


def stems(clip: Clip) -> Sentence:
    """Return the text above the files of a clip's stems."""
    return Sentence(
        "The stems of {link}: {names}.",
        link=link(clip),
        names=listing([Term(STEM, name) for name in clip.stems]),
    )


def guild_settings(render: Renderer, settings: GuildSettings, language: str | None) -> str:
    """List the settings of a server; `language` is the name of the one that it has chosen."""

    def amount(value: float | None) -> Sentence:
        if value is None:
            return Sentence("as configured")
        return Sentence("{seconds:g} s", seconds=value)

    lines = [
        Sentence("Seconds a day for a person: {amount}", amount=amount(settings.daily_seconds)),
        Sentence(
            "Seconds a day for the server: {amount}",
            amount=amount(settings.guild_daily_seconds),
        ),
        Sentence("Longest clip: {amount}", amount=amount(settings.max_seconds)),
        Sentence(
            "Clips in the queue at once: {amount}",
            amount=Sentence("as configured") if settings.waiting is None else settings.waiting,
        ),
        Sentence("Pause between two requests: {amount}", amount=amount(settings.cooldown_seconds)),
    ]
    if settings.tiers:
        tiers = ", ".join(f"<@&{role}> {seconds:g} s" for role, seconds in settings.tiers.items())
        lines.append(Sentence("Roles: {tiers}", tiers=tiers))
    if settings.channel_ids:
        channels = ", ".join(f"<#{id_}>" for id_ in sorted(settings.channel_ids))
        lines.append(Sentence("Channels: {channels}", channels=channels))
    if settings.upload_role_ids:
        roles = ", ".join(f"<@&{id_}>" for id_ in sorted(settings.upload_role_ids))
        lines.append(Sentence("May send sounds: {roles}", roles=roles))
    if settings.log_channel_id is not None:
        lines.append(Sentence("Log: {channel}", channel=f"<#{settings.log_channel_id}>"))
    lines.append(Sentence("Language: {language}", language=language or AS_DISCORD_SAYS))
    if settings.blocked_ids:
        lines.append(Sentence("Blocked:"))
        lines += [verbatim(f"<@{id_}>") for id_ in sorted(settings.blocked_ids)]
    return join_fitting([render(line) for line in lines])
