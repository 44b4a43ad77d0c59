"""The store: the database with its tables, and the folders of sound beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.clips import Clips
from bot.store.database import open_database
from bot.store.invariants import check
from bot.store.jobs import Jobs
from bot.store.ledger import Ledger
from bot.store.privacy import Privacy
from bot.store.settings import Settings
from bot.store.totals import Totals, totals


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept."""

    ledger: Ledger
    jobs: Jobs
    clips: Clips
    settings: Settings
    privacy: Privacy
    clips_folder: Path
    uploads_folder: Path
    totals: Callable[[], Awaitable[Totals]]
    """Counts everything there is."""
    check: Callable[[], Awaitable[list[str]]]
    """Says what in the database is not as it should be, in sentences; sound is not looked for."""

    @property
    def folder(self) -> Path:
        """Return the folder of it all."""
        return self.clips_folder.parent


@asynccontextmanager
async def open_store(folder: Path, clock: Callable[[], float]) -> AsyncIterator[Store]:
    """Open the store in a folder; the clock tells seconds since 1970.

    Raises ConfigError as `open_database` does.
    """
    async with open_database(folder, clock()) as database:
        clips, uploads = folder / "clips", folder / "uploads"
        for each in (clips, uploads):
            each.mkdir(exist_ok=True)
            # Nobody else writes here: what is half written was left by one who was killed.
            for scratch in each.glob(".*.part"):
                scratch.unlink()
        yield Store(
            ledger=Ledger(database, clock),
            jobs=Jobs(database, clock),
            clips=Clips(database),
            settings=Settings(database),
            privacy=Privacy(database, clock),
            clips_folder=clips,
            uploads_folder=uploads,
            totals=lambda: totals(database, clock()),
            check=lambda: check(database),
        )
