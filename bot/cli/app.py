"""The `zhiyin` command.

Builds the command line, runs one command and turns every failure into one sentence. Commands are
imported when they are asked for: by then Ctrl-C is looked after, and nobody waits for the model's
libraries to be told what the program can do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bot import config_file, log
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.errors import Cancelled, ZhiyinError

if TYPE_CHECKING:
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
    args: argparse.Namespace, interrupts: Interrupts, *, open_engine: OpenEngine | None = None
) -> int:
    """Run one command and return its exit code; every failure becomes a sentence."""
    try:
        config = config_file.load(args.config)
        log.configure(debug=args.debug, as_json=config.log.format == "json")
        return _run(args, config, interrupts, open_engine)
    except (KeyboardInterrupt, Cancelled):
        print("Stopped.", file=sys.stderr)
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
            print("Stopped.", file=sys.stderr)
            return interrupts.exit_code
        print(
            f"zhiyin: this should not have happened ({type(error).__name__}: {error}). The same "
            "command with --debug shows where; please report it.",
            file=sys.stderr,
        )
        return FAILED


def _run(
    args: argparse.Namespace,
    config: Config,
    interrupts: Interrupts,
    open_engine: OpenEngine | None,
) -> int:
    from bot.cli import bench, edit, generate, models, whatis

    if args.command == "generate":
        opener = open_engine or generate.open_engine
        return generate.run(args, config, interrupts, open_engine=opener)
    if args.command == "bench":
        return bench.run(args, config, interrupts)
    if args.command == "demo":
        from bot.cli import demo

        return demo.run(args, config)
    if args.command == "run":
        from bot.cli import run

        return run.run(args, config)
    if args.command == "doctor":
        from bot.cli import doctor

        return doctor.run(args, config)
    if args.command == "backup":
        from bot.cli import backup

        return backup.run(args, config)
    if args.command == "edit":
        return edit.run(args, config)
    if args.command == "whatis":
        return whatis.run(args, config)
    return models.run(args, config)


def build_parser() -> argparse.ArgumentParser:
    """Return the command line, with every command's help."""
    from bot.cli import backup, bench, edit, generate_plan, models, whatis

    parser = argparse.ArgumentParser(
        prog="zhiyin",
        description="Make music from words or from a sound file, on your own machine.",
        epilog="`zhiyin COMMAND --help` tells what a command takes.",
        parents=[_common(config=None, debug=False)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"zhiyin {version('zhiyin')}")
    # Understood behind the command too, where not saying them leaves what was said before it.
    common = _common(config=argparse.SUPPRESS, debug=argparse.SUPPRESS)
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    for name, add_arguments, help_, description in (
        (
            "demo",
            _demo_arguments,
            "try the bot in your browser, without a token",
            "Open the real bot in a simulated Discord, in your browser, on this machine only.",
        ),
        (
            "run",
            _no_arguments,
            "run the bot on Discord",
            "Run the bot on Discord, with the token from the settings or from ZHIYIN_TOKEN.",
        ),
        (
            "generate",
            generate_plan.add_arguments,
            "make a clip and save it as a file",
            "Make a clip from words, from a sound file, from both, or from nothing at all.",
        ),
        (
            "edit",
            edit.add_arguments,
            "cut a sound file, join two, or make a loop",
            "Cut a sound file at its beats, join two with a crossfade, or make a loop of one.",
        ),
        (
            "whatis",
            whatis.add_arguments,
            "tell how a clip was made",
            "Tell how a clip of Zhiyin's was made, from the tags in its file.",
        ),
        (
            "models",
            partial(models.add_arguments, parents=[common]),
            "list the models, or download one",
            "List the models on this machine and those to be had, with what each needs.",
        ),
        (
            "bench",
            bench.add_arguments,
            "measure how fast this machine makes music",
            "Measure how fast this machine makes music, for one person and for many at once.",
        ),
        (
            "doctor",
            _no_arguments,
            "say what is wrong with this installation",
            "Check token, model, compiler, ffmpeg, disk and database, and say what to do.",
        ),
        (
            "backup",
            backup.add_arguments,
            "copy the database, also while the bot runs",
            "Copy the database, also while the bot runs, and see that the copy is whole.",
        ),
    ):
        command = commands.add_parser(
            name, help=help_, description=description, parents=[common], allow_abbrev=False
        )
        add_arguments(command)
    return parser


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    # Here, since all that the demo itself imports is wanted by nobody who asks for help.
    add = parser.add_argument
    add("--port", type=int, default=8766, metavar="N", help="port on this machine; 0: any")
    add("--folder", type=Path, metavar="DIR", help="keep everything there; none: nothing stays")


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the settings say it all."""


def _common(config: object, debug: object) -> argparse.ArgumentParser:
    """Return the options that every command has, with their defaults."""
    add = (common := argparse.ArgumentParser(add_help=False)).add_argument
    add("--config", type=Path, metavar="FILE", default=config, help="settings (./config.toml)")
    add("--debug", action="store_true", default=debug, help="log everything, prompts too")
    return common
