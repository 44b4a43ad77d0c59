"""The command `zhiyin doctor`: find problems of this installation."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bot.app.login import fetch_bot_name
from bot.cli.doctor_discord import AskDiscord, check_config_file, check_login, check_token
from bot.cli.doctor_machine import (
    check_device,
    check_disk,
    check_kernels,
    check_libraries,
    check_memory,
    check_model,
    check_temporary_folder,
)
from bot.cli.doctor_machines import check_machines
from bot.cli.doctor_protection import check_ffmpeg, check_file_modes
from bot.cli.doctor_settings import check_settings
from bot.cli.findings import VERDICTS, Finding, Verdict
from bot.cli.system_failures import system_failure
from bot.cli.terminal_language import print_sentence, render
from bot.config import Config, data_folder
from bot.config_file import DEFAULT_FILE
from bot.errors import ConfigError, ZhiyinError
from bot.i18n.sentence import Plural, Sentence
from bot.store.backup import copy
from bot.store.database import FILE
from bot.store.store import open_store


def run(args: argparse.Namespace, config: Config, *, ask: AskDiscord = fetch_bot_name) -> int:
    """Run and print all checks; return 1 if there is a problem to fix."""
    checks: list[Callable[[Config], Iterator[Finding]]] = [
        check_token,
        partial(check_config_file, args.config or DEFAULT_FILE),
        partial(check_login, ask),
        check_model,
        check_libraries,
        check_memory,
        check_device,
        check_kernels,
        check_machines,
        check_ffmpeg,
        check_disk,
        check_temporary_folder,
        check_database,
        check_file_modes,
        check_settings,
    ]
    findings = [finding for check in checks for finding in _run(check, config)]
    for finding in findings:
        print(f"{render(VERDICTS[finding.verdict]):>5}  {render(finding.sentence)}")
    wrong = sum(finding.verdict is Verdict.BAD for finding in findings)
    print_sentence(
        Plural(
            "{n} problem to fix before `zhiyin run`.",
            "{n} problems to fix before `zhiyin run`.",
            n=wrong,
        )
        if wrong
        else Sentence("Everything is ready.")
    )
    return 1 if wrong else 0


def _run(check: Callable[[Config], Iterator[Finding]], config: Config) -> Iterator[Finding]:
    """Yield a check's findings; an error that stops the check is a problem, too."""
    try:
        yield from check(config)
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
    except OSError as error:
        cause = system_failure(error)
        if cause is None:
            raise
        yield Finding(Verdict.BAD, cause)


def check_database(config: Config) -> Iterator[Finding]:
    """Open the database, if it exists, and check its invariants."""
    folder = data_folder(config)
    if not (folder / FILE).exists():
        yield Finding(
            Verdict.GOOD,
            Sentence("There is no database yet; it will be created in {folder}.", folder=folder),
        )
        return
    try:
        complaints, notes = _look_through_copy(folder)
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    for complaint in complaints:
        yield Finding(Verdict.BAD, complaint)
    if not complaints:
        yield Finding(Verdict.GOOD, Sentence("The database is intact and its ledger balances."))
    yield from (Finding(Verdict.WORSE, note) for note in notes)


def _look_through_copy(folder: Path) -> tuple[list[Sentence], list[Sentence]]:
    """Return problems and notes about the database, from a copy.

    The copy keeps the check from disturbing a running bot. Raises ConfigError if the file is not a
    database.
    """
    with tempfile.TemporaryDirectory() as scratch:
        try:
            copy(folder, Path(scratch, FILE))
        except sqlite3.OperationalError as error:
            raise ConfigError(
                Sentence(
                    "The database {file} can't be read: {error}.", file=folder / FILE, error=error
                )
            ) from error
        except sqlite3.DatabaseError:
            # Opening it reports what is wrong with it.
            shutil.copy(folder / FILE, Path(scratch, FILE))
        try:
            return asyncio.run(_inspect_database(Path(scratch), folder / "clips"))
        except ConfigError as error:
            # Name the original in the message, since the copy is temporary.
            raise ConfigError(error.sentence.renaming(scratch, str(folder))) from error


async def _inspect_database(folder: Path, clips: Path) -> tuple[list[Sentence], list[Sentence]]:
    async with open_store(folder, time.time, is_read_whole=True) as store:
        complaints = await store.check()
        wishes = len(await store.privacy.pending())
        missing = [name for name in await store.clips.files() if not (clips / name).exists()]
    notes: list[Sentence] = []
    if missing:
        notes.append(
            Plural(
                "The sound of {n} clip is gone ({first}), which is to be expected where an older "
                "copy of the database was put back: it can't be played any more.",
                "The sound of {n} clips is gone (such as {first}), which is to be expected where "
                "an older copy of the database was put back: they can't be played any more.",
                n=len(missing),
                first=missing[0],
            )
        )
    if wishes:
        notes.append(
            Plural(
                "{n} person asked for their data to be deleted, and some of it is left: the bot "
                "goes on deleting when it runs.",
                "{n} people asked for their data to be deleted, and some of it is left: the bot "
                "goes on deleting when it runs.",
                n=wishes,
            )
        )
    return complaints, notes
