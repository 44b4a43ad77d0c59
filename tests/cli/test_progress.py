"""How `zhiyin generate` shows its progress: as lines in a log, as a bar in a terminal."""

from __future__ import annotations

import io
import itertools
import re

from bot.cli import console
from bot.i18n.sentence import verbatim
from tests.support.command_line import zhiyin


def test_progress_in_a_log_is_a_few_lines(place, capsys):
    """If standard error is no terminal, there is no bar and no control character."""
    zhiyin("generate", "a", "--takes", 2, "--seconds", 4, "-o", "out.wav")
    assert capsys.readouterr().err.splitlines() == [
        "Loading starter …",
        "Making 2 clips of 4 s …",
        "  2.4 of 8.0 s",
        "  4.0 of 8.0 s",
        "  6.4 of 8.0 s",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch):
    """Generated and total seconds and the time left; the bar is cleared at the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    clock = itertools.count(0.0, 0.05)
    with console.reporter(terminal, clock=lambda: next(clock)) as report:
        report.stage(verbatim("Loading [red]starter[/red]"))
        report.stage(verbatim("Making a clip"))
        for tenth in range(1, 6):
            report.made(tenth, 10.0)
    shown = terminal.getvalue()
    assert "Making a clip" in shown
    assert "5.0 of 10.0 s" in shown
    assert re.search(r"0:0\d left", shown)
    assert shown.endswith("\x1b[2K")


def test_a_narrow_terminal_gets_lines(monkeypatch):
    """A bar would wrap, and be drawn again below itself."""
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    with console.reporter(terminal) as report:
        report.stage(verbatim("Making a clip"))
        report.made(5.0, 10.0)
    assert terminal.getvalue() == "Making a clip …\n  5.0 of 10.0 s\n"
