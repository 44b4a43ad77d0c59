"""Machines that join a bot's cluster to generate music: each is a Ray node on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

from bot.inference import encoding
from bot.inference.ray.cluster import TOKEN_VARIABLE, joined_command, node_process_command

ROOT = Path(__file__).parents[2]
_START_SECONDS = _LEAVE_SECONDS = 60.0


def _started(command, environment, cores):
    # Scripted engines are imported on the machine, wherever Ray runs it.
    search = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH"))))
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment | {"PYTHONPATH": search},
        start_new_session=True,
    )
    if cores is not None:
        os.sched_setaffinity(process.pid, cores)
    return process


@contextmanager
def machine(cluster, *, labels=None, version=None, cores=None):
    """Let a machine join during the block; yield the leader of its processes.

    `version` is that of its messages, if it is to differ from the bot's.
    """
    command = node_process_command(joined_command(cluster.address, 1, labels or {}))
    if version is not None:
        command = [each.replace(encoding.version(), version) for each in command]
    process = _started(command, cluster.environment(os.environ), cores)
    try:
        leader = psutil.Process(process.pid)
        # Nodes that start at once on one machine may take the same socket, and then end.
        while not (starting := leader.children()):
            time.sleep(0.01)
        psutil.wait_procs(starting, _START_SECONDS)
        yield leader
    finally:
        process.stdin.close()
        process.wait(_LEAVE_SECONDS)


@contextmanager
def lent(cluster, *, cores=None):
    """Let a machine join with `zhiyin worker`, restarted as needed; yield its process."""
    command = [sys.executable, "-m", "bot", "worker", "--join", cluster.address]
    process = _started(command, os.environ | {TOKEN_VARIABLE: cluster.token}, cores)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(_LEAVE_SECONDS)


def workers(machine):
    """Return the worker processes of a machine."""
    all_ = machine.children(recursive=True)
    return [each for each in all_ if "bot.inference.worker" in command_of(each)]


def command_of(process):
    """Return the command line of a process; empty for one that has ended."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
