"""What a person is told of their own: history, quota and settings."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.clips import Clip
from bot.domain.limits import Quota
from bot.domain.preferences import Preferences
from bot.i18n.languages import Reader
from bot.i18n.sentence import Moment, Sentence
from cogs.presentation.messages import join_fitting, link
from cogs.presentation.prompts import quote_prompt

HELD = Sentence("**Could not be posted where it was asked for.** It is yours for a day:")
NO_HISTORY = Sentence("You have made nothing yet. Try `/music`.")

_LISTED_PROMPT = 60


def history(read: Reader, clips: Sequence[Clip], held: Sequence[Clip]) -> str:
    """List a person's held clips, then the others, newest first."""
    if not clips:
        return read(NO_HISTORY)
    lines = [HELD] if held else []
    waiting = {clip.id for clip in held}
    lines += [
        Sentence("clip {id}: {what}", id=clip.id, what=quote_prompt(clip.prompt, _LISTED_PROMPT))
        for clip in held
    ]
    lines += [
        Sentence(
            "{moment} {what}, seed `{seed}` · {link}",
            moment=Moment(clip.created_at),
            what=quote_prompt(clip.prompt, _LISTED_PROMPT),
            seed=str(clip.seed),
            link=link(clip),
        )
        for clip in clips
        if clip.id not in waiting
    ]
    return join_fitting([read(line) for line in lines])


def quota(found: Quota) -> Sentence:
    """Return how much of today's quota is left."""
    return Sentence(
        "You have **{left:.0f} s** of music left today, of {daily:.0f} s. It resets "
        "{moment}.\nOnly clips that reached you, or wait for you in `/history`, are counted.",
        left=found.left_seconds,
        daily=found.daily_seconds,
        moment=Moment(found.resets_at),
    )


def preferences(wanted: Preferences, usual_seconds: float) -> Sentence:
    """Return how a person is served."""
    call = (
        Sentence("I call you when a clip is ready that you waited for.")
        if wanted.is_called
        else Sentence("I don't call you when a clip is ready.")
    )
    return Sentence(
        "{call}\nYour clips are {seconds:g} s long unless you say otherwise.",
        call=call,
        seconds=usual_seconds,
    )
