"""The table of `zhiyin` commands; each one's code is imported only when it is run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import (
    backup,
    bench,
    edit,
    generate_options,
    invite,
    models,
    paths,
    plan,
    service,
    whatis,
)
from bot.cli.integer import integer
from bot.cli.interrupts import Interrupts
from bot.config import Config

if TYPE_CHECKING:
    from bot.cli.generate import OpenEngine

Parser = argparse.ArgumentParser


@dataclass(frozen=True, slots=True)
class Context:
    """What a command is given besides its arguments and the settings."""

    interrupts: Interrupts
    open_engine: OpenEngine | None = None
    """A replacement for opening the engine; for tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: its help texts, its arguments, and its function.

    `add_arguments` also gets the parser of the options that all commands share.
    """

    name: str
    help: str
    description: str
    run: Callable[[argparse.Namespace, Config, Context], int]
    add_arguments: Callable[[Parser, Parser], None] = lambda parser, common: None


def _run_demo(args: argparse.Namespace, config: Config, context: Context) -> int:
    from bot.cli import demo

    return demo.run(args, config)


def _run_bot(args: argparse.Namespace, config: Config, context: Context) -> int:
    from bot.cli import run

    return run.run(args, config)


def _run_generate(args: argparse.Namespace, config: Config, context: Context) -> int:
    from bot.cli import generate

    opener = context.open_engine or generate.open_engine
    return generate.run(args, config, context.interrupts, open_engine=opener)


def _run_worker(args: argparse.Namespace, config: Config, context: Context) -> int:
    from bot.cli import worker

    return worker.run(args, config)


def _add_worker_arguments(parser: Parser, common: Parser) -> None:
    # Defined here so that `--help` does not import the models.
    add = parser.add_argument
    add("--join", required=True, metavar="ADDRESS", help="the bot's machine, as 192.168.1.5:6379")
    add(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="a copy of worker_token from the bot's data folder; else RAY_AUTH_TOKEN is read",
    )
    add("--workers", type=integer, default=1, metavar="N", help="how many workers run here (1)")


def _run_doctor(args: argparse.Namespace, config: Config, context: Context) -> int:
    from bot.cli import doctor

    return doctor.run(args, config)


def _add_demo_arguments(parser: Parser, common: Parser) -> None:
    # Defined here so that `--help` does not import the demo.
    add = parser.add_argument
    add("--port", type=integer, metavar="N", help="port (8766, or the next that is free); 0: any")
    add("--folder", type=Path, metavar="DIR", help="keep clips and chat there; none: nothing stays")
    add("--no-browser", action="store_true", help="print the address, open no browser")
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="let others in at this address of the machine (0.0.0.0: all), with a printed secret",
    )


COMMANDS = (
    Command(
        name="demo",
        help="try the bot in your browser, without a token",
        description="Open the real bot in a small Discord of its own, in your browser, on this "
        "machine only.",
        add_arguments=_add_demo_arguments,
        run=_run_demo,
    ),
    Command(
        name="run",
        help="run the bot on Discord",
        description="Run the bot on Discord, with the token from the settings or from "
        "ZHIYIN_TOKEN.",
        run=_run_bot,
    ),
    Command(
        name="generate",
        help="make a clip and save it as a file",
        description="Make a clip from words, from a sound file, from both, or from nothing at all.",
        add_arguments=lambda parser, common: generate_options.add_arguments(parser),
        run=_run_generate,
    ),
    Command(
        name="edit",
        help="cut a sound file, join or mix two, or make a loop",
        description="Cut a sound file at its beats, join two with a crossfade, or make a loop of "
        "one. Tags, level and bit depth stay; a join takes the better rate and depth of the two.",
        add_arguments=lambda parser, common: edit.add_arguments(parser),
        run=lambda args, config, context: edit.run(args, config),
    ),
    Command(
        name="whatis",
        help="show how a clip was made",
        description="Show how one of Zhiyin's clips was made, from the tags in its file.",
        add_arguments=lambda parser, common: whatis.add_arguments(parser),
        run=lambda args, config, context: whatis.run(args, config),
    ),
    Command(
        name="models",
        help="list the models, download one, or delete what was prepared of them",
        description="List the models on this machine and those to be had, with what each needs "
        "and how fast it is here.",
        add_arguments=lambda parser, common: models.add_arguments(parser, parents=[common]),
        run=lambda args, config, context: models.run(args, config),
    ),
    Command(
        name="bench",
        help="measure how fast this machine makes music",
        description="Measure how fast this machine makes music, for one person and for many at "
        "once.",
        add_arguments=lambda parser, common: bench.add_arguments(parser),
        run=lambda args, config, context: bench.run(args, config, context.interrupts),
    ),
    Command(
        name="plan",
        help="estimate how many people this machine can serve",
        description="Measure how fast this machine makes music, and estimate how long people wait "
        "for their clips, by how many play at the same time: a simulation of the bot's own line.",
        add_arguments=lambda parser, common: plan.add_arguments(parser),
        run=lambda args, config, context: plan.run(args, config, context.interrupts),
    ),
    Command(
        name="worker",
        help="lend this machine to a bot that runs on another",
        description="Join a bot's cluster and make music for it, with the same version of Zhiyin "
        "and the same model. Needs Ray: `uv sync --extra ray`.",
        add_arguments=_add_worker_arguments,
        run=_run_worker,
    ),
    Command(
        name="doctor",
        help="say what is wrong with this installation",
        description="Check token, model, compiler, ffmpeg, disk and database, and say what to do.",
        run=_run_doctor,
    ),
    Command(
        name="invite",
        help="print the link that brings the bot to a server",
        description=(
            "Print the link that brings the bot to a server, with the permissions that it needs "
            "and no others."
        ),
        add_arguments=lambda parser, common: invite.add_arguments(parser),
        run=lambda args, config, context: invite.run(args, config),
    ),
    Command(
        name="service",
        help="have systemd run the bot, from now on and after a restart",
        description="Have systemd run the bot, from now on and after a restart of the machine.",
        add_arguments=lambda parser, common: service.add_arguments(parser, parents=[common]),
        run=lambda args, config, context: service.run(args, config),
    ),
    Command(
        name="paths",
        help="list where Zhiyin's files are, with their sizes",
        description="List where Zhiyin's files are on this machine, with their "
        "sizes, and what each is.",
        run=lambda args, config, context: paths.run(args, config),
    ),
    Command(
        name="backup",
        help="copy the database, also while the bot runs",
        description="Copy the database, also while the bot runs, and see that the copy is whole.",
        add_arguments=lambda parser, common: backup.add_arguments(parser),
        run=lambda args, config, context: backup.run(args, config),
    ),
)
