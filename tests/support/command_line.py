"""The command line within the test's process, with a scripted engine."""

from __future__ import annotations

from bot.cli.app import build_parser, dispatch
from bot.cli.interrupts import Interrupts
from tests.support.scripted_engine import Opener


def zhiyin(*argv, opener=None, interrupts=None):
    args = build_parser().parse_args([str(arg) for arg in argv])
    return dispatch(args, interrupts or Interrupts(), open_engine=opener or Opener())


def names(folder):
    return sorted(path.name for path in folder.iterdir())
