"""The port through which the pipeline shows and posts; Discord implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.status import JobProgress
from bot.domain.takes import Take
from bot.i18n.sentence import Sentence
from bot.pipeline.packaging import PackedClip


class TooLarge(Exception):
    """The file exceeds the upload limit of this place."""


class Undeliverable(Exception):
    """Nobody can be reached with this message, by any way."""


class Unreachable(Undeliverable):
    """Discord failed until the retries were used up; a later try may succeed."""


class Presenter(Protocol):
    """Shows jobs and posts clips; all ids it needs are in the job."""

    def max_bytes(self, job: Job) -> int:
        """Return the upload limit, in bytes, of the place where the job's clip goes."""

    async def show(self, job: Job, progress: JobProgress) -> None:
        """Show the progress of a job; failures are ignored."""

    async def post(self, job: Job, clip: Clip, packed: PackedClip, *, may_be_posted: bool) -> int:
        """Post the clip and return the id of its message.

        `may_be_posted` says that a previous run of the bot may have posted it without recording
        that. Raises TooLarge and Undeliverable.
        """

    async def show_takes(self, takes: Sequence[tuple[Take, JobProgress | None]]) -> None:
        """Show the progress of the takes in a message; failures are ignored."""

    async def post_takes(
        self, takes: Sequence[Take], files: Mapping[int, PackedClip], *, may_be_posted: bool
    ) -> int:
        """Post takes in one message and return its id; `files` has the generated ones by number.

        All share one picture. The message also says how the other takes ended. Otherwise as `post`.
        """

    async def follow_up(self, job: Job, clip: Clip, *, takes: int = 1) -> None:
        """Do what follows a clip that is posted and settled, such as a ping; failures are ignored.

        `clip` is the first of `takes` in its message. After a crash it is not done again.
        """

    async def post_failure(self, job: Job, sentence: Sentence, *, may_be_posted: bool) -> None:
        """Post why a job ended without a clip.

        `may_be_posted` says that a previous run of the bot may have posted it without recording
        that. Raises Undeliverable, and Unreachable if a later try may succeed.
        """
