"""The bot's token, from the environment or the settings, checked for its form."""

from __future__ import annotations

import os
import re

from bot.config import Config
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

TOKEN_VARIABLE = "ZHIYIN_TOKEN"  # noqa: S105 - the name of it


_TOKEN_FORM = re.compile(r"[\w-]{18,}\.[\w-]{6,}\.[\w-]{25,}")


NO_TOKEN = Sentence(
    "The bot has no token yet: put it into config.toml as discord.token, or into the environment "
    "variable {token_variable}. The README says how to get one; `zhiyin demo` needs none.",
    token_variable=TOKEN_VARIABLE,
)


WRONG_FORM = Sentence(
    "The token does not look like a bot's token: three parts with dots between them. Copy it "
    "again from the page Bot of your application."
)


def take_token(config: Config) -> str:
    """Return the bot's token, and remove it from the environment that child processes inherit.

    Raises ConfigError if there is none, or one of the wrong form.
    """
    return token_of(config, os.environ.pop(TOKEN_VARIABLE, ""))


def token_of(config: Config, from_environment: str) -> str:
    """Return the token; the environment's precedes the configuration's. Raises ConfigError."""
    token = (from_environment or config.discord.token).strip()
    if not token:
        raise ConfigError(NO_TOKEN)
    if not _TOKEN_FORM.fullmatch(token):
        raise ConfigError(WRONG_FORM)
    return token
