"""Progress output of commands: a bar in a terminal, a few plain lines elsewhere.

It knows stages and amounts, not what is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from bot.cli.terminal_language import render
from bot.domain.progress import Reporter
from bot.i18n.sentence import Sentence

_LINES_EVERY = 0.25
_BAR_COLUMNS = 60


@contextmanager
def reporter(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Iterator[Reporter]:
    """Lend a progress reporter for the stream: a bar in a terminal, plain lines elsewhere.

    A terminal too narrow for a bar gets lines, too.
    """
    console = Console(file=stream)
    if not stream.isatty() or console.width < _BAR_COLUMNS:
        yield _Lines(stream)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), _DownloadedSize(), _RemainingTime())
    with Progress(*columns, console=console, get_time=clock, transient=True) as progress:
        yield _Bar(progress, stream)


class _Bar:
    def __init__(self, progress: Progress, stream: TextIO) -> None:
        self._progress, self._stream = progress, stream
        self._task = progress.add_task("", total=None, visible=False)

    def stage(self, name: Sentence, unit: str = "s") -> None:
        # One task per stage, since the time left is estimated from a task's own pace.
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(
            escape(render(name, self._stream)), total=None, unit=unit
        )

    def made(self, amount: float, of_amount: float) -> None:
        self._progress.update(self._task, completed=amount, total=of_amount)


class _Lines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._unit = "s"
        self._next = _LINES_EVERY

    def stage(self, name: Sentence, unit: str = "s") -> None:
        self._unit = unit
        self._next = _LINES_EVERY
        print(f"{render(name, self._stream)} …", file=self._stream, flush=True)

    def made(self, amount: float, of_amount: float) -> None:
        if self._next < 1 and amount >= self._next * of_amount:
            done = render(_amount(amount, of_amount, self._unit), self._stream)
            print(f"  {done}", file=self._stream, flush=True)
            self._next = (amount / of_amount // _LINES_EVERY + 1) * _LINES_EVERY


class _DownloadedSize(ProgressColumn):
    """The amount done and the total; while the total is unknown, the elapsed time."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text(render(Sentence("{n} s", n=round(task.elapsed or 0))))
        return Text(render(_amount(task.completed, task.total, task.fields["unit"])))


class _RemainingTime(ProgressColumn):
    """The estimated time left, once the pace is known."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        if task.total is None or left is None:
            return Text("")
        minutes, seconds = divmod(round(left), 60)
        left_now = Sentence("{clock} left", clock=f"{minutes}:{seconds:02}")
        return Text(render(left_now), style="progress.remaining")


def _amount(done: float, of_amount: float, unit: str) -> Sentence:
    return Sentence("{done:.1f} of {all:.1f} {unit}", done=done, all=of_amount, unit=unit)
