"""The progress of a job, as text."""

from __future__ import annotations

from bot.domain.jobs import Job
from bot.domain.status import JobProgress
from bot.i18n.sentence import Plural, Sentence
from cogs.presentation.messages import duration
from cogs.presentation.prompts import quote_prompt

_BAR_STEPS = 12


def progress(job: Job, job_progress: JobProgress) -> Sentence:
    """Return a job's place in the queue, or a progress bar."""
    what, left = quote_prompt(job.order.prompt), job_progress.seconds_left
    if job_progress.is_running:
        full = round(_BAR_STEPS * job_progress.share)
        bar = "▰" * full + "▱" * (_BAR_STEPS - full)
        percent = 100 * job_progress.share
        if left is None:
            return Sentence(
                "**{what}**\n{bar} {percent:.0f} %", what=what, bar=bar, percent=percent
            )
        return Sentence(
            "**{what}**\n{bar} {percent:.0f} %, {left} left",
            what=what,
            bar=bar,
            percent=percent,
            left=duration(left),
        )
    if job_progress.trouble is not None:
        return Sentence(
            "**{what}**\n{trouble} Your place in the queue is kept.",
            what=what,
            trouble=job_progress.trouble,
        )
    if not job_progress.model_is_ready:
        waiting = Sentence(
            "**{what}**\nThe model is being loaded; this takes about half a minute.", what=what
        )
    else:
        waiting = Sentence("**{what}**\n{place}", what=what, place=_place(job_progress))
    if not job.attempts:
        return waiting
    return Sentence(
        "The music engine was restarted, so this is made again. {waiting}", waiting=waiting
    )


def _place(job_progress: JobProgress) -> Sentence:
    ahead, left = job_progress.ahead, job_progress.seconds_left
    if left is None:
        if not ahead:
            return Sentence("You are next.")
        return Plural("{n} clip ahead of you.", "{n} clips ahead of you.", n=ahead)
    if not ahead:
        return Sentence("You are next. Ready in about {left}.", left=duration(left))
    return Plural(
        "{n} clip ahead of you. Ready in about {left}.",
        "{n} clips ahead of you. Ready in about {left}.",
        n=ahead,
        left=duration(left),
    )
