"""Logging, set up once by whoever starts a process.

Levels: debug may hold prompts and is for one's own machine; info is normal work; a warning is
something to mend; an error is something to mend now. What is done for a job is done `about` it:
then every line of it says which one it is about.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from textwrap import indent
from types import TracebackType

from bot.printable import escape_controls

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_OURS = ("bot", "cogs")

# A bot's token, the part of an address that lets anyone answer in the bot's name, and the name and
# password in a proxy's.
_SECRETS = re.compile(
    r"[\w-]{18,}\.[\w-]{6,}\.[\w-]{25,}|(?<=/webhooks/)\d+/[\w-]+|(?<=/interactions/)\d+/[\w-]+"
    r"|(?<=://)[^/\s@]+(?=@)"
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


_JOB: ContextVar[int | None] = ContextVar("job", default=None)


@contextmanager
def about(job_id: int) -> Iterator[None]:
    """Have all that is logged in the block, and in tasks that begin in it, name a job."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def name_job(record: logging.LogRecord) -> bool:
    """Give a record the job that it is about, if it is about one; a filter that keeps all."""
    record.job = _JOB.get()
    return True


class RedactingFormatter(logging.Formatter):
    """Writes one line an event, and no secret, whatever is in its text."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of a record, without what would begin another or colour it."""
        job = getattr(record, "job", None)
        record.about = "" if job is None else f" job={job}"
        return escape_controls(super().formatMessage(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        """Return a traceback, each line indented: none passes for an event's."""
        return indent(escape_controls(super().formatException(ei), keep="\n"), "  ")

    def format(self, record: logging.LogRecord) -> str:
        """Return a record with its traceback, redacted."""
        return _redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Writes one JSON object an event, on one line, with no secret in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's time, level, logger and message, and its job and traceback if any."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _redact(record.getMessage()),
        }
        job = getattr(record, "job", None)
        exception = self.formatException(record.exc_info) if record.exc_info else None
        line = json.dumps(
            fields
            | ({} if job is None else {"job": job})
            | ({} if exception is None else {"exception": _redact(exception)})
        )
        # The one control character that JSON leaves as it is.
        return line.replace("\x7f", "\\u007f")


def _redact(text: str) -> str:
    """Return a text without tokens of bots, webhooks and interactions, and passwords of proxies."""
    return _SECRETS.sub("[secret]", text)


def _print_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an error that nobody caught, without secrets and without what acts on a terminal."""
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(_redact(escape_controls(text, keep="\n")))


def configure(level: int = logging.WARNING, *, debug: bool = False, as_json: bool = False) -> None:
    """Send the program's log to standard error and keep the libraries to their errors.

    Call it before the model's libraries are imported: they read their levels from the environment
    while they load. What the environment says already is left alone.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(name_job)
    handler.setFormatter(
        JsonFormatter()
        if as_json
        else RedactingFormatter("%(asctime)s %(levelname)s %(name)s%(about)s: %(message)s")
    )
    sys.excepthook = _print_error
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.ERROR)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else level)
    logging.captureWarnings(capture=True)
    if not debug:
        for key, value in _QUIET.items():
            os.environ.setdefault(key, value)
