"""What people are told of what is kept of them, and of how it goes."""

from __future__ import annotations

EXPORTED = "This is all that I keep of you. It is for you alone."
FORGETTING = "Deleting …"


def backups(keep: int) -> str:
    """Say how long what is deleted lives on in so many daily copies of the database."""
    if not keep:
        return "I make no copies of my database; whoever runs me may have made some."
    kept, days = (
        ("last copy is", "a day") if keep == 1 else (f"last {keep} copies are", f"{keep} days")
    )
    return (
        f"My database is copied once a day, and the {kept} kept: deleted words are still in "
        f"there until newer copies take their place, after about {days} of running."
    )


def forget_me(keep_backups: int) -> str:
    """Ask whether all of a person is to be deleted, and say what that is."""
    return (
        "**This deletes your clips here, your words and your orders.** What is in line is "
        "cancelled. It can't be undone. Messages that I have posted stay: they are in Discord's "
        f"hands, and yours.\n{backups(keep_backups)}"
    )


def forgotten(clips: int, keep_backups: int) -> str:
    """Say what was deleted, and what is not gone yet."""
    return (
        f"Done: {clips} clips of yours are deleted, with your words and orders. How many seconds "
        "you used today is forgotten at midnight UTC. Whoever blocked you here still does.\n"
        f"{backups(keep_backups)}"
    )


def kept(clip_days: int, keep_backups: int) -> str:
    """Say what is kept, and for how long."""
    return (
        "**What I keep of you**\n"
        f"Your clips and the words for them: {clip_days} days, or until you delete them. They are "
        "kept on the machine that I run on and shown where you asked for them.\n"
        "Files that you send: until the clip is made. What I hear in them is kept in the clip.\n"
        "How many seconds of music you used each day, with your Discord id: as long as I run.\n"
        "Whom a server has blocked: until it lets them in again.\n"
        f"Copies: {backups(keep_backups)}\n"
        "Nothing is given to anyone else, and nothing is used to train a model.\n"
        "`/privacy export` gives you all of it, `/privacy delete` deletes it."
    )
