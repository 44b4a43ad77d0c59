"""The command `zhiyin doctor`: what is wrong with this installation, in sentences."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.app.discord_token import TOKEN_VARIABLE, token_of
from bot.cli.doctor_protection import check_ffmpeg, check_file_modes
from bot.cli.findings import Finding, Verdict
from bot.config import Config, cache_folder, data_folder
from bot.errors import ConfigError, ZhiyinError
from bot.i18n.sentence import Plural, Sentence, verbatim
from bot.models.locate import look_at_model
from bot.musicgen.kernels.build import KernelsUnavailableError, compile_kernels, supports_int8
from bot.store.backup import copy
from bot.store.database import FILE
from bot.store.store import open_store

_LEAST_FREE_BYTES = 2 * 2**30
_PRIVATE = 0o077


def run(args: argparse.Namespace, config: Config) -> int:
    """Check everything and print it; return 1 if something has to be mended."""
    findings = [finding for check in CHECKS for finding in check(config)]
    for finding in findings:
        print(f"{finding.verdict:>5}  {finding.sentence}")
    wrong = sum(finding.verdict is Verdict.BAD for finding in findings)
    print(
        Plural("{n} to mend before `zhiyin run`.", "{n} to mend before `zhiyin run`.", n=wrong)
        if wrong
        else Sentence("Everything is ready.")
    )
    return 1 if wrong else 0


def check_token(config: Config) -> Iterator[Finding]:
    """Look at the token's form; it is shown to nobody."""
    try:
        token_of(config, os.environ.get(TOKEN_VARIABLE, ""))
    except ConfigError as error:
        yield Finding(Verdict.BAD, error.sentence)
    else:
        yield Finding(Verdict.GOOD, Sentence("There is a token, and it looks like a bot's."))
    file = Path("config.toml")
    if config.discord.token and file.exists() and file.stat().st_mode & _PRIVATE:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "config.toml holds the token and can be read by others on this machine: "
                "`chmod 600 config.toml`."
            ),
        )


def check_model(config: Config) -> Iterator[Finding]:
    """Look the model over without loading it."""
    try:
        contents, licence = look_at_model(config)
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    size = contents.stored_bytes / 2**20
    yield Finding(
        Verdict.GOOD,
        Sentence(
            "The model {name} is whole ({size:.0f} MB, {licence}).",
            name=config.model.name,
            size=size,
            licence=licence,
        ),
    )


def check_kernels(config: Config) -> Iterator[Finding]:
    """See whether the decoder's kernels can be compiled here."""
    try:
        compiled = compile_kernels(cache_folder() / "kernels")
    except KernelsUnavailableError as reason:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "Music is made several times slower than it could be: {reason}", reason=reason
            ),
        )
    else:
        bytes_too = supports_int8(compiled)
        if config.engine.precision == "int8" and not bytes_too:
            yield Finding(
                Verdict.WORSE,
                Sentence(
                    "This processor has no instructions for int8: it saves memory, and no time."
                ),
            )
        fast = Sentence("The fast kernels are compiled for this processor.")
        if bytes_too:
            fast = Sentence("The fast kernels are compiled for this processor, int8 among them.")
        yield Finding(Verdict.GOOD, fast)


def check_disk(config: Config) -> Iterator[Finding]:
    """See whether there is room for clips."""
    folder = data_folder(config)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        yield Finding(
            Verdict.BAD,
            Sentence("Nothing may be written to {there}: give the bot the right to.", there=there),
        )
        return
    free = shutil.disk_usage(there).free
    gigabytes = free / 2**30
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "Only {gigabytes:.1f} GB free at {folder}: clips need room, 2 GB at the least.",
                gigabytes=gigabytes,
                folder=folder,
            ),
        )
    else:
        yield Finding(
            Verdict.GOOD,
            Sentence("{gigabytes:.1f} GB free at {folder}.", gigabytes=gigabytes, folder=folder),
        )


def check_database(config: Config) -> Iterator[Finding]:
    """Open the database, if there is one, and check its invariants."""
    folder = data_folder(config)
    if not (folder / FILE).exists():
        yield Finding(
            Verdict.GOOD,
            Sentence("There is no database yet; it will be made in {folder}.", folder=folder),
        )
        return
    try:
        complaints, wishes = _look_through_copy(folder)
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    for complaint in complaints:
        yield Finding(Verdict.BAD, verbatim(complaint))
    if not complaints:
        yield Finding(Verdict.GOOD, Sentence("The database is whole and its ledger balances."))
    if wishes:
        yield Finding(
            Verdict.WORSE,
            Plural(
                "{n} person's clips and words are not deleted yet as they wished: the bot goes on "
                "with it when it runs.",
                "The clips and words of {n} people are not deleted yet as they wished: the bot "
                "goes on with it when it runs.",
                n=wishes,
            ),
        )


def _look_through_copy(folder: Path) -> tuple[list[str], int]:
    """Return what is wrong, and how many wishes to be forgotten are pending, as a copy has it.

    A bot that runs is not disturbed. Raises ConfigError where there is no database in the file.
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
            # What is wrong with it is told by who opens it.
            shutil.copy(folder / FILE, Path(scratch, FILE))
        try:
            return asyncio.run(_books(Path(scratch), folder / "clips"))
        except ConfigError as error:
            # The person knows the folder, not the copy of it.
            raise ConfigError(verbatim(str(error).replace(scratch, str(folder)))) from error


async def _books(folder: Path, clips: Path) -> tuple[list[str], int]:
    async with open_store(folder, time.time) as store:
        complaints = await store.check()
        wishes = len(await store.privacy.pending())
        missing = [name for name in await store.clips.files() if not (clips / name).exists()]
    if missing:
        complaints.append(f"The sound of {len(missing)} clips is gone, such as {missing[0]}.")
    return complaints, wishes


CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    check_token,
    check_model,
    check_kernels,
    check_ffmpeg,
    check_disk,
    check_database,
    check_file_modes,
)
"""What is looked at, in the order in which it is told."""
