"""The hourly retention job: delete expired clips, tokens and orphaned files; back up daily."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from bot.domain.jobs import UploadSource
from bot.errors import ZhiyinError
from bot.store.backup import rotate
from bot.store.clock_changes import read_clocks
from bot.store.store import Store

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0

HELD_SECONDS = 86_400.0
"""How long a held clip is kept."""

_DAY_SECONDS = 86_400.0
_AT_ONCE = 100
_FILES_AT_ONCE = 1000


async def run_retention(
    store: Store, keep_clips_days: int, keep_backups: int, clock: Callable[[], float]
) -> None:
    """Sweep now and every hour, and back up once a day, until cancelled.

    Nothing is deleted for its age while the machine's clock may be wrong.
    """
    while True:
        await _back_up(store, keep_backups, clock())
        try:
            is_settled = await store.clock_watch.observe(read_clocks(clock))
            swept = await sweep(store, keep_clips_days, clock(), by_age=is_settled)
        except Exception:
            # The next sweep retries.
            log.exception("store.not_swept")
        else:
            log.info("store.swept files=%d by_age=%s", swept, is_settled)
        await asyncio.sleep(EVERY_SECONDS)


async def _back_up(store: Store, keep_backups: int, now: float) -> None:
    """Make today's backup; failures are logged, so that the sweeps continue."""
    try:
        made = await asyncio.to_thread(rotate, store.folder, keep_backups, now)
    except ZhiyinError as error:
        log.error("store.not_backed_up %s", error.sentence)
    except Exception:
        log.exception("store.not_backed_up")
    else:
        if made is not None:
            log.info("store.backed_up file=%s", made.name)


async def sweep(store: Store, keep_clips_days: int, now: float, *, by_age: bool = True) -> int:
    """Delete expired data and return the number of deleted files.

    Without `by_age` only data that does not depend on the clock.
    """
    await store.jobs.forget_tokens()
    gone = {store.clips_folder / name for name in await store.privacy.resume()}
    await store.privacy.delete_past_entries()
    if by_age:
        gone |= await _delete_expired(store, keep_clips_days, now)
    await store.privacy.scrub()
    if by_age:
        gone |= await _find_orphans(store, now)
    return sum([await asyncio.to_thread(_delete_file, file) for file in gone])


def _delete_file(file: Path) -> bool:
    """Delete a file; a failure is logged, so that other files are deleted."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("store.file_not_deleted file=%s %s", file.name, error)
        return False
    return True


async def _delete_expired(store: Store, keep_clips_days: int, now: float) -> set[Path]:
    """Delete expired clips and texts; return the files to be deleted."""
    gone = set()
    too_old = partial(store.clips.older_than, now - keep_clips_days * _DAY_SECONDS, _AT_ONCE)
    never_fetched = partial(store.clips.held_before, now - HELD_SECONDS, _AT_ONCE)
    for expired in (too_old, never_fetched):
        while clips := await expired():
            for clip in clips:
                # Posts stay on Discord, as those do that show the clip where it was made.
                name = await store.clips.delete(clip.id, has_expired=True)
                if name is not None:
                    gone.add(store.clips_folder / name)
    await store.privacy.delete_old_texts(now - keep_clips_days * _DAY_SECONDS)
    return gone


async def _find_orphans(store: Store, now: float) -> set[Path]:
    """Return files left by a killed bot: of deleted clips, or duplicates."""
    gone: set[Path] = set()
    async for sounds in _files_before(store.clips_folder, now - EVERY_SECONDS):
        # In this order, a clip that is recorded meanwhile is among the known ones.
        theirs = {str(job.id) for job in await store.jobs.unfinished()}
        unknown = await store.clips.unknown_files([file.name for file in sounds])
        gone |= {file for file in sounds if file.name in unknown and file.stem not in theirs}
    # A new file may belong to an order that is being accepted.
    async for uploads in _files_before(store.uploads_folder, now - EVERY_SECONDS):
        sources = [job.order.source for job in await store.jobs.unfinished()]
        wanted = {source.file for source in sources if isinstance(source, UploadSource)}
        gone |= {file for file in uploads if file.name not in wanted}
    return gone


async def _files_before(folder: Path, at: float) -> AsyncIterator[list[Path]]:
    """Yield a folder's files from before a time, in batches.

    The folder is read in a thread, since there may be years of files.
    """
    with os.scandir(folder) as entries:
        while (files := await asyncio.to_thread(_some_before, entries, at)) is not None:
            yield files


def _some_before(entries: Iterator[os.DirEntry[str]], at: float) -> list[Path] | None:
    """Return the next batch of files from before a time; None at the end."""
    some = list(itertools.islice(entries, _FILES_AT_ONCE))
    found = []
    for file in some:
        # A file may vanish meanwhile; a name with a leading dot is being written.
        with suppress(FileNotFoundError):
            is_ours = file.is_file() and not file.name.startswith(".")
            if is_ours and file.stat().st_mtime < at:
                found.append(Path(file.path))
    return found if some else None
