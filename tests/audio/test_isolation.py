"""The walls and limits around a decoder, as they look from inside: what it could do is little."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import ffmpeg_decoder, isolation, scratch
from bot.audio.untrusted.isolation import Isolation, Limits
from bot.cli import doctor_protection
from bot.config import Config
from tests.support.sound_files import as_file, noise

PYTHON = Path(sys.executable)
BOT = """
import asyncio, sys, tempfile
from pathlib import Path
from bot.audio.untrusted.uploads import Uploads
tempfile.tempdir = sys.argv[1]
reader = Uploads(sample_rate_hz=32000, channels=1, ffmpeg=Path(sys.argv[2]))
asyncio.run(reader.read(Path(sys.argv[3]).read_bytes(), keep_seconds=1.0))
"""
HANGING = """#!/bin/sh
case "$*" in *-version*) exit 0;; esac
echo > {pipe}
exec sleep 3600
"""


def inside(code, limits=None, *, network=True, files=False):
    """What a program of a few lines says behind walls."""
    if network and not ffmpeg_decoder.network_is_cut():
        pytest.skip("this machine allows no network namespaces")
    raised = Isolation(network=network, files=files)
    command = [*isolation.isolate(PYTHON, raised, limits or Limits()), "-I", "-c", code]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode(), isolation.parse_end(done.stderr)


@pytest.mark.parametrize("network", [True, False])
def test_all_limits_hold_inside(network):
    """Processor, memory, files, their size, no core, and a low place in line."""
    code = """
import os, resource
for name in ("CPU", "AS", "FSIZE", "NOFILE", "CORE"):
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
print("nice", os.nice(0))
"""
    said, end = inside(code, Limits(cpu_seconds=7, memory_bytes=2**29), network=network)
    assert said.splitlines() == [
        "CPU 7 7",
        f"AS {2**29} {2**29}",
        "FSIZE 0 0",
        "NOFILE 64 64",
        "CORE 0 0",
        f"nice {min(19, os.nice(0) + 10)}",
    ]
    assert (end.code, end.signal) == (0, 0)


def test_the_number_of_processes_is_limited_inside():
    """Where it counts those inside alone; elsewhere the bot's own would count."""
    code = "import resource; print(*resource.getrlimit(resource.RLIMIT_NPROC))"
    said, _ = inside(code, Limits(processes=33))
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    assert (said == "33 33\n") == (release >= (5, 14))
    outside, _ = inside(code, Limits(processes=33), network=False)
    assert outside != "33 33\n"


def test_nothing_is_reached_from_inside():
    """Not even this machine itself: there is no network at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said, end = inside(
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 5)\n"
            "except OSError as error: print(type(error).__name__)\n"
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert said == "OSError\n"
    assert end.code == 0


def test_no_other_process_is_there_for_it():
    """It can't send a signal to the bot, whoever runs both."""
    said, _ = inside(
        "import os\n"
        f"try: os.kill({os.getpid()}, 0)\n"
        "except ProcessLookupError: print('nobody')\n"
        "print(os.getpid())\n"
    )
    assert said == "nobody\n1\n"


def test_what_it_starts_ends_with_it():
    """Even in a session of its own, where a group's signal does not come."""
    marker = f"3600.{os.getpid()}"
    said, end = inside(
        "import subprocess\n"
        f"subprocess.Popen(['sleep', '{marker}'], start_new_session=True,"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print('started')\n"
    )
    assert (said, end.code) == ("started\n", 0)
    running = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert [each for each in running if marker in each] == []


def test_it_can_write_nothing_anywhere(tmp_path):
    """A file can be made, but not one byte be put into it."""
    place = tmp_path / "out"
    _, end = inside(f"from pathlib import Path; Path({str(place)!r}).write_text('x')")
    assert b"File too large" in end.said
    assert place.stat().st_size == 0


@pytest.mark.parametrize("what", ["read", "written"])
def test_other_files_can_not_be_opened(tmp_path, what):
    """The bot's token and its database are files of the same user; only `sound` is there for it."""
    if not ffmpeg_decoder.files_are_hidden():
        pytest.skip("this machine's kernel hides no files")
    (tmp_path / "sound").write_bytes(as_file(noise()))
    secret = tmp_path / "config.toml"
    secret.write_bytes(as_file(noise()))
    options = {"read": ["-i", str(secret), "-f", "null", "-"],
               "written": ["-i", "file:sound", str(tmp_path / "new.wav")]}  # fmt: skip
    fenced = isolation.isolate(
        find_ffmpeg(), isolation.strongest_isolation(find_ffmpeg()), Limits()
    )
    ends = []
    for arguments in (options[what], ["-i", "file:sound", "-f", "null", "-"]):
        done = subprocess.run(
            [*fenced, "-nostdin", "-v", "error", *arguments],
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        ends.append(isolation.parse_end(done.stderr))
    assert b"Permission denied" in ends[0].said
    assert ends[1].code == 0
    assert not (tmp_path / "new.wav").exists()


def test_a_killed_bot_leaves_no_decoder_and_the_next_takes_its_folder_away(tmp_path, monkeypatch):
    """kill -9 in the middle of a file: what hangs ends with it, what it wrote is swept."""
    program, pipe, sound = tmp_path / "decoder", tmp_path / "pipe", tmp_path / "sound.wav"
    os.mkfifo(pipe)
    program.write_text(HANGING.format(pipe=pipe))
    program.chmod(0o700)
    sound.write_bytes(as_file(noise()))
    bot = subprocess.Popen([PYTHON, "-c", BOT, str(tmp_path), str(program), str(sound)])
    try:
        with pipe.open() as started:
            started.read()
        decoder = psutil.Process(bot.pid).children(recursive=True)
        (folder,) = tmp_path.glob(f"{scratch.FOLDER_PREFIX}*")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert scratch.sweep() == 0
    finally:
        bot.kill()
        bot.wait(timeout=30)
    assert decoder
    _, alive = psutil.wait_procs(decoder, timeout=30)
    assert alive == []
    assert folder.exists()
    assert scratch.sweep() == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    "terms", [Limits(memory_bytes=2**22), Limits(cpu_seconds=0)], ids=["memory", "processor"]
)
def test_limits_too_tight_to_start_under_are_told_from_a_bad_file(terms):
    """The program never runs: nothing that it could say of a file is meant."""
    _, end = inside("print('hello')", terms)
    assert end is None or end.code in (126, 127) or end.signal


def test_the_doctor_tells_which_walls_stand():
    """In a sentence for each that this machine can't raise, and none for those that it can."""
    told = " ".join(str(finding.sentence) for finding in doctor_protection.check_ffmpeg(Config()))
    assert ("namespaces" in told) != ffmpeg_decoder.network_is_cut()
    assert "Uploads are read with" in told
