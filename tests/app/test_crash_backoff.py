"""Crashes are counted across restarts, and each makes the next start wait longer."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time

import pytest

from bot.app.crash_backoff import FILE, crash_backoff
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence
from bot.store.store_files import exposed_files
from tests.support.simulated_server import Clock


def run(folder, clock, error=None):
    """One run that ends well, or with an error; return the seconds it had to wait."""
    with crash_backoff(folder, clock) as seconds:
        if error is not None:
            raise error
    return seconds


def crash(folder, clock):
    with pytest.raises(ZeroDivisionError):
        run(folder, clock, ZeroDivisionError())


def ended_pid():
    """The pid of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_each_crash_doubles_the_wait_up_to_five_minutes(tmp_path):
    """After a single crash the next start does not wait."""
    clock, waits = Clock(), []
    for _ in range(10):
        waits.append(run(tmp_path, clock))
        crash(tmp_path, clock)
    assert waits == [0, 0, 5, 10, 20, 40, 80, 160, 300, 300]


def test_crashes_older_than_an_hour_are_forgotten(tmp_path):
    """And those with a time in the future."""
    clock = Clock()
    for _ in range(5):
        crash(tmp_path, clock)
    clock.now += 3601
    assert run(tmp_path, clock) == 0
    crash(tmp_path, clock)
    clock.now -= 86_400
    assert run(tmp_path, clock) == 0


def test_a_killed_run_counts_as_a_crash(tmp_path):
    """It could not record its end."""
    clock = Clock()
    for expected in (0, 5, 10):
        memory = tmp_path / FILE
        with crash_backoff(tmp_path, clock):
            text = memory.read_text()
        memory.write_text(text.replace(str(os.getpid()), str(ended_pid())))
        assert run(tmp_path, clock) == expected


def test_a_reused_pid_is_not_taken_for_the_bot(tmp_path):
    """After a reboot: the process started later than the killed run."""
    clock, memory = Clock(), tmp_path / FILE
    with crash_backoff(tmp_path, clock):
        stored = json.loads(memory.read_text())
    memory.write_text(json.dumps(stored | {"running_pid": os.getppid(), "begun_at": 1.0}))
    crash(tmp_path, clock)
    assert run(tmp_path, clock) == 5


def test_a_configuration_error_is_not_a_crash(tmp_path):
    """Nor are an offline machine and a stop: the next start does not wait."""
    clock = Clock()
    for error in (ConfigError(Sentence("a")), ResourceError(Sentence("b")), KeyboardInterrupt()):
        for _ in range(3):
            with pytest.raises(type(error)):
                run(tmp_path, clock, error)
    assert run(tmp_path, clock) == 0


def test_a_second_process_changes_nothing(tmp_path):
    """It is refused because the first one is running."""
    clock, memory = (
        time.time,
        tmp_path / FILE,
    )  # the system's clock, in which start times of processes are
    with subprocess.Popen(["sleep", "60"]) as other:
        with crash_backoff(tmp_path, clock):
            text = memory.read_text().replace(str(os.getpid()), str(other.pid))
        memory.write_text(text)
        crash(tmp_path, clock)
        assert memory.read_text() == text
        other.kill()


@pytest.mark.parametrize("content", [b"", b"\xff{", b'{"crashed_at": "never"}', b"[" * 99_999])
def test_a_corrupt_crash_record_is_replaced(tmp_path, content):
    """It does not prevent the start."""
    (tmp_path / FILE).write_bytes(content)
    assert run(tmp_path, Clock()) == 0


def test_an_unwritable_folder_does_not_prevent_a_start(tmp_path):
    """For example on a full disk."""
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file", Clock()) == 0


def test_the_crash_record_is_private(tmp_path):
    """Like all files in its folder."""
    run(tmp_path / "data", Clock())
    (tmp_path / "data" / ".zhiyin.crashes.0123.part").touch()
    run(tmp_path / "data", Clock())
    assert exposed_files(tmp_path / "data") == []
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600
