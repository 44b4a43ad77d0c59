"""The command `zhiyin service`: have systemd run the bot, and restart it after a reboot."""

from __future__ import annotations

import argparse
import getpass
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.app.discord_token import token_of
from bot.atomic_file import replace_atomically
from bot.cli.service_unit import SYSTEM_UNITS, UNIT_FILE, USER_UNITS, Service, unit_text
from bot.cli.terminal_language import print_sentence
from bot.config import Config, expand_path
from bot.config_file import DEFAULT_FILE
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence

_PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The interfaces to the machine that installing a service needs."""

    units: Path = SYSTEM_UNITS
    systemctl: str = "systemctl"
    program: Path = field(default_factory=lambda: Path(sys.executable).with_name("zhiyin"))
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)


def add_arguments(
    parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()
) -> None:
    """Add the arguments; `parents` options are accepted before and after the subcommand."""
    actions = parser.add_subparsers(
        title="actions", dest="action", metavar="ACTION", required=True, help="one of these"
    )
    for name, help_ in (
        ("install", "have systemd run the bot from now on, and start it"),
        ("show", "print what install would write"),
        ("uninstall", "stop it and take it out of systemd; clips and settings stay"),
    ):
        action = actions.add_parser(
            name,
            help=help_,
            description=f"{help_[0].upper()}{help_[1:]}.",
            parents=parents,
            allow_abbrev=False,
        )
        action.add_argument(
            "--user",
            action="store_true",
            help="in your own systemd, without root: a weaker sandbox",
        )
        if name != "uninstall":
            action.add_argument(
                "--as",
                dest="run_as",
                metavar="USER",
                help="user the bot runs as (the one who calls sudo)",
            )
        if name == "install":
            action.add_argument("--dry-run", action="store_true", help="print it, change nothing")


def run(args: argparse.Namespace, config: Config, machine: Machine | None = None) -> int:
    """Run the subcommand and return the exit code."""
    machine = machine or Machine()
    if args.action == "uninstall":
        return _uninstall(args, machine)
    service = describe(args, config, machine)
    if args.action == "show" or args.dry_run:
        print(unit_text(service), end="")
        return 0
    return _install(args, config, service, machine)


def describe(args: argparse.Namespace, config: Config, machine: Machine) -> Service:
    """Return the requested service. Raises ConfigError."""
    user = None if args.user else _user(args.run_as, machine)
    home = Path(pwd.getpwnam(user).pw_dir) if user else Path.home()
    # It runs with that user's home folder, and without this shell's environment.
    data = Path(config.storage.folder or "~/.local/share/zhiyin")
    return Service(
        program=machine.program,
        config_file=(args.config or DEFAULT_FILE).absolute(),
        user=user,
        writable=tuple(_below(home, folder) for folder in (data, Path("~/.cache"))),
        grace_seconds=config.worker.grace_seconds,
    )


def _user(chosen: str | None, machine: Machine) -> str:
    user = chosen or os.environ.get("SUDO_USER") or getpass.getuser()
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise ConfigError(
            Sentence(
                "This machine has no user {user}: `useradd --create-home {user}` makes one.",
                user=user,
            )
        ) from None
    if entry.pw_uid == 0 and chosen is None:
        raise ConfigError(
            Sentence(
                "The bot should not run as root: say whose it is to be with --as USER. "
                "`useradd --create-home zhiyin` makes a user of its own."
            )
        )
    return user


def _below(home: Path, folder: Path) -> Path:
    """Return an absolute path, with "~" as a home folder."""
    parts = folder.parts
    return home.joinpath(*parts[1:]) if parts[:1] == ("~",) else expand_path(str(folder)).absolute()


def _install(args: argparse.Namespace, config: Config, service: Service, machine: Machine) -> int:
    if not config.discord.token:
        raise ConfigError(
            Sentence(
                "A service gets its token from the settings: put it into {file} as discord.token.",
                file=service.config_file,
            )
        )
    token_of(config, "")
    unit = _unit_file(args, machine)
    try:
        for folder in service.writable:
            _make_folder(folder, service.user)
        unit.parent.mkdir(parents=True, exist_ok=True)
        with replace_atomically(unit) as scratch:
            scratch.write_text(unit_text(service), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            Sentence("{unit} can't be written: {strerror}.", unit=unit, strerror=error.strerror)
        ) from error
    _systemctl(args, machine, "daemon-reload")
    _systemctl(args, machine, "enable", UNIT_FILE)
    _systemctl(args, machine, "restart", UNIT_FILE)
    flag = " --user" if args.user else ""
    print_sentence(
        Sentence(
            "{unit} is written, and the bot is starting.\n"
            "Is it well?     systemctl{flag} status zhiyin\n"
            "What it says:   journalctl{flag} -u zhiyin -f\n"
            "Stop, start:    systemctl{flag} stop zhiyin, systemctl{flag} start zhiyin",
            unit=unit,
            flag=flag,
        )
    )
    if args.user:
        print_sentence(
            Sentence("So that it runs while you are logged out, too:  loginctl enable-linger")
        )
    return 0


def _make_folder(folder: Path, user: str | None) -> None:
    """Create a folder and its missing parents, all owned by the user. Raises OSError."""
    if folder.exists():
        return
    _make_folder(folder.parent, user)
    folder.mkdir(mode=_PRIVATE_FOLDER)
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)


def _uninstall(args: argparse.Namespace, machine: Machine) -> int:
    unit = _unit_file(args, machine)
    if not unit.exists():
        print_sentence(Sentence("There is no {unit}: nothing to do.", unit=unit))
        return 0
    _systemctl(args, machine, "disable", "--now", UNIT_FILE)
    unit.unlink()
    _systemctl(args, machine, "daemon-reload")
    print_sentence(Sentence("{unit} is gone. `zhiyin paths` shows what is still there.", unit=unit))
    return 0


def _unit_file(args: argparse.Namespace, machine: Machine) -> Path:
    """Return the path of the unit file. Raises ConfigError if the user may not write there."""
    if args.user:
        return expand_path(USER_UNITS) / UNIT_FILE
    if not machine.is_root:
        raise ConfigError(
            Sentence(
                "That takes root: `sudo {program} service {action}`. Or add --user, which needs "
                "no root.",
                program=machine.program,
                action=args.action,
            )
        )
    return machine.units / UNIT_FILE


def _systemctl(args: argparse.Namespace, machine: Machine, *words: str) -> None:
    """Run systemctl. Raises ResourceError with its output."""
    command = [machine.systemctl, *(["--user"] if args.user else []), *words]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ResourceError(
            Sentence(
                "This machine has no systemd ({program} is missing): have `zhiyin run` started "
                "by whatever starts its services.",
                program=machine.systemctl,
            )
        ) from None
    if done.returncode:
        raise ResourceError(
            Sentence(
                "`{command}` failed: {said}",
                command=" ".join(command),
                said=" ".join(done.stderr.split()) or done.returncode,
            )
        )
