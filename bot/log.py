"""Logging, configured once per process by its entry point.

Levels: debug may contain prompts, for one's own machine only; info is normal work; a warning needs
attention; an error needs attention now. Within `log_job_id` every line names the job.
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

OWN_LOGGERS = ("bot", "cogs")
"""Loggers of this project: those of its packages."""

# Secrets: bot tokens, webhook and interaction tokens in URLs, and user and password of proxies.
_SECRETS = re.compile(
    r"[\w-]{18,}\.[\w-]{6,}\.[\w-]{25,}|(?<=/webhooks/)\d+/[\w-]+|(?<=/interactions/)\d+/[\w-]+"
    r"|(?<=://)[^/\s@]+(?=@)"
)

_QUIET = {
    # MindSpore's levels are 0 (debug) to 4 (critical); its errors are also raised.
    "GLOG_v": "4",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_VERBOSITY": "error",
    # No telemetry.
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


_JOB: ContextVar[int | None] = ContextVar("job", default=None)


@contextmanager
def log_job_id(job_id: int) -> Iterator[None]:
    """Add a job id to all log lines of the block, and of tasks started in it."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def name_job(record: logging.LogRecord) -> bool:
    """Add the current job id to a record; a logging filter that keeps every record."""
    record.job = _JOB.get()
    return True


class RedactingFormatter(logging.Formatter):
    """Formats one line per event, with secrets redacted."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return a record's line, with control characters escaped."""
        job = getattr(record, "job", None)
        record.job_suffix = "" if job is None else f" job={job}"
        return escape_controls(super().formatMessage(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        """Return a traceback, indented so that no line looks like an event."""
        return indent(escape_controls(super().formatException(ei), keep="\n"), "  ")

    def format(self, record: logging.LogRecord) -> str:
        """Return a record with its traceback, redacted."""
        return _redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Formats one JSON object per event, on one line, with secrets redacted."""

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
        # The only control character that JSON does not escape.
        return line.replace("\x7f", "\\u007f")


def _redact(text: str) -> str:
    """Return a text without tokens and passwords."""
    return _SECRETS.sub("[secret]", text)


def _print_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an uncaught exception without secrets and without control characters."""
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(_redact(escape_controls(text, keep="\n")))


def configure(level: int = logging.WARNING, *, debug: bool = False, as_json: bool = False) -> None:
    """Log to standard error, and limit libraries to errors.

    Call it before importing the model's libraries, which read their log levels from the
    environment. Existing environment variables are not overridden.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(name_job)
    handler.setFormatter(
        JsonFormatter()
        if as_json
        else RedactingFormatter("%(asctime)s %(levelname)s %(name)s%(job_suffix)s: %(message)s")
    )
    sys.excepthook = _print_error
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.ERROR)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else level)
    logging.captureWarnings(capture=True)
    if not debug:
        for key, value in _QUIET.items():
            os.environ.setdefault(key, value)
