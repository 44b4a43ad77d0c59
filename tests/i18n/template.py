"""The template of every catalog: all texts to translate, collected from their sources.

Sentences are found in the source. Texts of Discord's commands, of the command line's help and of
the demo's page are taken from these objects themselves, so that none is forgotten.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import discord
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

from bot.app.client import COGS, ZhiyinBot
from bot.app.command_translator import CommandTranslator
from bot.audio.analysis.key import Key
from bot.cli.app import build_parser
from bot.cli.help_formatter import USAGE
from bot.config import Config
from bot.demo.server_contents import CHANNELS, NAMES
from bot.domain.generation import Sampling
from bot.domain.jobs import Kind
from bot.i18n.contexts import CHOICE, COMMAND, HELP, KEY, KIND, MENU, OPTION, PAGE, PLACE, STEM
from bot.i18n.languages import Languages
from bot.models.registry import starter_folder

ROOT = Path(__file__).parents[2]
PAGE_WORDS = "bot/demo/page/words/en.json"
KEYWORDS = {"Sentence": None, "Plural": (1, 2)}

MOST_CHARACTERS = {"name": 32, "description": 100}
"""Discord's limits for commands and options."""

Message = tuple[str | tuple[str, str], str | None, str, str]
"""A text or a singular and plural pair, its context, its file, and a note for translators."""


def build_template() -> Catalog:
    """Return a catalog of every text, without translations, in a stable order."""
    catalog = Catalog(domain="zhiyin", project="Zhiyin", charset="utf-8")
    for text, name in source_texts():
        catalog.add(text, locations=[(name, 0)])
    for text, context, where, note in (
        *command_texts(),
        *help_texts(),
        *page_texts(),
        *term_texts(),
    ):
        catalog.add(
            text, context=context, locations=[(where, 0)], auto_comments=[note] if note else []
        )
    return catalog


def source_texts() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Yield the sentences in the source, each with its file."""
    for top in ("bot", "cogs"):
        for path in sorted((ROOT / top).rglob("*.py"), key=str):
            # Babel tokenizes every file, which takes seconds for those without a sentence.
            if any(keyword in path.read_text(encoding="utf-8") for keyword in KEYWORDS):
                for _, text, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
                    yield text, path.relative_to(ROOT).as_posix()


def payload(languages: Languages | None = None) -> list[dict[str, Any]]:
    """Return the commands as they are sent to Discord, in these languages, too."""
    pipeline = MagicMock()
    pipeline.config = Config()

    async def load() -> list[dict[str, Any]]:
        bot = ZhiyinBot(pipeline.config, pipeline, MagicMock(), sampling=Sampling(), licence="")
        # It has no commands, and queries the database at once.
        for name in (each for each in COGS if each != "cogs.answer_cleanup"):
            await importlib.import_module(name).setup(bot)
        translator = CommandTranslator(languages or Languages())
        return [
            await command.get_translated_payload(bot.tree, translator)
            for command in bot.tree.get_commands()
        ]

    return asyncio.run(load())


def command_texts() -> Iterator[Message]:
    """Yield names, descriptions, options and choices of commands, and menu names."""
    for command in payload():
        is_menu = int(command["type"]) == discord.AppCommandType.message.value
        yield from _texts_of(command, MENU if is_menu else COMMAND, "")


def _texts_of(command: dict[str, Any], context: str, above: str) -> Iterator[Message]:
    path = f"{above} {command['name']}".strip()
    where = f"/{path}"
    note = "at most 32 characters" + ("" if context == MENU else ", no capitals, no spaces")
    yield command["name"], context, "commands", f"{where}: {note}"
    if command.get("description"):
        yield command["description"], None, "commands", f"{where}: at most 100 characters"
    for choice in command.get("choices", ()):
        yield choice["name"], CHOICE, "commands", f"{where}: at most 100 characters"
    for option in command.get("options", ()):
        kind = discord.AppCommandOptionType(option["type"])
        is_command = kind.name in ("subcommand", "subcommand_group")
        yield from _texts_of(option, COMMAND if is_command else OPTION, path)


def help_texts() -> Iterator[Message]:
    """Yield the texts of `--help`, for every command."""
    yield USAGE, HELP, "help", "before how a command is typed; its space at the end stays"
    yield from _help_of(build_parser())


def _help_of(parser: argparse.ArgumentParser) -> Iterator[Message]:
    where = f"`{parser.prog} --help`"
    texts = [parser.description, parser.epilog]
    for group in parser._action_groups:
        texts += [group.title, group.description]
    for action in parser._actions:
        texts.append(action.help)
        if isinstance(action, argparse._SubParsersAction):
            texts += [each.help for each in action._choices_actions]
    for text in texts:
        if text and text != argparse.SUPPRESS:
            yield text, HELP, "help", where
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _help_of(inner)


def term_texts() -> Iterator[Message]:
    """Yield the terms that are translated by context."""
    for tonic in range(12):
        for mode in ("major", "minor"):
            yield Key(tonic=tonic, mode=mode, confidence=1.0).name, KEY, "keys", ""
    for kind in Kind:
        yield kind.value, KIND, "kinds", ""
    for stem in json.loads((starter_folder() / "config.json").read_text(encoding="utf-8"))["stems"]:
        yield stem, STEM, "stems", ""
    for name in CHANNELS:
        yield name, PLACE, "demo", "as Discord takes a channel's name: no capitals, no spaces"
    for name in NAMES:
        yield name, PLACE, "demo", "a name in the demo"


def page_texts() -> Iterator[Message]:
    """Yield the texts of the demo's page."""
    for name, text in json.loads((ROOT / PAGE_WORDS).read_text(encoding="utf-8")).items():
        yield (tuple(text) if isinstance(text, list) else text), PAGE, "page", name
