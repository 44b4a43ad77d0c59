"""The command `zhiyin demo`: the real bot in a local Discord server, in a browser.

No token, no account, no network. Store, worker, model and discord.py are the real ones; only
Discord is replaced.
"""

from __future__ import annotations

import argparse
import asyncio

from bot.cli.terminal_language import print_sentence
from bot.config import Config
from bot.demo.bot_process import spawn_bot
from bot.demo.ports import listen
from bot.i18n.sentence import Sentence
from bot.models.locate import inspect_model
from bot.private_files import private_umask


def run(args: argparse.Namespace, config: Config) -> int:
    """Run the demo until it is closed; return the exit code."""
    # Report a missing model before a page opens.
    inspect_model(config)
    with private_umask():
        asyncio.run(_run(args, config))
    return 0


async def _run(args: argparse.Namespace, config: Config) -> None:
    with listen(args.host, args.port) as listening:
        bot = await spawn_bot()
        try:
            # Imported while the bot's process does its own imports, which takes as long.
            from bot.demo.run import Options, run_demo

            options = Options(
                listening=listening,
                folder=args.folder,
                is_any_port=args.port is None,
                opens_browser=not args.no_browser,
            )
            await run_demo(config, bot, options, _tell)
        finally:
            await bot.stop()


def _tell(text: Sentence) -> None:
    print_sentence(text, flush=True)
