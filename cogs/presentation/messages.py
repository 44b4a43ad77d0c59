"""All that people read: sentences, cards and bars. Nothing here sends anything."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import discord

from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.limits import GuildSettings, Quota
from bot.domain.status import JobProgress

IN_LINE = "Getting in line …"
LISTENING = "Listening to your clip …"
LOOPING = "Looking for the bars of this clip …"
IS_A_LOOP = "This clip repeats without a bump already."
CANCELLED = "Cancelled. Nothing was charged."
NOTHING_TO_CANCEL = "There is nothing of yours to cancel."
TOO_LATE_TO_CANCEL = "This one can't be cancelled any more: it is done, or about to be."
NOT_YOURS = "Only the person who asked for this clip can do that, or a manager of the server."
NO_CLIP = "This clip is not here any more."
NO_SOUND = "There is no sound in this message that I can use: MP3, WAV, FLAC, OGG, M4A or WebM."
LONG_WAIT = (
    "The line is about {expected} long, and where I am no member I can answer for a quarter of an "
    "hour only. Try again later, or where I am a member."
)
LONG_WAIT_FOR_STEMS = (
    "The line is about {expected} long, and this can be answered for a quarter of an hour only. "
    "Try again later."
)
WRONG_CHANNEL = "Music is not made in this channel. Try {channels}."
NO_FILES = "I may not attach files here: a manager of the server can give me the right to."
SOURCE_GONE = "The sound that this clip went on from is not kept any more. Use Remix instead."
UNEXPECTED = "Something went wrong here. It was written down; please try again."
NO_PROMPT = "Please say in words what you want to hear, or use `/random`."
NO_WORDS = "Tell me what to make of it: mention me and add some words, such as *make it jazzier*."
TWO_SOUNDS = "Choose one: an attached file, or one of your clips."
NO_SOURCE = "Attach a sound file, or choose one of your clips."
UNKNOWN_CLIP = "I can't find that clip. Choose one from the list that appears while you type."
HELD = "**Could not be posted where it was asked for.** It is yours for a day:"
NOT_HELD = "This clip is not kept here any more."
NOT_OURS = "Nothing in this file says how it was made: it is not a clip of mine, or was changed."
NO_HISTORY = "You have made nothing yet. Try `/music`."
EMPTY_QUEUE = "Nobody is waiting: your clip would begin at once."

_BAR_STEPS = 12
_SHOWN_PROMPT = 200
_LISTED_PROMPT = 60
# Discord takes 2,000.
_MESSAGE_CHARACTERS = 1900
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joins Chinese, Persian and emoji where they need it.
_JOINERS = {"\u200d", "\ufe0f"}


def cleaned(text: str | None) -> str | None:
    """Return a prompt without what can't be seen, its spaces made single; None if none is left."""
    if text is None:
        return None
    composed = unicodedata.normalize("NFC", text)
    seen = (
        " "
        if character.isspace()
        else character
        if character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
        else ""
        for character in composed
    )
    words = "".join(seen).strip().split()
    joined = " ".join(words)
    has_meaning = any(unicodedata.category(c)[0] in "LNSP" for c in joined)
    return joined if has_meaning else None


def shown(prompt: str | None, most: int = _SHOWN_PROMPT) -> str:
    """Return a prompt as text in a message: short, and without effect."""
    if prompt is None:
        return "a random clip"
    short = prompt if len(prompt) <= most else prompt[: most - 1] + "…"
    # Mentions are switched off for all that the bot sends; this keeps them from being shown, too.
    plain = discord.utils.escape_markdown(short).replace("<", "\\<").replace("@", "@\u200b")
    return plain.replace("://", ":\u200b//")


def _fitting(lines: Sequence[str]) -> str:
    """Join as many lines as a message holds."""
    text = ""
    for line in lines:
        if len(text) + len(line) > _MESSAGE_CHARACTERS:
            return f"{text}…"
        text += f"{line}\n"
    return text.rstrip()


def duration(seconds: float) -> str:
    """Say a length of time."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def progress(job: Job, standing: JobProgress) -> str:
    """Say where a job is: its place in line, or a bar."""
    what = shown(job.order.prompt)
    if not standing.is_running:
        again = "The music engine was restarted, so this is made again. " if job.attempts else ""
        if standing.trouble is not None:
            return f"**{what}**\n{standing.trouble} Your place in line is kept."
        if not standing.model_is_ready:
            return f"{again}**{what}**\nThe model is being loaded; this takes about half a minute."
        place = "You are next." if not standing.ahead else f"{standing.ahead} before you."
        left = standing.seconds_left
        when = f" Ready in about {duration(left)}." if left is not None else ""
        return f"{again}**{what}**\n{place}{when}"
    full = round(_BAR_STEPS * standing.share)
    bar = "▰" * full + "▱" * (_BAR_STEPS - full)
    left = standing.seconds_left
    when = f", {duration(left)} left" if left is not None else ""
    return f"**{what}**\n{bar} {100 * standing.share:.0f} %{when}"


def owner(job: Job) -> str:
    """Name the person that a job is for; whether it calls them is the message's affair."""
    return f"<@{job.order.place.user_id}>"


