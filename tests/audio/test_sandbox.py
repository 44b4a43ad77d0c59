"""The sandbox around a decoder, seen from inside: limits, network, files, system calls."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import replace

import pytest

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import ffmpeg_decoder, sandbox
from bot.audio.untrusted.landlock import landlock_version
from bot.audio.untrusted.sandbox import Limits, SandboxLayers
from bot.cli import doctor_protection
from bot.cli.findings import Verdict
from bot.config import Config
from tests.support.sandboxed_code import PYTHON, inside
from tests.support.sound_files import as_file, noise


@pytest.mark.parametrize("network", [True, False])
def test_all_limits_hold_inside(network):
    """Processor time, memory, open files, file size, no core dump, and a low priority."""
    code = """
import os, resource
for name in ("CPU", "AS", "FSIZE", "NOFILE", "CORE"):
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
print("nice", os.nice(0))
"""
    output, end = inside(code, Limits(cpu_seconds=7, memory_bytes=2**29), network=network)
    assert output.splitlines() == [
        "CPU 7 7",
        f"AS {2**29} {2**29}",
        "FSIZE 0 0",
        "NOFILE 64 64",
        "CORE 0 0",
        f"nice {min(19, os.nice(0) + 10)}",
    ]
    assert (end.code, end.signal) == (0, 0)


def test_the_sandbox_has_no_network():
    """Not even the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        output, end = inside(
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 5)\n"
            "except OSError as error: print(type(error).__name__)\n"
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert output == "OSError\n"
    assert end.code == 0


ATTACKS = """
import ctypes, ctypes.util, errno, fcntl, os, resource, signal, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
bot, name, path = {bot}, {socket!r}, {path!r}

def call(function, *arguments):
    if function(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

def numbered(x86_64, aarch64):
    number = x86_64 if os.uname().machine == "x86_64" else aarch64
    return lambda: call(libc.syscall, number, 0, 0, 0, 0, 0)

attacks = {{
    "a socket with a name": lambda: socket.socket(socket.AF_UNIX).connect(name),
    "the internet": lambda: socket.socket(socket.AF_INET),
    "datagrams": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "a pair of sockets": socket.socketpair,
    "a new process": os.fork,
    "a new program": lambda: os.posix_spawn("/bin/true", ["true"], {{}}),
    "a session of its own": os.setsid,
    "a group of its own": lambda: os.setpgid(0, 0),
    "a signal": lambda: os.kill(bot, 0),
    "a signal to a thread": numbered(234, 131),
    "a signal by way of a file": lambda: fcntl.fcntl(1, fcntl.F_SETOWN, bot),
    "a hold on a process": lambda: os.pidfd_open(bot),
    "the bot's limits": lambda: resource.prlimit(bot, resource.RLIMIT_CORE, (0, 0)),
    "the bot's turn": lambda: os.setpriority(os.PRIO_PROCESS, bot, 19),
    "the bot's processors": lambda: os.sched_setaffinity(bot, {{0}}),
    "tracing": lambda: call(libc.ptrace, 16, bot, 0, 0),
    "another's memory": lambda: call(libc.process_vm_readv, bot, None, 0, None, 0, 0),
    "to outlive the bot": lambda: call(libc.prctl, 1, 0, 0, 0, 0),
    "to read in order to write": lambda: os.open(path, os.O_RDWR),
    "to write": lambda: os.open(path, os.O_WRONLY),
    "to empty": lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
    "to create": lambda: os.open(path + "x", os.O_RDONLY | os.O_CREAT),
    "to cut": lambda: os.truncate(path, 0),
    "to delete": lambda: os.unlink(path),
    "to rename": lambda: os.rename(path, path + "y"),
    "to link": lambda: os.link(path, path + "z"),
    "to change a mode": lambda: os.chmod(path, 0o777),
    "a folder": lambda: os.mkdir(path + "d"),
    "a pipe with a name": lambda: os.mkfifo(path + "p"),
    "a larger pipe": lambda: fcntl.fcntl(1, 1031, 2**20),
    "a device's commands": lambda: fcntl.ioctl(0, 0x5401, b" " * 64),
    "memory that outlives it": lambda: call(libc.shmget, 0, 4096, 0o1600),
    "memory without a name": lambda: os.memfd_create("x"),
    "namespaces": lambda: call(libc.unshare, 0x10000000),
    "a mount": lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None),
    "another root": lambda: os.chroot("/tmp"),
    "keys": numbered(250, 219),
    "bpf": numbered(321, 280),
    "userfaultfd": numbered(323, 282),
    "perf": numbered(298, 241),
    "io_uring": numbered(425, 425),
    "clone3": numbered(435, 435),
    "openat2": numbered(437, 437),
    "modules": numbered(175, 105),
}}
for what, attack in attacks.items():
    try:
        attack()
    except OSError as error:
        if error.errno == errno.ENOSYS:
            continue
        what += ": " + error.strerror
    print(what)
thread = threading.Thread(target=lambda: print("a thread runs"))
thread.start()
thread.join()
with open(path) as file:
    print(file.read())
"""


