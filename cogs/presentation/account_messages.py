"""Texts about a person's own history, quota and settings."""

from __future__ import annotations

from bot.domain.limits import Quota
from bot.domain.preferences import Preferences
from bot.i18n.sentence import Moment, Sentence

AS_DISCORD_SAYS = Sentence("as Discord says")


def quota(found: Quota) -> Sentence:
    """Return how much of today's quota is left."""
    return Sentence(
        "You have **{left:.0f} s** of music left today. Each day you get {daily:.0f} seconds of "
        "music. Resets {moment}.\n"
        "Only clips that reached you, or are waiting in `/history`, count.",
        left=found.left_seconds,
        daily=found.daily_seconds,
        moment=Moment(found.resets_at),
    )


def preferences(wanted: Preferences, usual_seconds: float, language: str | None) -> Sentence:
    """Return a person's settings; `language` is the name of the chosen one."""
    call = (
        Sentence("I ping you when a clip that you waited for is ready.")
        if wanted.wants_ping
        else Sentence("I don't ping you when a clip is ready.")
    )
    seen = (
        Sentence(
            "Only you see your clips, until you press **Post it**; what you ask for by mentioning "
            "me is answered where you ask."
        )
        if wanted.is_private
        else Sentence("Everybody in the channel sees your clips.")
    )
    voice = (
        Sentence("Each is followed by a voice message, where I may post one.")
        if wanted.as_voice
        else Sentence("They come without a voice message.")
    )
    spoken = Sentence("I write to you in the language of your Discord.")
    if language is not None:
        spoken = Sentence("I write to you in {language}.", language=language)
    return Sentence(
        "{call}\nYour clips are {seconds:g} s long unless you say otherwise.\n{seen}\n{spoken}",
        call=call,
        seconds=usual_seconds,
        seen=Sentence("{seen}\n{voice}", seen=seen, voice=voice),
        spoken=spoken,
    )
