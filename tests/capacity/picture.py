"""Draw the waiting time by the number of people: `python -m tests.capacity.picture FILE.svg`.

The generation speeds and habits are those of docs/scaling.md: everybody orders 10 s of music, and
orders again a minute after it came.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from bot.capacity.pace import Pace
from bot.cli.plan import Workload

CURVES = (
    ("musicgen-small int8, 2 cores", Pace({1: 1.3, 8: 3.5}), 1, "#c2410c"),
    ("the same, 2 machines", Pace({1: 1.3, 8: 3.5}), 2, "#eab308"),
    ("the same, 4 machines", Pace({1: 1.3, 8: 3.5}), 4, "#15803d"),
    ("starter int8, 2 cores", Pace({1: 12.5, 8: 17.1}), 1, "#1d4ed8"),
)
PEOPLE = (1, 2, 5, 10, 20, 30, 40, 50, 75, 100, 130, 160, 200, 250, 300, 400, 500)

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 60, 20, 20, 50
_MARKS = (1, 10, 30, 60, 120, 300)


def draw() -> str:
    """Return the picture as SVG: people from left to right, seconds upwards, both logarithmic."""
    grid = []
    for seconds in _MARKS:
        y = _y(seconds)
        grid.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d4d4d4"/>')
        grid.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{seconds} s</text>')
    for people in (1, 5, 10, 20, 50, 100, 200, 500):
        place = f'x="{_x(people):.1f}" y="{HEIGHT - BOTTOM + 20}"'
        grid.append(f'<text {place} text-anchor="middle">{people}</text>')
    lines = []
    for row, (name, pace, machines, colour) in enumerate(CURVES):
        workload = Workload(
            pace=pace,
            cores=2,
            slots=8,
            machines=machines,
            clip_seconds=10.0,
            pause_seconds=60.0,
            most_per_user=2,
        )
        points = []
        for people in PEOPLE:
            took = workload.expect(people).nearly_all
            if took <= _MARKS[-1]:
                points.append(f"{_x(people):.1f},{_y(took):.1f}")
        style = f'fill="none" stroke="{colour}" stroke-width="2.5"'
        lines.append(f'<polyline points="{" ".join(points)}" {style}/>')
        level = TOP + 20 + 20 * row
        lines.append(f'<path d="M{LEFT + 14} {level - 4}h24" {style}/>')
        lines.append(f'<text x="{LEFT + 44}" y="{level}">{name}</text>')
    words = f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">people at once</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="13" fill="#404040">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *grid,
            words,
            *lines,
            "</svg>",
            "",
        ]
    )


def _x(people: float) -> float:
    share = math.log(people) / math.log(PEOPLE[-1])
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(seconds: float) -> float:
    share = math.log(max(seconds, _MARKS[0])) / math.log(_MARKS[-1])
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(), encoding="utf-8")
