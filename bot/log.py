"""Logging, set up once by whoever starts a process.

Levels: debug may hold prompts and is for one's own machine; info is normal work; a warning is
something to mend; an error is something to mend now.
"""

from __future__ import annotations

import logging
import os
import sys

_OURS = ("bot", "cogs")

_QUIET = {
    # MindSpore counts from 0, debug, to 4, critical; its errors come as exceptions too.
    "GLOG_v": "4",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_VERBOSITY": "error",
    # Nobody is told what runs here.
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def configure(level: int = logging.WARNING, *, debug: bool = False) -> None:
    """Send the program's log to standard error and keep the libraries to their errors.

    Call it before the model's libraries are imported: they read their levels from the environment
    while they load. What the environment says already is left alone.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.ERROR)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else level)
    logging.captureWarnings(capture=True)
    if not debug:
        for key, value in _QUIET.items():
            os.environ.setdefault(key, value)
