"""What people are told of the data kept of them, and of its deletion."""

from __future__ import annotations

from bot.i18n.sentence import Moment, Plural, Sentence

FORGETTING_FAILED = Sentence(
    "Something went wrong while everything of yours was being deleted. What was begun goes on by "
    "itself; use /privacy delete again to see whether anything is left."
)
FORGETTING = Sentence("Deleting …")


def exported(number: int) -> Sentence:
    """Tell what a file is; there are several only where one would be too large to post."""
    if number == 1:
        return Sentence("This is all that I keep of you. It is for you alone.")
    return Sentence("This is file {number} of it, since one would be too large.", number=number)


def backups(keep: int) -> Sentence:
    """Tell how long deleted data stays in so many daily copies of the database."""
    if not keep:
        return Sentence("I make no copies of my database; whoever runs me may have made some.")
    return Plural(
        "My database is copied once a day, and the last copy is kept: deleted words are still in "
        "there until newer copies take their place, after about a day of running.",
        "My database is copied once a day, and the last {n} copies are kept: deleted words are "
        "still in there until newer copies take their place, after about {n} days of running.",
        n=keep,
    )


def forget_me(keep_backups: int) -> Sentence:
    """Ask for a confirmation, and tell what is deleted."""
    return Sentence(
        "**This deletes your clips here, your words and your orders.** What is queued is "
        "cancelled. It can't be undone. Messages that I have posted stay: they are in Discord's "
        "hands, and yours.\n{backups}",
        backups=backups(keep_backups),
    )


def forgotten(clips: int, keep_backups: int, day_resets_at: float) -> Sentence:
    """Tell what was deleted, and what remains for now."""
    return Plural(
        "Done: {n} clip of yours is deleted, with your words and orders. How many seconds you "
        "used today is forgotten when your day resets {again}. Server blocks stay in place.\n"
        "{backups}",
        "Done: {n} clips of yours are deleted, with your words and orders. How many seconds you "
        "used today is forgotten when your day resets {again}. Server blocks stay in place.\n"
        "{backups}",
        n=clips,
        again=Moment(day_resets_at),
        backups=backups(keep_backups),
    )


def kept(clip_days: int, keep_backups: int) -> Sentence:
    """Tell what is kept, and for how long."""
    return Plural(
        "**What I keep of you**\n"
        "Your clips and the words for them: {n} day, or until you delete them. They are kept on "
        "the machine that I run on and shown where you asked for them.\n"
        "Files that you send: until the clip is made. What I hear in them is kept in the clip.\n"
        "How many seconds of music you used each day, with your Discord id: as long as I run.\n"
        "Which clips you starred, until you take the star back; your `/settings` and presets.\n"
        "What you reported to the managers of a server: as long as clips; they see no name.\n"
        "What you entered in battles, and how many votes it got.\n"
        "Whom a server, or my owner, has blocked: until they let them in again.\n"
        "Copies: {backups}\n"
        "Nothing is given to anyone else, and nothing is used to train a model.\n"
        "`/privacy export` gives you all of it, `/privacy delete` deletes it.",
        "**What I keep of you**\n"
        "Your clips and the words for them: {n} days, or until you delete them. They are kept on "
        "the machine that I run on and shown where you asked for them.\n"
        "Files that you send: until the clip is made. What I hear in them is kept in the clip.\n"
        "How many seconds of music you used each day, with your Discord id: as long as I run.\n"
        "Which clips you starred, until you take the star back; your `/settings` and presets.\n"
        "What you reported to the managers of a server: as long as clips; they see no name.\n"
        "What you entered in battles, and how many votes it got.\n"
        "Whom a server, or my owner, has blocked: until they let them in again.\n"
        "Copies: {backups}\n"
        "Nothing is given to anyone else, and nothing is used to train a model.\n"
        "`/privacy export` gives you all of it, `/privacy delete` deletes it.",
        n=clip_days,
        backups=backups(keep_backups),
    )
