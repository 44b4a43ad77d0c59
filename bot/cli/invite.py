"""The command `zhiyin invite`: print the link that adds the bot to a server."""

from __future__ import annotations

import argparse
import os
import sys

from bot.app.discord_token import TOKEN_VARIABLE, token_of
from bot.cli.integer import integer
from bot.cli.terminal_language import print_sentence
from bot.config import Config
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

_LEAST, _MOST = 10**16, 2**63


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "id",
        type=integer,
        nargs="?",
        metavar="ID",
        help="the application's id, from the page General Information; none: the token says it",
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the link; return the exit code."""
    from bot.app.invitation import invitation_link

    link = invitation_link(_application_id(args.id, config))
    # Standard output has the link alone, for scripts.
    print_sentence(
        Sentence(
            "Open this where you are logged in to Discord, and choose a server on which you have "
            "the permission Manage Server:"
        ),
        file=sys.stderr,
    )
    print(link)
    return 0


def _application_id(given: int | None, config: Config) -> int:
    from bot.app.invitation import id_in_token  # imports discord.py, which takes long

    if given is None:
        found = id_in_token(token_of(config, os.environ.get(TOKEN_VARIABLE, "")))
        if found is None:
            raise ConfigError(
                Sentence(
                    "This token does not say which application it belongs to: copy the "
                    "Application ID from the page General Information and type `zhiyin invite ID`."
                )
            )
        return found
    if not _LEAST <= given < _MOST:
        raise ConfigError(
            Sentence("{id} is not one of Discord's ids: those have 17 to 19 digits.", id=given)
        )
    return given