@pytest.mark.parametrize("network", [True, False])
def test_only_necessary_system_calls_are_allowed(tmp_path, network):
    """Sockets, processes, writing and tracing are refused; threads and reading are allowed."""
    (tmp_path / "file").write_text("still here")
    name = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        server.setblocking(False)
        code = ATTACKS.format(bot=os.getpid(), socket=name, path=str(tmp_path / "file"))
        output, end = inside(code, network=network, calls=True)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert output.splitlines() == ["a thread runs", "still here"], end.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "socket"]


def test_without_the_filter_an_abstract_socket_is_reachable(tmp_path):
    """So the test above covers a real attack: neither namespaces nor Landlock prevent it."""
    name = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        inside(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})")
        server.settimeout(30)
        server.accept()[0].close()


def test_the_sandbox_can_write_no_file(tmp_path):
    """A file can be created, but no byte written to it."""
    place = tmp_path / "out"
    _, end = inside(f"from pathlib import Path; Path({str(place)!r}).write_text('x')")
    assert b"File too large" in end.stderr
    assert place.stat().st_size == 0


POORER_MACHINE = """
import ctypes, struct, sys
from pathlib import Path
libc = ctypes.CDLL(None)
steps = b"".join(struct.pack("<HBBI", *each) for each in {steps})
held = ctypes.create_string_buffer(steps, len(steps))
libc.prctl(38, 1, 0, 0, 0)
libc.prctl(22, 2, struct.pack("@HP", len(steps) // 8, ctypes.addressof(held)), 0, 0)
from bot.audio.untrusted import sandbox
print(sandbox.available_layers(Path({ffmpeg!r})))
"""


@pytest.mark.parametrize(
    ("refused", "missing"),
    [((272, 97), "network"), ((444, 444), "files"), ((157, 167), "calls")],
    ids=["unshare", "landlock_create_ruleset", "prctl, for a filter"],
)
def test_unavailable_layers_do_not_disable_the_others(refused, missing):
    """As in a container, or with an older kernel: sound is decoded with the remaining layers."""
    here = ffmpeg_decoder.layers_here()
    if here != SandboxLayers(network=True, files=True, calls=True):
        pytest.skip("this machine is one of those")
    number = refused[os.uname().machine == "aarch64"]
    steps = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16)]
    # Of prctl only the command that installs a filter; the other calls always.
    steps += [(0x15, 0, 1, 22)] if missing == "calls" else [(0x05, 0, 0, 0)]
    steps += [(0x06, 0, 0, 0x5_0001), (0x06, 0, 0, 0x7FFF_0000)]
    code = POORER_MACHINE.format(steps=steps, ffmpeg=str(find_ffmpeg()))
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip() == repr(replace(here, **{missing: False}))


@pytest.mark.parametrize("what", ["read", "written"])
def test_the_sandbox_can_open_no_other_file(tmp_path, what):
    """The bot's token and database belong to the same user; only `sound` can be opened."""
    if not ffmpeg_decoder.layers_here().files:
        pytest.skip("this machine's kernel hides no files")
    (tmp_path / "sound").write_bytes(as_file(noise()))
    secret = tmp_path / "config.toml"
    secret.write_bytes(as_file(noise()))
    options = {"read": ["-i", str(secret), "-f", "null", "-"],
               "written": ["-i", "file:sound", str(tmp_path / "new.wav")]}  # fmt: skip
    layers = SandboxLayers(network=False, files=True, calls=False)
    command = sandbox.command_prefix(find_ffmpeg(), layers, Limits())
    ends = []
    for arguments in (options[what], ["-i", "file:sound", "-f", "null", "-"]):
        done = subprocess.run(
            [*command, "-nostdin", "-v", "error", *arguments],
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        ends.append(sandbox.parse_end(done.stderr))
    assert b"Permission denied" in ends[0].stderr
    assert ends[1].code == 0
    assert not (tmp_path / "new.wav").exists()


@pytest.mark.parametrize(
    "terms", [Limits(memory_bytes=2**22), Limits(cpu_seconds=0)], ids=["memory", "processor"]
)
def test_too_tight_limits_are_distinguished_from_a_bad_file(terms):
    """The program never runs, so that its exit says nothing about the file."""
    _, end = inside("print('hello')", terms)
    assert end is None or end.code in (126, 127) or end.signal


@pytest.mark.parametrize("network", [True, False])
@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize("calls", [True, False])
def test_the_doctor_reports_the_sandbox_s_layers(network, files, calls):
    """One sentence each: what the layer prevents, or what its absence leaves open."""
    layers = SandboxLayers(network=network, files=files, calls=calls)
    sentences = {
        word: finding.verdict
        for finding in doctor_protection.describe_layers(layers, landlock=7)
        for word in ("seccomp", "amespaces", "Landlock")
        if word in str(finding.sentence)
    }
    assert sentences == {
        word: Verdict.GOOD if stands else Verdict.WORSE
        for word, stands in (("seccomp", calls), ("amespaces", network), ("Landlock", files))
    }


def test_the_doctor_reports_this_machine_s_layers():
    """The layers that ffmpeg really runs in."""
    sentences = [str(finding.sentence) for finding in doctor_protection.check_ffmpeg(Config())]
    assert "Uploads are read with" in sentences[0]
    here = ffmpeg_decoder.layers_here()
    expected = doctor_protection.describe_layers(here, landlock_version())
    assert sentences[1:] == [str(finding.sentence) for finding in expected]
