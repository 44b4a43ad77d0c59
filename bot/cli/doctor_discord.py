"""Checks of `zhiyin doctor` on the token: its form, who can read it, whether Discord accepts it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bot.app.discord_proxy import Proxy, find_proxy
from bot.app.discord_token import TOKEN_VARIABLE, token_of
from bot.cli.findings import Finding, Verdict
from bot.config import Config
from bot.errors import ConfigError, ZhiyinError
from bot.i18n.sentence import Sentence

AskDiscord = Callable[[str, Proxy | None], Awaitable[str]]
"""Logs in with a token, through a proxy if there is one, and returns the bot's name; raises
ZhiyinError where that fails."""

_PRIVATE = 0o077


def check_token(config: Config) -> Iterator[Finding]:
    """Check the token's form, without printing it."""
    try:
        _token(config)
    except ConfigError as error:
        yield Finding(Verdict.BAD, error.sentence)
    else:
        yield Finding(Verdict.GOOD, Sentence("There is a token, and it looks like a bot's."))


def check_config_file(file: Path, config: Config) -> Iterator[Finding]:
    """Check whether other users can read the token in the configuration file."""
    if config.discord.token and file.exists() and file.stat().st_mode & _PRIVATE:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "{file} holds the token and can be read by others on this machine: "
                "`chmod 600 {file}`.",
                file=file,
            ),
        )


def check_login(ask: AskDiscord, config: Config) -> Iterator[Finding]:
    """Check whether Discord accepts the token."""
    try:
        token = _token(config)
    except ConfigError:  # reported by the check of its form
        return
    try:
        proxy = find_proxy(config.discord.proxy, os.environ)
        name = asyncio.run(_ask(ask, token, proxy))
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
    else:
        yield Finding(
            Verdict.GOOD, Sentence("Discord accepts it: it belongs to {name}.", name=name)
        )


async def _ask(ask: AskDiscord, token: str, proxy: Proxy | None) -> str:
    return await ask(token, proxy)


def _token(config: Config) -> str:
    return token_of(config, os.environ.get(TOKEN_VARIABLE, ""))
