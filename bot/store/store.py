"""The store: the tables of the database, and the folders of sound files beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.atomic_file import SCRATCH
from bot.domain.quota_day import UTC_DAY, QuotaDay
from bot.i18n.sentence import Sentence
from bot.private_files import make_private_folder
from bot.store.battles import Battles
from bot.store.best_of import BestOf
from bot.store.chosen_languages import ChosenLanguages
from bot.store.clip_history import ClipHistory
from bot.store.clips import Clips
from bot.store.clock_changes import ClockWatch
from bot.store.dailies import Dailies
from bot.store.database import open_database
from bot.store.invariants import check
from bot.store.jams import Jams
from bot.store.jobs import Jobs
from bot.store.ledger import Ledger
from bot.store.live_seconds import LiveSeconds
from bot.store.open_answers import OpenAnswers
from bot.store.preferences import PreferencesOfPeople
from bot.store.presets import Presets
from bot.store.privacy import Privacy
from bot.store.radios import Radios
from bot.store.reports import Reports
from bot.store.settings import Settings
from bot.store.stars import Stars
from bot.store.store_files import CLIPS, UPLOADS
from bot.store.takes import Takes
from bot.store.totals import Totals, totals
from bot.store.unwanted_words import UnwantedWords
from bot.store.withdrawals import Withdrawals


@dataclass(frozen=True, slots=True)
class Store:
    """Access to all stored data."""

    ledger: Ledger
    jobs: Jobs
    open_answers: OpenAnswers
    clips: Clips
    clip_history: ClipHistory
    withdrawals: Withdrawals
    takes: Takes
    stars: Stars
    best_of: BestOf
    dailies: Dailies
    battles: Battles
    jams: Jams
    radios: Radios
    live_seconds: LiveSeconds
    preferences: PreferencesOfPeople
    chosen_languages: ChosenLanguages
    settings: Settings
    unwanted_words: UnwantedWords
    reports: Reports
    presets: Presets
    privacy: Privacy
    clock_watch: ClockWatch
    clips_folder: Path
    uploads_folder: Path
    totals: Callable[[], Awaitable[Totals]]
    """Returns counts of jobs and seconds, see `totals`."""
    check: Callable[[], Awaitable[list[Sentence]]]
    """Returns the violated invariants as sentences. Sound files are not checked."""

    @property
    def folder(self) -> Path:
        """Return the folder that holds the database and the folders of files."""
        return self.clips_folder.parent


@asynccontextmanager
async def open_store(
    folder: Path,
    clock: Callable[[], float],
    day: QuotaDay = UTC_DAY,
    *,
    is_read_whole: bool = False,
) -> AsyncIterator[Store]:
    """Open the store in a folder; the clock returns seconds since 1970.

    `day` is the quota day. `is_read_whole` and errors are as in `open_database`.
    """
    async with open_database(folder, clock(), is_read_whole=is_read_whole) as database:
        clips, uploads = folder / CLIPS, folder / UPLOADS
        for each in (clips, uploads):
            make_private_folder(each)
            # Only this process writes here, so a partial file was left by a killed bot.
            for scratch in each.glob(SCRATCH):
                scratch.unlink()
        jams = Jams(database, clock)
        yield Store(
            ledger=Ledger(database, clock, day),
            jobs=Jobs(database, clock, day, jams.note_change),
            open_answers=OpenAnswers(database),
            clips=Clips(database),
            clip_history=ClipHistory(database),
            withdrawals=Withdrawals(database),
            takes=Takes(database, clock),
            stars=Stars(database, clock),
            best_of=BestOf(database),
            dailies=Dailies(database, clock),
            battles=Battles(database, clock),
            jams=jams,
            radios=Radios(database, clock),
            live_seconds=LiveSeconds(database, clock, day),
            preferences=PreferencesOfPeople(database),
            chosen_languages=ChosenLanguages(database),
            settings=Settings(database),
            unwanted_words=UnwantedWords(database),
            reports=Reports(database, clock),
            presets=Presets(database),
            privacy=Privacy(database, clock, day),
            clock_watch=ClockWatch(database),
            clips_folder=clips,
            uploads_folder=uploads,
            totals=lambda: totals(database, clock()),
            check=lambda: check(database),
        )
