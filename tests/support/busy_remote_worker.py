"""Ray's actor with its worker, without a cluster: `python -m tests.support.busy_remote_worker`.

The worker is suspended while a request of 1 MB arrives, and goes on two heartbeats later. Prints
the seconds of sound that it makes of it; then, with the worker told to end, how the actor reports
that.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import traceback

import numpy as np
import psutil

from bot.domain.generation import GenerationRequest, Sound
from bot.inference.connection import frame
from bot.inference.encoding import decode_from_worker
from bot.inference.protocol import GenerateJob, JobFinished, Ready
from bot.inference.ray.remote_worker import RemoteWorker, WorkerStopped
from tests.support.running_executor import SCRIPTED

PROMPT_SECONDS = 8.0
_CHUNK_BYTES = 2**16


def main():
    worker = RemoteWorker(json.dumps({"config": {}, "engine": SCRIPTED, "level": logging.WARNING}))
    heard: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(worker, heard), daemon=True).start()
    _wait(heard, lambda message: isinstance(message, Ready))
    (process,) = psutil.Process().children()
    process.suspend()
    threading.Thread(target=_send, args=(worker,), daemon=True).start()
    for _ in range(2):
        _wait(heard, lambda message: message is None)
    process.resume()
    done = _wait(heard, lambda message: isinstance(message, JobFinished))
    print(f"{done.sound.seconds:.1f}")
    process.terminate()
    print(_wait(heard, lambda message: isinstance(message, str)))


def _send(worker):
    samples = np.zeros((1, round(PROMPT_SECONDS * 32_000)), np.float32)
    sound = Sound(samples=samples, sample_rate_hz=32_000)
    data = frame(
        GenerateJob(1, GenerationRequest(seconds=1.0, seed=440, prompt="rock", audio=sound))
    )
    try:
        for first in range(0, len(data), _CHUNK_BYTES):
            worker.send(data[first : first + _CHUNK_BYTES])
    except Exception:
        traceback.print_exc()
        os._exit(1)


def _hear(worker, heard):
    """Put each message, and None for each heartbeat of the actor."""
    left = b""
    try:
        for data in worker.receive():
            if not data:
                heard.put(None)
            left += data
            while len(left) >= 4 and len(left) >= (end := 4 + int.from_bytes(left[:4], "big")):
                heard.put(decode_from_worker(left[4:end]))
                left = left[end:]
    except WorkerStopped:
        heard.put("stopped")
    else:
        heard.put("ended")


def _wait(heard, is_it):
    while not is_it(message := heard.get()):
        pass
    return message


if __name__ == "__main__":
    main()
