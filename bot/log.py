"""Logging, set up once by whoever starts a process.

Levels: debug may hold prompts and is for one's own machine; info is normal work; a warning is
something to mend; an error is something to mend now.
"""

from __future__ import annotations

import logging
import os
import re
import sys

_OURS = ("bot", "cogs")

# A bot's token, and the part of an address that lets anyone answer in the bot's name.
_SECRETS = re.compile(
    r"[\w-]{18,}\.[\w-]{6,}\.[\w-]{25,}|(?<=/webhooks/)\d+/[\w-]+|(?<=/interactions/)\d+/[\w-]+"
)

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


class Discreet(logging.Formatter):
    """Writes one line an event, and no secret, whatever is in its text."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of a record, without what would begin another or colour it."""
        line = super().formatMessage(record)
        return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)

    def format(self, record: logging.LogRecord) -> str:
        """Return a record with its traceback, all that can open a door taken out."""
        return _SECRETS.sub("[secret]", super().format(record))


def configure(level: int = logging.WARNING, *, debug: bool = False) -> None:
    """Send the program's log to standard error and keep the libraries to their errors.

    Call it before the model's libraries are imported: they read their levels from the environment
    while they load. What the environment says already is left alone.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.ERROR)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else level)
    logging.captureWarnings(capture=True)
    if not debug:
        for key, value in _QUIET.items():
            os.environ.setdefault(key, value)
