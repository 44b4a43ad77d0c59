"""The ancestors and descendants of a clip."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.clips import Clip
from bot.domain.jobs import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A clip with its ancestors and descendants, oldest first, including deleted ones."""

    clip_id: int
    """The clip whose lineage it is."""
    clips: tuple[Clip, ...]
    is_whole: bool = True
    """False if it was truncated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A person's contribution to a clip."""

    user_id: int
    kind: Kind


def number_people(lineage: Lineage) -> dict[int, int]:
    """Return the people of a lineage, numbered from 0 in order of appearance."""
    people = dict.fromkeys(clip.origin.user_id for clip in lineage.clips)
    return {person: number for number, person in enumerate(people)}


def credits_of(lineage: Lineage) -> tuple[Credit, ...]:
    """Return the contributions to a clip, in order.

    Consecutive contributions of the same kind by one person are merged.
    """
    by_id = {clip.id: clip for clip in lineage.clips}
    wanted, found = [lineage.clip_id], set[int]()
    while wanted:
        clip = by_id.get(wanted.pop())
        if clip is not None and clip.id not in found:
            found.add(clip.id)
            wanted += clip.parent_ids
    made: list[Credit] = []
    for id_ in sorted(found):
        credit = Credit(user_id=by_id[id_].origin.user_id, kind=by_id[id_].kind)
        if not made or made[-1] != credit:
            made.append(credit)
    return tuple(made)
