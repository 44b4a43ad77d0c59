"""What follows on a radio while its source changes: the newest decision wins."""

from __future__ import annotations

import asyncio

import pytest

from bot.voice.following import Following
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from tests.voice.test_mixer import mixed, track


class Shelf:
    """Tracks that are chosen in order; each is loaded once it may be."""

    def __init__(self, *tracks):
        self.tracks = list(tracks)
        self.begun = {each: asyncio.Event() for each in tracks}
        self.may_end = {each: asyncio.Event() for each in tracks}

    async def choose(self):
        chosen = self.tracks.pop(0)
        self.begun[chosen].set()
        await self.may_end[chosen].wait()
        return chosen


def playing(clip_id=1):
    """Return a mixer that plays a track."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(clip_id, 440, 60)))
    mixed(mixer, 0.1)
    return mixer


async def test_a_track_of_the_old_source_is_dropped():
    """If the source changes while it is loaded, one of the new source is loaded in its place."""
    old, new, next_new = (track(number, 660, 60) for number in (2, 3, 4))
    mixer, shelf = playing(), Shelf(old, new, next_new)
    following = Following(mixer, shelf.choose)
    loading = asyncio.create_task(following.load())
    await shelf.begun[old].wait()
    changing = asyncio.create_task(following.change())
    await shelf.begun[new].wait()
    for each in (new, next_new):
        shelf.may_end[each].set()
    await changing
    shelf.may_end[old].set()
    assert await loading
    assert mixer.now.track is new
    assert mixer.next.track is next_new


async def test_a_track_of_the_old_source_does_not_come_before_the_new_one():
    """Also if it is loaded before the new source's track."""
    old, new, next_new = (track(number, 660, 60) for number in (2, 3, 4))
    mixer, shelf = playing(), Shelf(old, new, next_new)
    following = Following(mixer, shelf.choose)
    loading = asyncio.create_task(following.load())
    await shelf.begun[old].wait()
    changing = asyncio.create_task(following.change())
    await shelf.begun[new].wait()
    shelf.may_end[old].set()
    await shelf.begun[next_new].wait()
    assert mixer.wants_next
    for each in (new, next_new):
        shelf.may_end[each].set()
    await asyncio.gather(changing, loading)
    assert {mixer.now.track, mixer.next.track} <= {new, next_new}


async def test_a_track_that_was_put_meanwhile_is_kept():
    """A jam's new track is not replaced by one whose loading began before it."""
    old, grown = track(2, 660, 60), track(3, 880, 60)
    mixer, shelf = playing(), Shelf(old)
    following = Following(mixer, shelf.choose)
    loading = asyncio.create_task(following.load())
    await shelf.begun[old].wait()
    await following.follow(grown, None)
    shelf.may_end[old].set()
    assert await loading
    assert mixer.next.track is grown


@pytest.mark.parametrize("newer", ["another source", "live music"])
async def test_a_late_change_does_not_undo_a_newer_one(newer):
    """Its track is dropped."""
    first, second = track(2, 660, 60), track(3, 880, 60)
    mixer, shelf = playing(), Shelf(first, second)
    shelf.may_end[second].set()
    following = Following(mixer, shelf.choose)
    changing = asyncio.create_task(following.change())
    await shelf.begun[first].wait()
    if newer == "live music":
        following.decide()
    else:
        await following.change()
    playing_now = mixer.now
    shelf.may_end[first].set()
    await changing
    assert mixer.now is playing_now
    assert mixer.next is None
