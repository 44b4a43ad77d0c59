"""argparse's error messages as translatable sentences."""

from __future__ import annotations

import re

from bot.i18n.sentence import Sentence, verbatim


def wrong_argument(message: str) -> Sentence:
    """Return the sentence for a message of argparse; an unknown message is used verbatim."""
    if found := re.fullmatch(r"argument (.+): expected (?:one|at least one) argument", message):
        return Sentence("A value is missing after {option}.", option=found[1])
    if found := re.fullmatch(r"argument (.+?): invalid float value: (.*)", message):
        return Sentence("{option} takes a number, not {value}.", option=found[1], value=found[2])
    if found := re.fullmatch(r"argument (.+?): invalid integer value: (.*)", message):
        return Sentence(
            "{option} takes a whole number, not {value}.", option=found[1], value=found[2]
        )
    if found := re.fullmatch(r"argument (.+?): ignored explicit argument .*", message, re.DOTALL):
        return Sentence("{option} takes no value.", option=found[1])
    if found := re.fullmatch(r"the following arguments are required: (.+)", message):
        return Sentence("{names} is missing.", names=found[1])
    if found := re.fullmatch(r"argument (.+?): not allowed with argument (.+)", message):
        return Sentence("Either {one} or {other}, not both.", one=found[1], other=found[2])
    return verbatim(f"{message}.")
