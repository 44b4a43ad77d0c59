"""Where each clip of a family stands in a picture: a row for each, lanes for its branches."""

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
    """Return the place of each clip, by its id; `clips` are in order, parents before children.

    A clip stands below its first parent, unless another child does already. No clip stands in the
    way of a line from a parent to a child that goes down in the child's lane.
    """
    rows = {clip.id: row for row, clip in enumerate(clips)}
    heirs: dict[int, int] = {}
    for clip in clips:
        for parent in clip.parent_ids[:1]:
            heirs.setdefault(parent, clip.id)
    # Up to which row each lane is taken.
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
