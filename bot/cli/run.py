"""The command `zhiyin run`: run the bot."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from bot import log as logs
from bot.app.discord_token import take_token
from bot.app.serve import serve
from bot.cli.terminal_language import print_sentence
from bot.config import Config
from bot.i18n.sentence import Sentence
from bot.models.locate import inspect_model
from bot.private_files import private_umask

log = logging.getLogger(__name__)


def run(args: argparse.Namespace, config: Config) -> int:
    """Run the bot until it is told to stop; return the exit code."""
    token = take_token(config)
    # At INFO, since the owner of a service reads its journal.
    logs.configure(logging.INFO, debug=args.debug, as_json=config.log.format == "json")
    contents, licence = inspect_model(config)
    with private_umask():
        asyncio.run(serve(config, token, contents, licence))
    print_sentence(Sentence("Stopped."), file=sys.stderr)
    return 0
