"""Back off before starts that follow crashes, which are recorded in the data folder.

A service manager restarts the bot whatever the reason: a defect at startup would log in so often
that Discord bans the bot.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from bot.atomic_file import replace_atomically
from bot.errors import ZhiyinError
from bot.private_files import make_private_folder
from bot.retry import RetryPolicy

log = logging.getLogger(__name__)

FILE = "zhiyin.crashes.json"
_UNFINISHED = ".zhiyin.crashes.*.part"
_WINDOW_SECONDS = 3600.0
_CLOCK_SECONDS = 2.0
"""Precision of process start times, in seconds."""
_BACKOFF = RetryPolicy(initial_seconds=5.0, max_seconds=300.0)


class CrashRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The file's contents: the running process, and recent crashes."""

    running_pid: int | None = None
    begun_at: float = 0.0
    crashed_at: tuple[float, ...] = ()
    """Times of crashes in seconds since 1970, oldest first."""


def backoff_seconds(crashed_at: Sequence[float]) -> float:
    """Return the wait after the crashes of the last hour; 0 after a single one."""
    return _BACKOFF.backoff_seconds(len(crashed_at) - 1) if len(crashed_at) > 1 else 0.0


@contextmanager
def crash_backoff(folder: Path, clock: Callable[[], float] = time.time) -> Iterator[float]:
    """Lend the seconds to wait before a run, and record how the run ends.

    A run that was killed left its process id: the next start counts it as a crash. A ZhiyinError,
    which a person can fix, is not one.
    """
    path = folder / FILE
    before = _read(path)
    if before.running_pid is not None and _is_running(before.running_pid, before.begun_at):
        # Another bot is running; this process will exit, which is no crash of that one.
        yield 0.0
        return
    now = clock()
    crashed_at = [at for at in before.crashed_at if 0 <= now - at <= _WINDOW_SECONDS]
    if before.running_pid is not None:
        crashed_at.append(now)
    _write(path, CrashRecord(running_pid=os.getpid(), begun_at=now, crashed_at=tuple(crashed_at)))
    try:
        yield backoff_seconds(crashed_at)
    except Exception as error:
        if not isinstance(error, ZhiyinError):
            crashed_at.append(clock())
        raise
    finally:
        _write(path, CrashRecord(crashed_at=tuple(crashed_at)))


def _is_running(pid: int, begun_at: float) -> bool:
    # In a container every run has the same process id.
    if pid == os.getpid():
        return False
    try:
        # After a reboot the id may be another process's, which started later.
        return float(psutil.Process(pid).create_time()) <= begun_at + _CLOCK_SECONDS
    except (psutil.Error, OverflowError, ValueError):
        return False


def _read(path: Path) -> CrashRecord:
    try:
        return msgspec.json.decode(path.read_bytes(), type=CrashRecord)
    except FileNotFoundError:
        return CrashRecord()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("crashes.unreadable %s", type(error).__name__)
        return CrashRecord()


def _write(path: Path, memory: CrashRecord) -> None:
    try:
        make_private_folder(path.parent)
        for left in path.parent.glob(_UNFINISHED):
            left.unlink(missing_ok=True)
        with replace_atomically(path, private=True) as scratch:
            scratch.write_bytes(msgspec.json.encode(memory))
    except OSError as error:
        # The bot runs without the record.
        log.warning("crashes.not_written %s", type(error).__name__)
