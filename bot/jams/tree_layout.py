"""Layout of a clip's family tree: a row for each clip, lanes for branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.clips import Clip


@dataclass(frozen=True, slots=True)
class Place:
    """The row and the lane of a clip."""

    row: int
    lane: int


def place_clips(clips: Sequence[Clip]) -> dict[int, Place]:
    """Return the place of each clip by its id; `clips` are sorted, parents before children.

    A clip is placed below its first parent, unless another child is there already. No clip blocks a
    line from a parent down its child's lane.
    """
    rows = {clip.id: row for row, clip in enumerate(clips)}
    heirs: dict[int, int] = {}
    for clip in clips:
        for parent in clip.parent_ids[:1]:
            heirs.setdefault(parent, clip.id)
    # The last occupied row of each lane.
    taken: list[int] = []
    places: dict[int, Place] = {}
    for row, clip in enumerate(clips):
        begin, lane = row, None
        for parent in clip.parent_ids:
            if parent in places:
                begin = places[parent].row
                lane = places[parent].lane if heirs.get(parent) == clip.id else None
                break
        if lane is None:
            lane = next((n for n, end in enumerate(taken) if end < begin), len(taken))
        if lane == len(taken):
            taken.append(row)
        heir = heirs.get(clip.id)
        taken[lane] = row if heir is None else rows[heir]
        places[clip.id] = Place(row, lane)
    return places
