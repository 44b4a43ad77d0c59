"""The relay between the bot and a remote worker: `python -m bot.inference.ray.relay FD SETTINGS`.

To the bot it looks like a local worker: same bytes, same kind of socket. It is the Ray driver: its
failure ends one worker, never the bot. Ray ends the remote worker when its driver ends, so a worker
that reconnects late has no jobs.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, NoReturn

from bot import log as logs
from bot.i18n.sentence import to_json
from bot.inference.connection import Connection, frame
from bot.inference.encoding import version
from bot.inference.protocol import Hello, ModelFailed
from bot.inference.ray.cluster import LOST_SECONDS, WORKER_ENDED, worker_resource
from bot.inference.ray.nodes import host_of_other_version
from bot.inference.worker_troubles import OTHER_VERSION_THERE

# `__name__` is `__main__` here, so the logger is named explicitly.
log = logging.getLogger("bot.inference.ray.relay")

_CHUNK_BYTES = 2**16
_LOOK_SECONDS = 10.0
"""How long a worker may take to start on a machine before the others are looked at."""
_LOST = 3
_TICK_SECONDS = 1.0


class HeartbeatTimer:
    """The time since the last sign of life from the remote machine, in which this process ran."""

    def __init__(self) -> None:
        self._is_heard = False
        self._silent_seconds = 0.0

    def reset(self) -> None:
        """Note a heartbeat now."""
        self._is_heard, self._silent_seconds = True, 0.0

    def note_wait(self, seconds: float) -> float:
        """Add what was waited; return the silence since the last heartbeat, 0 before the first.

        A wait counts as a second or two: while this process stood still, it heard nobody.
        """
        if self._is_heard:
            self._silent_seconds += min(seconds, 2 * _TICK_SECONDS)
        return self._silent_seconds


def main(arguments: list[str]) -> int:
    """Wait for a machine, run a worker there and relay its messages; return the exit code."""
    # Ctrl-C reaches the whole process group; the bot decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, settings = int(arguments[0]), json.loads(arguments[1])
    as_json = settings["config"]["log"]["format"] == "json"
    logs.configure(settings["level"], debug=settings["level"] <= logging.DEBUG, as_json=as_json)
    threading.Thread(target=_exit_with_the_bot, args=(os.dup(descriptor),), daemon=True).start()
    address = settings.pop("ray")
    import ray

    # Ray has every machine import from the folder of the same name; in this one only root writes.
    os.chdir("/")
    try:
        ray.init(
            address=address,
            namespace="zhiyin",
            log_to_driver=False,
            configure_logging=True,
            logging_level=logging.CRITICAL,
        )
    except Exception as error:
        log.error("ray.unreachable address=%s %s", address, _first_line(error))
        return 1
    from bot.inference.ray.remote_worker import OPTIONS, RemoteWorker

    declare: Any = ray.remote
    actor = declare(**OPTIONS, resources={worker_resource(): 1})(RemoteWorker)
    worker = actor.remote(json.dumps(settings))
    bot, life = socket.socket(fileno=descriptor), HeartbeatTimer()
    threading.Thread(target=_watch, args=(life,), daemon=True).start()
    threading.Thread(target=_forward, args=(bot, worker), daemon=True).start()
    try:
        messages = worker.receive.remote()
        while not ray.wait([messages], timeout=_LOOK_SECONDS)[0]:
            # No room yet; it is to be said if there are only machines of another version.
            list_nodes: Any = ray.nodes
            if host := host_of_other_version(list_nodes()):
                refusal = to_json(OTHER_VERSION_THERE.fill(host=host))
                bot.sendall(frame(Hello(version(), host)) + frame(ModelFailed(refusal)))
                return 1
        for reference in messages:
            data: bytes = ray.get(reference)
            life.reset()
            bot.sendall(data)
    except ConnectionError:
        log.info("relay.orphaned")
    except ray.exceptions.OutOfMemoryError as error:
        # Ray ends the worker before its machine runs out of memory: a job may be the cause.
        log.warning("ray.worker_killed %s", _first_line(error))
    except ray.exceptions.RayError as error:
        log.warning("ray.worker_lost %s", _first_line(error))
        return _LOST
    return WORKER_ENDED


def _forward(bot: socket.socket, worker: Any) -> None:  # noqa: ANN401 - Ray's handle
    """Forward the bot's bytes in order, waiting for each write to arrive; any error ends all."""
    import ray

    try:
        while data := bot.recv(_CHUNK_BYTES):
            ray.get(worker.send.remote(data))
    except ConnectionError:
        log.info("relay.orphaned")
    except Exception as error:
        # The worker may have part of a message, and would wait for the rest.
        log.warning("ray.not_forwarded %s", _first_line(error))
        os._exit(_LOST)


def _watch(life: HeartbeatTimer) -> NoReturn:
    """End this process once the machine has been silent for too long."""
    silent, waited_since = 0.0, time.monotonic()
    while silent < LOST_SECONDS:
        time.sleep(_TICK_SECONDS)
        now = time.monotonic()
        silent, waited_since = life.note_wait(now - waited_since), now
    log.warning("ray.machine_silent for=%.0fs", silent)
    os._exit(_LOST)


def _exit_with_the_bot(descriptor: int) -> NoReturn:
    Connection(descriptor).wait_for_end()
    os._exit(0)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def run(arguments: list[str]) -> NoReturn:
    """Run `main` and exit the process with its code."""
    try:
        code = main(arguments)
    except Exception:
        log.exception("relay.failed")
        code = 1
    sys.stderr.flush()
    # Ray's regular shutdown takes seconds; its processes notice that this one has ended.
    os._exit(code)


if __name__ == "__main__":
    run(sys.argv[1:])
