"""Accept uploaded sounds: decode them in the sandbox and store them until the clip is made."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.audio.files.masters import write_master
from bot.audio.untrusted.tags import read_untrusted_tags
from bot.audio.untrusted.uploads import Uploads
from bot.domain.clips import Tags
from bot.domain.jobs import Keep, UploadSource
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.pipeline.stems import Stems
from bot.store.store import Store

log = logging.getLogger(__name__)

FILES_OF_YOURS = Sentence(
    "I am still listening to the files that you sent before. Please wait a moment."
)
FILES_OF_MANY = Sentence("Many people are sending files right now. Please try again in a minute.")

_BARS_SECONDS = 30.0
_FILES_PER_USER = 2
_FILES = 12


class UploadIntake:
    """Decodes uploads; limits how many are in memory at a time."""

    def __init__(self, store: Store, reader: Uploads, stems: Stems) -> None:
        self._store, self._reader, self._stems = store, reader, stems
        self._reading: Counter[int] = Counter()
        self._held: Counter[str] = Counter()
        # One at a time: bounds the memory and processor time of hostile files.
        self._turn = asyncio.Semaphore(1)

    @contextmanager
    def reserve(self, user_id: int) -> Iterator[None]:
        """Count a person's file among those in memory, for the duration of the block.

        Raises Refused at the limit of the person or of all together.
        """
        if self._reading[user_id] >= _FILES_PER_USER:
            raise Refused(FILES_OF_YOURS)
        if self._reading.total() >= _FILES:
            raise Refused(FILES_OF_MANY)
        self._reading[user_id] += 1
        try:
            yield
        finally:
            self._reading[user_id] -= 1
            self._reading += Counter()  # drops those who are at zero

    async def keep(
        self,
        data: bytes,
        *,
        keep_seconds: float,
        keep: Keep | None = None,
        with_codes: bool = False,
    ) -> tuple[str, float]:
        """Decode a stranger's file, store the needed part, and return its file name and seconds.

        For a remix that is enough to detect bars; for `Keep.START` and `Keep.TUNE` it is the start,
        else the end. With `with_codes` the codes of all of it are stored too. Raises SoundError,
        also if the file has no codes that fit the model.
        """
        wanted = keep_seconds if keep is None else max(keep_seconds, _BARS_SECONDS)
        async with self._turn:
            codes = await self._stems.read_codes(data) if with_codes else None
            at_start = keep in (Keep.START, Keep.TUNE)
            read = self._reader.read_start if at_start else self._reader.read
            sound = await read(data, keep_seconds=wanted)
        name = f"{secrets.token_hex(8)}.flac"
        await asyncio.to_thread(write_master, self._store.uploads_folder / name, sound, codes)
        return name, min(sound.seconds, keep_seconds)

    @contextmanager
    def hold(self, file: str) -> Iterator[None]:
        """Keep a file while its takes are ordered.

        The first take may end, and discard it, before the last one is accepted.
        """
        self._held[file] += 1
        try:
            yield
        finally:
            self._held[file] -= 1
            self._held += Counter()

    async def discard(self, file: str) -> None:
        """Delete a stored file unless an unfinished order needs it."""
        # The other takes of the same order may still need it.
        if file not in self._held and file not in await self._wanted():
            (self._store.uploads_folder / file).unlink(missing_ok=True)

    async def discard_all(self) -> None:
        """Delete all files that no unfinished order needs, left over from a previous run.

        Call it before the first order arrives: a file whose order is being accepted would be lost.
        """
        wanted = await self._wanted()
        for path in await asyncio.to_thread(list, self._store.uploads_folder.iterdir()):
            if path.name not in wanted and path.is_file():
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("upload.not_deleted file=%s %s", path.name, error)

    async def _wanted(self) -> set[str]:
        sources = [job.order.source for job in await self._store.jobs.unfinished()]
        return {source.file for source in sources if isinstance(source, UploadSource)}

    async def read_tags(self, data: bytes) -> Tags | None:
        """Return the tags of a stranger's file; None if it has none."""
        async with self._turn:
            return await read_untrusted_tags(data)
