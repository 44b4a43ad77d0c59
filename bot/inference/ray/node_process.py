"""Runs a node of Ray's and ends it with its starter: `python -m bot.inference.ray.node_process`.

Ray's processes are many, and outlive a bot that is killed; the next start would find its port
taken. This one adopts them from the command that starts them, which need not stay for them (it
takes 80 MB), and ends them once its own standard input is closed, or one that matters has ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from types import FrameType

import psutil

_LEAVE_SECONDS = 6.0
"""How long each process may take to end by itself."""
_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
_THAT_MATTER = ("raylet", "gcs_server")
"""The names of those without which a node is none, in the order in which they end."""


class Node:
    """The processes of a node."""

    def __init__(self) -> None:
        self._begun: list[psutil.Process] = []
        self._ending: threading.Timer | None = None

    def run(self, command: list[str]) -> int:
        """Start Ray's processes by a command and return once one of them has ended, and then all.

        Returns the command's exit code; 1 where it has started none.
        """
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        starter = subprocess.Popen(  # noqa: S603 - the bot's own command
            command, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._begun = [psutil.Process(starter.pid)]
        code = starter.wait()
        children = psutil.Process().children()
        self._begun = [each for name in _THAT_MATTER for each in children if _name(each) == name]
        if self._ending is not None:
            # It was told to end while it started.
            _terminate(self._begun[:1])
        if self._begun and code == 0:
            self._wait_for_one()
        self._end()
        return code or (0 if self._begun else 1)

    def leave(self) -> None:
        """Have the node end: softly first, so that its cluster knows at once."""
        if self._ending is None:
            self._ending = threading.Timer(_LEAVE_SECONDS, _kill_all)
            self._ending.daemon = True
            self._ending.start()
            # A raylet that can't tell its cluster that it leaves would wait for that.
            _terminate(self._begun[:1])

    def _wait_for_one(self) -> None:
        numbers = {each.pid for each in self._begun}
        # Those that Ray's processes leave behind are adopted, too.
        while os.waitpid(-1, 0)[0] not in numbers:
            pass

    def _end(self) -> None:
        for each in self._begun:
            _terminate([each])
            psutil.wait_procs([each], _LEAVE_SECONDS)
        _kill_all()


def kill_node(pid: int) -> None:
    """Kill a process that runs a node, and all of the node: else its port would stay taken."""
    try:
        leader = psutil.Process(pid)
        all_ = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in all_:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def _terminate(processes: Iterable[psutil.Process]) -> None:
    for each in processes:
        try:
            each.terminate()
        except psutil.NoSuchProcess:
            continue


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def _kill_all() -> None:
    for each in psutil.Process().children(recursive=True):
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def main(command: list[str]) -> int:
    """Run a node by a command until it ends or standard input does; return the exit code."""
    node = Node()

    def stop(number: int, frame: FrameType | None) -> None:
        node.leave()

    signal.signal(signal.SIGTERM, stop)
    # A Ctrl-C in the terminal goes to the one who started this, who decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_input, args=(node,), daemon=True).start()
    return node.run(command)


def _leave_with_input(node: Node) -> None:
    while os.read(0, 1024):
        pass
    node.leave()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
