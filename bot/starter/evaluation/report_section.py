"""A table of figures, as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MODEL, RENDERS, DECODED = "model", "renders", "renders through the codec"
"""The groups whose figures stand side by side."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    met: int
    of: int

    @classmethod
    def where(cls, outcomes: Iterable[bool]) -> Share:
        """Count what came out well."""
        found = [bool(outcome) for outcome in outcomes]
        return cls(sum(found), len(found))

    @property
    def percent(self) -> float:
        """Return the share in percent, 0 of nothing."""
        return 100 * self.met / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.percent:.1f} % ({self.met} of {self.of})" if self.of else "–"


Cell = str | float | Share


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: its name, what it must reach, and its value in each group."""

    name: str
    target: str
    values: Mapping[str, Cell]

    @classmethod
    def of(cls, name: str, target: str, values: Mapping[str, Cell]) -> Row:
        """Name a figure."""
        return cls(name, target, dict(values))


@dataclass(frozen=True, slots=True)
class Section:
    """A table; the note says how the figures came about."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @classmethod
    def compared(cls, title: str, rows: Sequence[Row], note: str = "") -> Section:
        """Lay figures out with their targets, the model's beside the renders'."""
        known = (MODEL, RENDERS, DECODED)
        groups = [name for name in known if any(name in row.values for row in rows)]
        cells: list[tuple[Cell, ...]] = [
            (row.name, row.target, *(row.values.get(name, "–") for name in groups)) for row in rows
        ]
        return cls(title, ("", "target", *groups), tuple(cells), note)

    def markdown(self) -> str:
        """Return it as text."""
        lines = [f"## {self.title}", "", *([self.note, ""] if self.note else [])]
        lines.append(_line(self.headings))
        lines.append(_line(["---", *["---:"] * (len(self.headings) - 1)]))
        lines += [_line([_text(cell) for cell in row]) for row in self.rows]
        return "\n".join(lines) + "\n"

    def plain(self) -> dict[str, object]:
        """Return it as JSON has it: a share is its percentage and its counts."""
        rows = [
            {
                heading: {"percent": round(cell.percent, 2), "met": cell.met, "of": cell.of}
                if isinstance(cell, Share)
                else cell
                for heading, cell in zip(self.headings, row, strict=True)
            }
            for row in self.rows
        ]
        return {"title": self.title, "note": self.note, "rows": rows}


def _text(cell: Cell) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
