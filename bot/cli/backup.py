"""The command `zhiyin backup`: copy the database, also while the bot runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.terminal_language import print_sentence
from bot.config import Config, data_folder
from bot.errors import OutputError
from bot.i18n.sentence import Sentence
from bot.store.backup import back_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="where the copy goes")
    add("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace, config: Config) -> int:
    """Make a copy and print its size; return the exit code."""
    if args.file.is_dir():
        raise OutputError(Sentence("{path} is a folder; give the name of a file.", path=args.file))
    if args.file.exists() and not args.force:
        raise OutputError(Sentence("{file} exists already; --force replaces it.", file=args.file))
    back_up(data_folder(config), args.file)
    print_sentence(
        Sentence(
            "{file}: {megabytes:.1f} MB, complete, and its ledger balances.",
            file=args.file,
            megabytes=args.file.stat().st_size / 2**20,
        )
    )
    return 0