def link(parent: Clip | None) -> str:
    """Return a link to a clip's message, as text."""
    if parent is None or parent.is_deleted:
        return "a clip that is gone"
    if parent.message_id is None:
        return f"clip {parent.id}"
    guild = parent.place.guild_id or "@me"
    url = f"https://discord.com/channels/{guild}/{parent.place.channel_id}/{parent.message_id}"
    return f"[clip {parent.id}]({url})"


def quota(found: Quota) -> str:
    """Say how much of today's seconds is left."""
    return (
        f"You have **{found.left_seconds:.0f} s** of music left today, of "
        f"{found.daily_seconds:.0f} s. It begins anew <t:{int(found.resets_at)}:R>.\n"
        "Only clips that reached you are counted."
    )


def queue(jobs: Sequence[tuple[Job, JobProgress | None]], mine: int, total: int) -> str:
    """List what waits and runs; names nobody else's prompt."""
    if not total:
        return EMPTY_QUEUE
    lines = [f"{total} in line, {mine} of them yours."]
    for job, standing in jobs:
        if standing is None:
            where = "being delivered"
        elif standing.is_running:
            where = f"{100 * standing.share:.0f} % done"
        else:
            where = "next" if not standing.ahead else f"{standing.ahead} before it"
        lines.append(f"`{job.id}` {shown(job.order.prompt, _LISTED_PROMPT)}: {where}")
    return _fitting(lines)


def history(clips: Sequence[Clip], held: Sequence[Clip]) -> str:
    """List a person's clips, newest first, after those that wait to be fetched."""
    if not clips:
        return NO_HISTORY
    lines = [HELD] if held else []
    waiting = {clip.id for clip in held}
    lines += [f"clip {clip.id}: {shown(clip.prompt, _LISTED_PROMPT)}" for clip in held]
    for clip in clips:
        if clip.id in waiting:
            continue
        text = f"<t:{int(clip.created_at)}:R> {shown(clip.prompt, _LISTED_PROMPT)}, seed "
        lines.append(f"{text}`{clip.seed}` · {link(clip)}")
    return _fitting(lines)


def stems(clip: Clip) -> str:
    """Say what the files of a clip's stems are."""
    return f"The stems of {link(clip)}: {', '.join(clip.stems)}."


HELP = """\
**Make music**
`/music` from words: style, instruments, mood, tempo ("slow blues with saxophone, 80 BPM"). \
`loop` cuts it to whole bars, so that it repeats without a bump.
`/random` anything at all.
**Play with each other's clips**
`/remix` a file or one of your clips, with new words.
Under every clip: **Again**, **Continue**, **Remix**, **Loop**, **Details**, **Delete**. Where the \
model has them, **Stems**: drums, bass and the rest as files, and a remix can keep some.
On any message with sound: *Apps > Remix this clip*, *Continue this clip*, *What is this clip?* Or \
reply to it, mention me and say what to make of it. `/whatis` tells how a file of mine was made.
**Keep an eye on it**
`/queue` `/cancel` `/history` `/quota` `/about` `/privacy`
You pay in seconds of music a day, and only for clips that reach you."""


def guild_settings(settings: GuildSettings) -> str:
    """Say what the managers of a server have set."""

    def said(value: float | None, unit: str) -> str:
        return "as configured" if value is None else f"{value:g}{unit}"

    lines = [
        f"Seconds a day for a person: {said(settings.daily_seconds, ' s')}",
        f"Seconds a day for the server: {said(settings.guild_daily_seconds, ' s')}",
        f"Longest clip: {said(settings.max_seconds, ' s')}",
        f"Clips in line at once: {said(settings.waiting, '')}",
    ]
    if settings.tiers:
        tiers = ", ".join(f"<@&{role}> {seconds:g} s" for role, seconds in settings.tiers.items())
        lines.append(f"Roles: {tiers}")
    if settings.channel_ids:
        lines.append("Channels: " + ", ".join(f"<#{id_}>" for id_ in sorted(settings.channel_ids)))
    if settings.blocked_ids:
        lines += ["Blocked:", *(f"<@{id_}>" for id_ in sorted(settings.blocked_ids))]
    return _fitting(lines)
