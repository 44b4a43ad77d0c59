"""Takes of one order, shown in one message."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.clips import Clip
from bot.domain.jobs import Job, JobState

MOST_TOGETHER = 4
"""How many takes a message shows; more would be too long for a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A take in a message; `number` is that of its button, from 1."""

    number: int
    job: Job
    clip: Clip | None = None
    """Its clip; None if it is not generated (yet)."""

    @property
    def is_being_made(self) -> bool:
        """Return whether it is waiting or being generated."""
        return self.job.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def is_to_be_posted(self) -> bool:
        """Return whether it is generated and not posted yet."""
        return self.job.state in (JobState.RENDERED, JobState.DELIVERING)

    @property
    def is_shown(self) -> bool:
        """Return whether it is posted and not deleted."""
        return self.clip is not None and self.clip.message_id is not None and not self.is_deleted

    @property
    def is_deleted(self) -> bool:
        """Return whether it was generated and deleted."""
        return self.clip is not None and self.clip.is_deleted


def split_evenly(count: int) -> list[int]:
    """Return how many takes each message shows, for `count` takes in all."""
    messages = -(-count // MOST_TOGETHER)
    least, more = divmod(count, messages)
    return [least + (number < more) for number in range(messages)]
