"""The command line's parser: errors are one sentence instead of the usage."""

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
    """An argument parser that suggests what was meant, and explains errors in a sentence."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(*args, **{"formatter_class": HelpFormatter} | options)

    def parse_args(  # type: ignore[override] # no overload for other namespaces is needed
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse the arguments. Prints a sentence and exits if they are invalid."""
        words = list(sys.argv[1:] if args is None else args)
        parsed, rest = self.parse_known_args(words, namespace)
        parser = self.of_command(parsed)
        unknown = next((each for each in rest if each.startswith("-")), None)
        if unknown is not None:
            parser.refuse_option(unknown)
        # Positionals on both sides of an option: argparse takes only the first group.
        if rest and not isinstance(getattr(parsed, "prompt", None), list):
            word = rest[0]
            parser.leave(Sentence('"{word}" is one word too many.', word=escape_controls(word)))
        if rest:
            parsed.prompt = [*parsed.prompt, *rest]
        return parsed

    def of_command(self, parsed: argparse.Namespace) -> Parser:
        """Return the subparser of the given command, or this parser."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found = action.choices.get(str(getattr(parsed, action.dest, None)))
                return found.of_command(parsed) if isinstance(found, Parser) else self
        return self

    def refuse_option(self, typed: str) -> NoReturn:
        """Report an unknown option, with a suggestion."""
        option = typed.partition("=")[0]
        known = [each for each in self._option_string_actions if each.startswith("--")]
        shown = escape_controls(option)
        self.leave(_suggest(Sentence("There is no option {option}.", option=shown), option, known))

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401
        """Reject an invalid choice: overrides argparse's hook, to list the choices our way."""
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
        """Print a sentence and where to read more, and exit."""
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
        """Print argparse's error as a sentence, and exit."""
        self.leave(wrong_argument(escape_controls(message)))


def _suggest(missing: Sentence, word: str, known: Sequence[str]) -> Sentence:
    close = difflib.get_close_matches(word, known, n=1)
    if not close:
        return missing
    return Sentence("{missing} Did you mean {near}?", missing=missing, near=close[0])
