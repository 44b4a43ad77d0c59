"""What the pipeline needs of Discord's side, and what it hands over there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.audio import posting
from bot.audio.picture import waveform_png
from bot.jobs import Codes, Sound
from bot.orders import Clip, Job, Standing, Tags


class TooLarge(Exception):
    """The file is larger than this place takes."""


class Undeliverable(Exception):
    """There is no way left to hand a clip over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A clip as a file to be posted, with its picture."""

    name: str
    data: bytes = field(repr=False)
    picture: bytes = field(repr=False)


class Surface(Protocol):
    """What people see; all ids are found in the job."""

    def max_bytes(self, job: Job) -> int:
        """Return how large a file may be where the job's clip goes."""

    async def show(self, job: Job, standing: Standing) -> None:
        """Show how far a job is; what can't be shown is left."""

    async def post(self, job: Job, clip: Clip, posting: Posting, *, once_more: bool) -> int:
        """Hand the clip over and return the id of its message.

        `once_more` says that a run before this one may have done it and not written it down.
        Raises TooLarge and Undeliverable.
        """

    async def tell(self, job: Job, sentence: str) -> None:
        """Tell why a job ended without a clip; what can't be told is left."""


def tags_of(clip: Clip) -> Tags:
    """Return what a clip's file tells of how it was made."""
    return Tags(
        prompt=clip.prompt,
        seed=clip.seed,
        model=clip.model,
        kind=clip.kind,
        parent_ids=clip.parent_ids,
        clip_id=clip.id,
        guidance=clip.sampling.guidance,
        temperature=clip.sampling.temperature,
        top_k=clip.sampling.top_k,
        bpm=clip.bpm,
        key=clip.key,
        loops=clip.loops,
    )


def packed(
    clip: Clip, sound: Sound, max_bytes: int, style: posting.Style, codes: Codes | None
) -> Posting:
    """Return a clip as a file of at most so many bytes, in a style, tagged, with its picture.

    Its codes go with it where there are some. Raises OutputError where it can't be made so
    small.
    """
    encoded = posting.encode_for_post(
        sound, max_bytes=max_bytes, tags=tags_of(clip), style=style, codes=codes
    )
    return Posting(
        name=f"zhiyin-{clip.id}{encoded.suffix}",
        data=encoded.data,
        picture=waveform_png(sound),
    )
