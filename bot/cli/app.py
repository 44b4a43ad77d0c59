"""The `zhiyin` command: parse the line, run one command, turn every failure into a sentence.

The commands are imported once `main` has set up the signals: their libraries start threads, which
would take a Ctrl-C otherwise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bot import config_file, log
from bot.cli import standard_streams
from bot.cli.interrupts import Interrupts
from bot.cli.parser import MISTYPED, Parser
from bot.cli.standard_streams import FAILED
from bot.cli.system_failures import system_failure
from bot.cli.terminal_language import print_sentence
from bot.errors import Cancelled, ZhiyinError
from bot.i18n.sentence import Sentence

if TYPE_CHECKING:
    from bot.cli.commands import Command
    from bot.cli.generate import OpenEngine


def main(argv: Sequence[str] | None = None, *, open_engine: OpenEngine | None = None) -> int:
    """Set up the process, run one command and return the exit code."""
    standard_streams.prepare()
    interrupts = Interrupts()
    interrupts.guard()
    try:
        parser = build_parser()
        args = parser.parse_args(argv)
        if args.command is None:
            parser.print_help(sys.stderr)
            return MISTYPED
        log.configure(debug=args.debug)
        code = dispatch(args, interrupts, open_engine=open_engine)
    except SystemExit as left:  # --help, --version, or a usage error
        code = left.code if isinstance(left.code, int) else FAILED
    except KeyboardInterrupt:  # interrupted while the commands were imported
        print_sentence(Sentence("Stopped."), file=sys.stderr)
        code = interrupts.exit_code
    except BrokenPipeError:
        code = FAILED
    code = standard_streams.flush(code)
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
    """Run one command and return its exit code; every failure is printed as a sentence."""
    from bot.cli.commands import COMMANDS, Context

    try:
        config = config_file.load(args.config)
        log.configure(debug=args.debug, as_json=config.log.format == "json")
        command = next(each for each in commands or COMMANDS if each.name == args.command)
        return command.run(args, config, Context(interrupts, open_engine))
    except (KeyboardInterrupt, Cancelled):
        print_sentence(Sentence("Stopped."), file=sys.stderr)
        return interrupts.exit_code
    except ZhiyinError as error:
        if args.debug:
            raise
        print_sentence(Sentence("zhiyin: {cause}", cause=error.sentence), sys.stderr)
        return FAILED
    except Exception as error:
        if args.debug or isinstance(error, BrokenPipeError):
            raise
        if standard_streams.flush(0) == FAILED:  # printing to a closed or full output failed
            return FAILED
        if interrupts.asked:  # raised by a library that caught a KeyboardInterrupt
            print_sentence(Sentence("Stopped."), file=sys.stderr)
            return interrupts.exit_code
        if (cause := system_failure(error)) is not None:
            print_sentence(Sentence("zhiyin: {cause}", cause=cause), file=sys.stderr)
            return FAILED
        print_sentence(
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
    """Return the command line parser with all commands."""
    from bot.cli.commands import COMMANDS

    parser = Parser(
        prog="zhiyin",
        description="Make music from words or from a sound file, on your own machine.",
        epilog="`zhiyin COMMAND --help` tells what a command takes.",
        parents=[_common(config=None, debug=False)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"zhiyin {version('zhiyin')}")
    # Global options are accepted after the subcommand too; SUPPRESS keeps the value given before.
    common = _common(config=argparse.SUPPRESS, debug=argparse.SUPPRESS)
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
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


def _common(config: object, debug: object) -> Parser:
    """Return the parser of the options that every command has, with their defaults."""
    add = (common := Parser(add_help=False)).add_argument
    add("--config", type=Path, metavar="FILE", default=config, help="settings (./config.toml)")
    add("--debug", action="store_true", default=debug, help="log everything, prompts too")
    return common
