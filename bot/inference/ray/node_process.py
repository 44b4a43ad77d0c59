"""Run a Ray node that ends with its starter: `python -m bot.inference.ray.node_process`.

A node is many processes, which outlive a killed bot and keep its port. This process is a child
subreaper: it adopts them when the command that starts them exits (which saves 80 MB), and ends them
once its standard input is closed or an essential one has ended.
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
"""Time for each process to end by itself before it is killed."""
_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
_ESSENTIAL = ("raylet", "gcs_server")
"""The essential processes of a node, in the order in which they are ended."""


class Node:
    """The processes of a Ray node."""

    def __init__(self) -> None:
        self._begun: list[psutil.Process] = []
        self._ending: threading.Timer | None = None

    def run(self, command: list[str]) -> int:
        """Start a node by a command, wait until an essential process ends, then end all.

        Returns the command's exit code; 1 if it has started no node.
        """
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        starter = subprocess.Popen(  # noqa: S603 - the bot's own command
            command, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._begun = [psutil.Process(starter.pid)]
        code = starter.wait()
        children = psutil.Process().children()
        self._begun = [each for name in _ESSENTIAL for each in children if _name(each) == name]
        if self._ending is not None:
            # A signal arrived during the start.
            _terminate(self._begun[:1])
        if self._begun and code == 0:
            self._wait_for_one()
        self._end()
        return code or (0 if self._begun else 1)

    def leave(self) -> None:
        """End the node: gracefully first, so that the cluster notices at once."""
        if self._ending is None:
            self._ending = threading.Timer(_LEAVE_SECONDS, _kill_all)
            self._ending.daemon = True
            self._ending.start()
            # A raylet without a connection to its head would wait for it: signal only this one.
            _terminate(self._begun[:1])

    def _wait_for_one(self) -> None:
        numbers = {each.pid for each in self._begun}
        # Orphans of Ray's processes are reaped here, too.
        while os.waitpid(-1, 0)[0] not in numbers:
            pass

    def _end(self) -> None:
        for each in self._begun:
            _terminate([each])
            psutil.wait_procs([each], _LEAVE_SECONDS)
        _kill_all()


def kill_node(pid: int) -> None:
    """Kill the process that runs a node, and the whole node, which would keep its port."""
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
    """Run a node until it ends or standard input is closed; return the exit code."""
    node = Node()

    def stop(number: int, frame: FrameType | None) -> None:
        node.leave()

    signal.signal(signal.SIGTERM, stop)
    # Ctrl-C reaches the whole process group; the starter decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_input, args=(node,), daemon=True).start()
    return node.run(command)


def _leave_with_input(node: Node) -> None:
    while os.read(0, 1024):
        pass
    node.leave()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
