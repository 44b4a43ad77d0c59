"""Checks of `zhiyin doctor` on settings that are refused only when the bot starts."""

from __future__ import annotations

from collections.abc import Iterator

from bot.app.metrics import check_port
from bot.cli.findings import Finding, Verdict
from bot.config import Config, data_folder
from bot.errors import ConfigError
from bot.inference.backend import NO_WORKERS
from bot.pipeline.word_filter import read_list
from bot.store.folder_lock import is_locked


def check_settings(config: Config) -> Iterator[Finding]:
    """Report having no worker, unreadable words to refuse, and a port of metrics that is taken."""
    for check in (_check_workers, _check_unwanted_words, _check_metrics):
        try:
            check(config)
        except ConfigError as error:
            yield Finding(Verdict.BAD, error.sentence)


def _check_workers(config: Config) -> None:
    if config.worker.count == 0 and config.worker.backend == "process":
        raise ConfigError(NO_WORKERS)


def _check_unwanted_words(config: Config) -> None:
    read_list(config.discord.unwanted_words)


def _check_metrics(config: Config) -> None:
    # A running bot may be what has the port.
    if config.metrics.port and not is_locked(data_folder(config)):
        check_port(config.metrics.port)
