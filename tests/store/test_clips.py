"""Clip rows: searched, deleted, and their place in the family tree."""

from __future__ import annotations

from tests.support.stored_jobs import NOON, delivered


async def test_clips_are_searched_by_prompt_and_number(store):
    """Also by their message, their author and their parents."""
    _, first = await delivered(store, key="a", prompt="50% rock_roll")
    _, second = await delivered(store, key="b", prompt="jazz", parent_ids=(first.id,))
    await delivered(store, key="c", user=2, prompt="rock")
    assert await store.clips.by_message(first.message_id) == [first]
    assert await store.clips.of_user(1, 10) == [second, first]
    assert await store.clips.of_user(1, 10, "50%") == [first]
    assert await store.clips.of_user(1, 10, "k_r") == [first]
    assert await store.clips.of_user(1, 10, "_") == [first]
    assert await store.clips.prompts_of(1, "", 10) == ["jazz", "50% rock_roll"]
    assert (await store.clips.lineage(first.id, 9)).clips == (first, second)
    assert second.parent_ids == (first.id,)


async def test_a_deleted_clip_stays_in_the_family_tree(store):
    """Its sound is deleted once; clips made from it still name it as parent."""
    _, first = await delivered(store, key="a")
    _, second = await delivered(store, key="b", parent_ids=(first.id,))
    assert await store.clips.delete(first.id) == first.file
    assert await store.clips.delete(first.id) is None
    assert (await store.clips.get(first.id)).is_deleted
    assert await store.clips.of_user(1, 10) == [second]
    assert await store.clips.older_than(NOON + 1, 9) == [second]


async def test_a_clip_row_has_its_stems(store):
    """In order; most clips have none."""
    _, clip = await delivered(store, stems=("drums", "bass"))
    _, plain = await delivered(store, key="2")
    assert (clip.stems, plain.stems) == (("drums", "bass"), ())
