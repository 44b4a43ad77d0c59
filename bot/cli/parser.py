"""The command line's parser: what is mistyped is answered with one sentence, not with the usage."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from bot.cli.help_formatter import HelpFormatter
from bot.cli.terminal_language import render
from bot.cli.wrong_arguments import wrong_argument
from bot.i18n.sentence import Sentence
from bot.printable import escape_controls

MISTYPED = 2


class Parser(argparse.ArgumentParser):
    """Understands what people mean where it can, and else says in a sentence what to type."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(*args, **{"formatter_class": HelpFormatter} | options)

    def parse_args(  # type: ignore[override] # no overload for other namespaces is needed
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Return what was typed. Prints what is wrong with it and leaves, if something is."""
        words = list(sys.argv[1:] if args is None else args)
        parsed, rest = self.parse_known_args(words, namespace)
        parser = self.of_command(parsed)
        unknown = next((each for each in rest if each.startswith("-")), None)
        if unknown is not None:
            parser.refuse_option(unknown)
        # Words on both sides of an option: argparse takes the first lot only.
        if rest and not isinstance(getattr(parsed, "prompt", None), list):
            word = rest[0]
            parser.leave(Sentence('"{word}" is one word too many.', word=escape_controls(word)))
        if rest:
            parsed.prompt = [*parsed.prompt, *rest]
        return parsed

    def of_command(self, parsed: argparse.Namespace) -> Parser:
        """Return the parser of the command that was typed, or this one."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found = action.choices.get(str(getattr(parsed, action.dest, None)))
                return found.of_command(parsed) if isinstance(found, Parser) else self
        return self

    def refuse_option(self, typed: str) -> NoReturn:
        """Say that there is no such option, and which one may have been meant."""
        option = typed.partition("=")[0]
        known = [each for each in self._option_string_actions if each.startswith("--")]
        shown = escape_controls(option)
        self.leave(_suggest(Sentence("There is no option {option}.", option=shown), option, known))

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401
        """Refuse a word that is none of the choices: argparse's own hook, with its own list."""
        if action.choices is None or value in action.choices:
            return
        word = escape_controls(str(value))
        known = [str(each) for each in action.choices]
        if not isinstance(action, argparse._SubParsersAction):
            name = "/".join(action.option_strings) or action.dest
            choices = ", ".join(known)
            refused = Sentence(
                "{name} is one of {choices}, not {word}.", name=name, choices=choices, word=word
            )
            self.leave(refused)
        missing = Sentence('There is no command "{word}".', word=word)
        if action.dest == "command" and not difflib.get_close_matches(word, known, n=1):
            self.leave(
                Sentence(
                    '{missing} To make a clip: `zhiyin generate "{word}"`.',
                    missing=missing,
                    word=word,
                )
            )
        self.leave(_suggest(missing, word, known))

    def leave(self, sentence: Sentence) -> NoReturn:
        """Print a sentence and where to read more, and leave."""
        self.exit(
            MISTYPED,
            render(
                Sentence(
                    "zhiyin: {sentence} `{prog} --help` lists what there is.\n",
                    sentence=sentence,
                    prog=self.prog,
                ),
                sys.stderr,
            ),
        )

    def error(self, message: str) -> NoReturn:
        """Print what argparse finds wrong, and leave."""
        self.leave(wrong_argument(escape_controls(message)))


def _suggest(missing: Sentence, word: str, known: Sequence[str]) -> Sentence:
    close = difflib.get_close_matches(word, known, n=1)
    if not close:
        return missing
    return Sentence("{missing} Did you mean {near}?", missing=missing, near=close[0])
