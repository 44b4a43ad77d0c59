"""The command `zhiyin paths`: list all places on this machine where Zhiyin keeps files."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.audio.untrusted.scratch_folder import FOLDER_PREFIX
from bot.cli.service_unit import SYSTEM_UNITS, UNIT_FILE, USER_UNITS
from bot.cli.terminal_language import render
from bot.config import Config, cache_folder, data_folder, expand_path
from bot.config_file import DEFAULT_FILE
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.models import registry
from bot.store.store_files import BACKUPS, CLIPS, UPLOADS

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder, with a description."""

    path: Path
    meaning: Sentence


def run(args: argparse.Namespace, config: Config) -> int:
    """Print every place with its size; return the exit code."""
    for place in places(config, args.config):
        print(f"{_shown(size_of(place.path)):>8}  {place.path}\n          {render(place.meaning)}")
    return 0


def places(config: Config, config_file: Path | None) -> Iterator[Place]:
    """Yield the persistent places, then the regenerable ones."""
    data = data_folder(config)
    yield Place(
        (config_file or DEFAULT_FILE).absolute(),
        Sentence("Settings, and the token if it stands there."),
    )
    yield Place(
        data, Sentence("Everything that must not be lost: the database, and the folders below.")
    )
    yield Place(data / CLIPS, Sentence("The clips, without loss of quality."))
    yield Place(data / UPLOADS, Sentence("Sound that people sent, while it is needed."))
    yield Place(data / BACKUPS, Sentence("Daily copies of the database."))
    for folder in (SYSTEM_UNITS, expand_path(USER_UNITS)):
        if (unit := folder / UNIT_FILE).exists():
            yield Place(unit, Sentence("The service (`zhiyin service uninstall` removes it)."))
    yield from _remade(config)


def _remade(config: Config) -> Iterator[Place]:
    """Yield places whose contents can be regenerated or downloaded, and so be deleted."""
    yield Place(
        cache_folder(),
        Sentence(
            "Compiled for this machine and prepared for a faster start; made again where missing."
        ),
    )
    yield Place(
        _environment_folder("ZIG_GLOBAL_CACHE_DIR", "zig"),
        Sentence("The compiler's own cache, where this machine has no other compiler."),
    )
    yield Place(
        registry.model_folder(config),
        Sentence("Downloaded models, and what other programs keep in Hugging Face's folder."),
    )
    yield Place(Path(sys.prefix), Sentence("The programs; `uv sync` makes it again."))
    if (tool := _ROOT / ".uv").exists():
        yield Place(tool, Sentence("uv, which installs the programs."))
    yield Place(
        _environment_folder("UV_CACHE_DIR", "uv"),
        Sentence(
            "uv's downloads, shared with other programs (`uv cache clean` deletes them). On one "
            "disk most of them are the same files as the programs, and take no room of their own."
        ),
    )
    yield Place(_python_folder(), Sentence("The Pythons that uv has downloaded, if any."))
    with suppress(FileNotFoundError):  # no folder on this machine is writable
        for left in sorted(Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*")):
            yield Place(
                left, Sentence("A file that is being read, or was when the bot was killed.")
            )


def size_of(path: Path) -> int | None:
    """Return the size of a file or folder in bytes; None if it does not exist.

    Hard links are counted once; unreadable files count 0.
    """
    try:
        path.lstat()
    except OSError:
        return None
    path = path.resolve()
    if path.is_dir():
        return sum(_sizes(path))
    return path.stat().st_size if path.is_file() else 0


def _sizes(folder: Path) -> Iterator[int]:
    seen, left = set[tuple[int, int]](), [str(folder)]
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if (key := (status.st_dev, status.st_ino)) in seen:
                        continue
                    seen.add(key)
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    elif entry.is_file():
                        yield status.st_size


def _environment_folder(variable: str, name: str) -> Path:
    """Return the folder in an environment variable, or by default one in the user's cache."""
    if chosen := os.environ.get(variable):
        return Path(chosen)
    return cache_folder().parent / name


def _python_folder() -> Path:
    if chosen := os.environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(chosen)
    root = os.environ.get("XDG_DATA_HOME", "")
    with suppress(ConfigError):
        root = root if root.startswith("/") else str(expand_path("~/.local/share"))
    return Path(root, "uv", "python")


def _shown(size_bytes: int | None) -> str:
    if size_bytes is None:
        return "-"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} B"
