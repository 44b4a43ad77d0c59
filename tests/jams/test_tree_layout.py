"""The positions of clips in the picture of a family tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.jams.tree_layout import place_clips
from tests.support.clips import clip

families = st.lists(st.lists(st.integers(0, 30), max_size=2, unique=True), max_size=24)


def family(parents):
    """Draw clips, each with up to two earlier ones as parents."""
    made = []
    for number, wanted in enumerate(parents):
        made.append(clip(number + 1, parents=tuple({1 + n % number for n in wanted if number})))
    return made


@given(parents=families)
def test_each_clip_has_its_row_in_order(parents):
    """Parents are above their children."""
    clips = family(parents)
    places = place_clips(clips)
    assert [places[each.id].row for each in clips] == list(range(len(clips)))


@given(parents=families)
def test_lines_to_first_parents_cross_no_clip(parents):
    """The line runs in the child's lane, from the parent's row to the child's."""
    clips = family(parents)
    places = place_clips(clips)
    for child in clips:
        for parent in child.parent_ids[:1]:
            between = range(places[parent].row + 1, places[child.id].row)
            in_the_way = {
                each.id
                for each in clips
                if places[each.id].row in between and places[each.id].lane == places[child.id].lane
            }
            assert in_the_way == set()


def test_a_chain_stays_in_one_lane():
    """The first child is below its parent; other children get a free lane."""
    clips = [clip(1), clip(2, parents=(1,)), clip(3, parents=(1,)), clip(4, parents=(2,))]
    places = place_clips(clips)
    assert [places[each.id].lane for each in clips] == [0, 0, 1, 0]


def test_lanes_are_reused():
    """A long history stays narrow."""
    clips = [clip(1), clip(2, parents=(1,)), clip(3, parents=(1,))]
    clips += [clip(4, parents=(2,)), clip(5, parents=(4,)), clip(6, parents=(4,))]
    assert max(place.lane for place in place_clips(clips).values()) == 1


def test_omitted_parents_are_ignored():
    """If a tree is truncated, its first clips count as having no parents."""
    assert place_clips([clip(7, parents=(3,))])[7].lane == 0
