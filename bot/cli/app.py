"""The `zhiyin` command: parse the line, run one command, turn every failure into a sentence.

The commands are imported once `main` has set up the signals: their libraries start threads, which
would take a Ctrl-C otherwise.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bot import config_file, log
from bot.cli.interrupts import Interrupts
from bot.errors import Cancelled, ZhiyinError
from bot.i18n.sentence import Sentence
from bot.printable import escape_controls

if TYPE_CHECKING:
    from bot.cli.commands import Command
    from bot.cli.generate import OpenEngine

FAILED = 1


def main(argv: Sequence[str] | None = None, *, open_engine: OpenEngine | None = None) -> int:
    """Set up the process, run one command and return the exit code."""
    interrupts = Interrupts()
    interrupts.guard()
    try:
        args = build_parser().parse_args(argv)
        log.configure(debug=args.debug)
        code = dispatch(args, interrupts, open_engine=open_engine)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads our output has seen enough; Python would try to flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if interrupts.asked:
        interrupts.leave()
    return code


def dispatch(
    args: argparse.Namespace,
    interrupts: Interrupts,
    *,
    open_engine: OpenEngine | None = None,
    commands: Sequence[Command] | None = None,
) -> int:
    """Run one command and return its exit code; every failure becomes a sentence."""
    from bot.cli.commands import COMMANDS, Context

    try:
        config = config_file.load(args.config)
        log.configure(debug=args.debug, as_json=config.log.format == "json")
        command = next(each for each in commands or COMMANDS if each.name == args.command)
        return command.run(args, config, Context(interrupts, open_engine))
    except (KeyboardInterrupt, Cancelled):
        print(Sentence("Stopped."), file=sys.stderr)
        return interrupts.exit_code
    except ZhiyinError as error:
        if args.debug:
            raise
        print(f"zhiyin: {error.sentence}", file=sys.stderr)
        return FAILED
    except Exception as error:
        if args.debug or isinstance(error, BrokenPipeError):
            raise
        if interrupts.asked:  # what a library made of a KeyboardInterrupt
            print(Sentence("Stopped."), file=sys.stderr)
            return interrupts.exit_code
        print(
            Sentence(
                "zhiyin: this should not have happened ({name}: {error}). The same command "
                "with --debug shows where; please report it.",
                name=type(error).__name__,
                error=error,
            ),
            file=sys.stderr,
        )
        return FAILED


def build_parser() -> argparse.ArgumentParser:
    """Return the command line, with every command's help."""
    from bot.cli.commands import COMMANDS

    parser = _Parser(
        prog="zhiyin",
        description="Make music from words or from a sound file, on your own machine.",
        epilog="`zhiyin COMMAND --help` tells what a command takes.",
        parents=[_common(config=None, debug=False)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"zhiyin {version('zhiyin')}")
    # Global options are accepted after the subcommand too; SUPPRESS keeps the value given before.
    common = _common(config=argparse.SUPPRESS, debug=argparse.SUPPRESS)
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            parents=[common],
            allow_abbrev=False,
        )
        command.add_arguments(subparser, common)
    return parser


class _Parser(argparse.ArgumentParser):
    """Repeats what was typed without what would act on a terminal."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and leave."""
        super().error(escape_controls(message))


def _common(config: object, debug: object) -> _Parser:
    """Return the options that every command has, with their defaults."""
    add = (common := _Parser(add_help=False)).add_argument
    add("--config", type=Path, metavar="FILE", default=config, help="settings (./config.toml)")
    add("--debug", action="store_true", default=debug, help="log everything, prompts too")
    return common
