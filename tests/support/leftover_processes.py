"""Finds the processes that a bot has left behind: they inherit a mark from it."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

SERVERS = ("multiprocessing.forkserver", "resource_tracker", "tests.support.training_server")
_MARK = "ZHIYIN_TEST_FOLDER"


def marked(folder):
    """The environment for a bot, so that whatever it starts can be told from others."""
    return os.environ | {_MARK: str(folder)}


def named(name, parent_id=None):
    """The processes with a name that this one, or another, and its own have started."""
    found = []
    for process in psutil.Process(parent_id).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # one that has just ended
            if process.name() == name:
                found.append(process)
    return found


def children():
    """The processes that this one and its own have started, but for the servers that fork others.

    Those go on from test to test: see forked and training_environment.
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
    """The command lines of all that still runs of the bot with this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(_MARK) == str(folder):
                found.append(" ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue  # one that has just ended, or nobody of ours
    return found


def running(ids):
    """Those of some processes that still run; one that nobody has waited for does not."""
    found = []
    for id_ in ids:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(id_).status() != psutil.STATUS_ZOMBIE:
                found.append(id_)
    return found
