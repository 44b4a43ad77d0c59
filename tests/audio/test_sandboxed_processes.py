"""Processes of a decoder: limited in number, unable to see others, and ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile

import psutil
import pytest

from bot.audio.untrusted import sandbox, scratch_folder
from bot.audio.untrusted.sandbox import Limits
from tests.support.leftover_processes import named
from tests.support.sandboxed_code import PYTHON, inside, sandboxed
from tests.support.sound_files import as_file, noise

BOT = """
import asyncio, sys, tempfile
from pathlib import Path
from bot.audio.untrusted.uploads import Uploads
tempfile.tempdir = sys.argv[1]
reader = Uploads(sample_rate_hz=32000, channels=1, ffmpeg=Path(sys.argv[2]))
asyncio.run(reader.read(Path(sys.argv[3]).read_bytes(), keep_seconds=1.0))
"""


HANGING = """#!/bin/sh
case "$*" in *" s16le "*) exit 0;; esac
exec sleep 3600 < {pipe}
"""


def test_the_number_of_processes_is_limited_inside():
    """Only where the limit counts the namespace's processes; else the bot's would count."""
    code = "import resource; print(*resource.getrlimit(resource.RLIMIT_NPROC))"
    output, _ = inside(code, Limits(processes=33))
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    assert (output == "33 33\n") == (release >= (5, 14))
    outside, _ = inside(code, Limits(processes=33), network=False)
    assert outside != "33 33\n"


def test_the_sandbox_sees_no_other_process():
    """It can't send a signal to the bot, though both have the same user."""
    output, _ = inside(
        "import os\n"
        f"try: os.kill({os.getpid()}, 0)\n"
        "except ProcessLookupError: print('nobody')\n"
        "print(os.getpid())\n"
    )
    assert output == "nobody\n1\n"


def running(marker):
    """Return the processes that have a word among their arguments."""
    found = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    return [each for each in found if marker in each]


def starting(marker, number=1):
    """Return code that starts processes in new sessions, which a group's signal does not reach."""
    return f"""
import subprocess
for _ in range({number}):
    subprocess.Popen(["sleep", "{marker}"], start_new_session=True,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print("started", flush=True)
"""


@pytest.mark.parametrize("network", [True, False], ids=["namespaces", "watched"])
def test_child_processes_end_with_the_decoder(network):
    """Even without a filter of system calls: by the namespace, or by the watching process."""
    marker = f"3600.{os.getpid()}"
    output, end = inside(starting(marker), network=network)
    assert (output, end.code) == ("started\n", 0)
    assert running(marker) == []


def test_child_processes_end_when_decoding_is_cancelled():
    """The watching process gets the signal, and kills all of them before it ends."""
    marker = f"3601.{os.getpid()}"
    code = starting(marker) + "import time; time.sleep(3600)"
    command = sandboxed(code, network=False)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert sandbox.parse_end(stderr).signal == signal.SIGKILL
    assert running(marker) == []


def test_child_processes_end_with_a_killed_bot():
    """The watching process outlives the bot for that long."""
    code = starting(f"3603.{os.getpid()}") + "import time; time.sleep(3600)"
    bot = f"""
import subprocess
from pathlib import Path
from bot.audio.untrusted import sandbox
layers = sandbox.NO_LAYERS
command = sandbox.command_prefix(Path({str(PYTHON)!r}), layers, sandbox.Limits())
subprocess.run([*command, "-I", "-c", {code!r}])
"""
    with subprocess.Popen([PYTHON, "-c", bot], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        started = named("sleep", process.pid)
        process.kill()
        _, alive = psutil.wait_procs(started, timeout=30)
    assert started
    assert alive == []


def test_too_many_processes_are_killed():
    """All of them, however many other processes the same user has."""
    marker = f"3602.{os.getpid()}"
    code = starting(marker, number=9) + "import time; time.sleep(3600)"
    _, end = inside(code, Limits(processes=8), network=False)
    assert end.signal == signal.SIGKILL
    assert running(marker) == []


def test_memory_is_limited_over_all_processes_together():
    """Each is below the limit, their sum is not."""
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        held = b"x" * (60 * 2**20)
        time.sleep(3600)
time.sleep(3600)
"""
    _, end = inside(code, Limits(memory_bytes=200 * 2**20), network=False)
    assert end.signal == signal.SIGKILL


def test_after_a_kill_no_decoder_and_no_folder_remain(tmp_path, monkeypatch):
    """kill -9 during decoding: the hanging decoder ends, and its folder is swept."""
    program, pipe, sound = tmp_path / "decoder", tmp_path / "pipe", tmp_path / "sound.wav"
    os.mkfifo(pipe)
    program.write_text(HANGING.format(pipe=pipe))
    program.chmod(0o700)
    sound.write_bytes(as_file(noise()))
    bot = subprocess.Popen([PYTHON, "-c", BOT, str(tmp_path), str(program), str(sound)])
    try:
        with pipe.open("w"):
            pass  # decoding has begun
        decoder = psutil.Process(bot.pid).children(recursive=True)
        (folder,) = tmp_path.glob(f"{scratch_folder.FOLDER_PREFIX}*")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert scratch_folder.sweep() == 0
    finally:
        bot.kill()
        bot.wait(timeout=30)
    assert decoder
    _, alive = psutil.wait_procs(decoder, timeout=30)
    assert alive == []
    assert folder.exists()
    assert scratch_folder.sweep() == 1
    assert not folder.exists()
