"""Texts about a person's stored data and its deletion."""

from __future__ import annotations

from bot.i18n.sentence import Moment, Plural, Sentence

FORGETTING_FAILED = Sentence(
    "Something went wrong while deleting your data. It goes on by itself; use /privacy delete "
    "again to see whether anything is left."
)
FORGETTING = Sentence("Deleting …")


def exported(number: int) -> Sentence:
    """Return the text above an exported file; several only if one would be too large."""
    if number == 1:
        return Sentence("This is everything I store about you. Only you can see it.")
    return Sentence("This is file {number} of it: one alone would be too large.", number=number)


def backups(keep: int) -> Sentence:
    """Return how long deleted data stays in daily backups, of which `keep` are kept."""
    if not keep:
        return Sentence("I make no backups of my database; my owner may have made some.")
    return Plural(
        "My database is backed up once a day, and the last backup is kept: deleted words stay in "
        "it until a newer one takes its place, after about a day of running.",
        "My database is backed up once a day, and the last {n} backups are kept: deleted words "
        "stay in them until newer ones take their place, after about {n} days of running.",
        n=keep,
    )


def forget_me(keep_backups: int) -> Sentence:
    """Return the confirmation question, with what will be deleted."""
    return Sentence(
        "**This deletes your clips, your prompts and your requests.** Whatever is in the queue is "
        "cancelled. It can't be undone. Messages that I have posted stay on Discord.\n"
        "{backups}",
        backups=backups(keep_backups),
    )


def forgotten(clips: int, keep_backups: int, day_resets_at: float) -> Sentence:
    """Return what was deleted, and what remains for now."""
    return Plural(
        "Done: {n} clip of yours is deleted, with your prompts and requests. How many seconds you "
        "used today is forgotten when your quota resets {again}. Server blocks stay in place.\n"
        "{backups}",
        "Done: {n} clips of yours are deleted, with your prompts and requests. How many seconds "
        "you used today is forgotten when your quota resets {again}. Server blocks stay in "
        "place.\n"
        "{backups}",
        n=clips,
        again=Moment(day_resets_at),
        backups=backups(keep_backups),
    )


def kept(clip_days: int, keep_backups: int) -> Sentence:
    """Return what is stored, and for how long."""
    return Plural(
        "**What I store about you**\n"
        "Your clips and their prompts: {n} day, or until you delete them. They are stored on the "
        "machine that I run on and shown where you asked for them.\n"
        "Files that you send: until the clip is made. What I hear in them is kept in the clip.\n"
        "How many seconds of music you used each day, with your Discord id: as long as I run.\n"
        "Which clips you starred, until you remove the star; your `/settings` and presets.\n"
        "What you reported to the managers of a server: as long as clips; they don't see your "
        "name.\n"
        "What you entered in battles, and how many votes it got.\n"
        "Who is blocked by a server or by my owner: until they are unblocked.\n"
        "Backups: {backups}\n"
        "Nothing is given to anyone else, and nothing is used to train a model.\n"
        "`/privacy export` gives you all of it, `/privacy delete` deletes it.",
        "**What I store about you**\n"
        "Your clips and their prompts: {n} days, or until you delete them. They are stored on the "
        "machine that I run on and shown where you asked for them.\n"
        "Files that you send: until the clip is made. What I hear in them is kept in the clip.\n"
        "How many seconds of music you used each day, with your Discord id: as long as I run.\n"
        "Which clips you starred, until you remove the star; your `/settings` and presets.\n"
        "What you reported to the managers of a server: as long as clips; they don't see your "
        "name.\n"
        "What you entered in battles, and how many votes it got.\n"
        "Who is blocked by a server or by my owner: until they are unblocked.\n"
        "Backups: {backups}\n"
        "Nothing is given to anyone else, and nothing is used to train a model.\n"
        "`/privacy export` gives you all of it, `/privacy delete` deletes it.",
        n=clip_days,
        backups=backups(keep_backups),
    )
