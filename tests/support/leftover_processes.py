"""Find the processes that a bot left behind, by a variable that they inherit from it."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

SERVERS = ("multiprocessing.forkserver", "resource_tracker", "tests.support.training_server")
_MARK = "ZHIYIN_TEST_FOLDER"


def marked(folder):
    """Return the environment for a bot that marks all processes it starts."""
    return os.environ | {_MARK: str(folder)}


def named(name, parent_id=None):
    """Return the descendants of a process, by default this one, with a name."""
    found = []
    for process in psutil.Process(parent_id).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if process.name() == name:
                found.append(process)
    return found


def children():
    """Return the descendants of this process, except the servers that fork others.

    Those are kept from test to test: see forked and training_environment.
    """
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            command = " ".join(process.cmdline())
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            command = ""
        if not any(each in command for each in SERVERS):
            found.append(process)
    return found


def left_of(folder):
    """Return the command lines of all running processes of the bot with this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(_MARK) == str(folder):
                found.append(" ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue  # it has just ended, or belongs to another user
    return found


def running(ids):
    """Return those of the processes that still run; zombies do not."""
    found = []
    for id_ in ids:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(id_).status() != psutil.STATUS_ZOMBIE:
                found.append(id_)
    return found
