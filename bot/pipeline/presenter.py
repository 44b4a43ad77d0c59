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
    """The file is larger than this place takes."""


class Undeliverable(Exception):
    """There is no way left to hand a clip over."""


class Unreachable(Undeliverable):
    """Discord was in trouble for all the time there was: a later try may do."""


class Presenter(Protocol):
    """What people see; all ids are found in the job."""

    def max_bytes(self, job: Job) -> int:
        """Return how large a file may be where the job's clip goes."""

    async def show(self, job: Job, progress: JobProgress) -> None:
        """Show how far a job is; what can't be shown is left."""

    async def post(self, job: Job, clip: Clip, packed: PackedClip, *, once_more: bool) -> int:
        """Hand the clip over and return the id of its message.

        `once_more` says that an earlier life of the bot may have posted it without recording it.
        Raises TooLarge and Undeliverable.
        """

    async def show_takes(self, takes: Sequence[tuple[Take, JobProgress | None]]) -> None:
        """Show how far the takes in a message are; what can't be shown is left."""

    async def post_takes(
        self, takes: Sequence[Take], files: Mapping[int, PackedClip], *, once_more: bool
    ) -> int:
        """Hand takes over in one message and return its id; `files` has those that are made.

        They are by number, and all have the picture of all. The message tells how the others
        ended. Otherwise as `post`.
        """

    async def tell(self, job: Job, sentence: Sentence, *, once_more: bool) -> None:
        """Tell why a job ended without a clip.

        `once_more` says that an earlier life of the bot may have told it without recording that.
        Raises Undeliverable, and Unreachable where it is worth another try.
        """
