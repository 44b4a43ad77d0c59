"""Jams in the store: one turn at a time, each delivered once, and erasure."""

from __future__ import annotations

import pytest

from bot.domain.jams import JamState, NewJam
from bot.domain.jobs import ClipSource, Kind
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.store.jams import MOST_OPEN
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import NOON, Clock, accepted, new_clip, used

ALICE, BOB, CAROL = 1, 2, 3
DAY = 86_400.0


def new_jam(key="j1", **changes):
    usual = {
        "key": key, "guild_id": 10, "channel_id": 5, "user_id": ALICE, "name": "Alice",
        "title": "Night drive", "style": "lo-fi", "bpm": 120, "music_key": "A minor", "bars": 4,
        "in_rotation": False, "most_seconds": 60.0,
    }  # fmt: skip
    return NewJam(**(usual | changes))


async def begin_turn(store, jam, key, user, *, kind=Kind.JAM_TURN, seconds=8.0, **about):
    """Accept somebody's order for the next turn of a jam."""
    snapshot = await store.jams.snapshot(jam.id)
    source = snapshot.head and ClipSource(clip_id=snapshot.head.id, keep_seconds=8.0, whole=True)
    parents = () if snapshot.head is None else (snapshot.head.id,)
    return await accepted(
        store, key=key, user=user, kind=kind, jam_id=jam.id, seconds=seconds, source=source,
        parent_ids=parents, **about,
    )  # fmt: skip


async def end_turn(store, job):
    """Generate and deliver a turn."""
    before = (await store.jams.snapshot(job.order.jam_id)).seconds
    await store.jobs.start(job.id)
    length = before if job.order.kind is Kind.JAM_MIX else before + job.order.seconds
    made = new_clip(job, seconds=length, seconds_before=before)
    clip = await store.jobs.record_clip(job.id, made)
    await store.jobs.begin_delivery(job.id)
    await store.clips.set_message(clip.id, 900 + job.id)
    await store.jobs.finish_delivery(job.id, 900 + job.id)
    return clip


async def take_turn(store, jam, key, user):
    await store.jams.join(jam.id, user, f"person {user}")
    return await end_turn(store, await begin_turn(store, jam, key, user))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as store:
        yield store
        assert await store.check() == []


async def test_jams_are_idempotent_and_limited_per_server(store):
    """A repeated request gives the same jam; a closed one makes room."""
    jam = await store.jams.begin(new_jam())
    assert await store.jams.begin(new_jam()) == jam
    assert (jam.state, jam.turn_seconds) == (JamState.OPEN, 8.0)
    for number in range(2, MOST_OPEN + 1):
        await store.jams.begin(new_jam(f"j{number}"))
    with pytest.raises(Refused, match="10 open jams"):
        await store.jams.begin(new_jam("one more"))
    assert await store.jams.close(jam.id)
    assert not await store.jams.close(jam.id)
    await store.jams.begin(new_jam("one more"))
    assert len(await store.jams.open_in(10)) == MOST_OPEN


async def test_turns_make_a_track(store):
    """Each turn is a part with a start; the last clip is the whole track."""
    jam = await store.jams.begin(new_jam())
    for number, who in enumerate((ALICE, BOB, ALICE), 1):
        await take_turn(store, jam, str(number), who)
    snapshot = await store.jams.snapshot(jam.id)
    assert [(part.user_id, part.starts_at_seconds) for part in snapshot.parts] == [
        (ALICE, 0.0), (BOB, 8.0), (ALICE, 16.0),
    ]  # fmt: skip
    assert snapshot.seconds == 24.0
    assert await store.jams.names(jam.id) == ("Alice", "person 2")
    assert [await used(store, who) for who in (ALICE, BOB)] == [16.0, 8.0]


async def test_one_turn_at_a_time(store):
    """A second turn is refused in the admitting transaction, and not charged."""
    jam = await store.jams.begin(new_jam())
    job = await begin_turn(store, jam, "1", ALICE)
    with pytest.raises(Refused, match="right now"):
        await begin_turn(store, jam, "2", BOB)
    assert (await begin_turn(store, jam, "1", ALICE)).id == job.id  # the same order again
    assert await used(store, BOB) == 0
    assert not await store.jams.hold(jam.id, BOB, NOON + 60)
    await end_turn(store, job)
    await begin_turn(store, jam, "3", BOB)


async def test_concurrent_reservations_give_one_turn(store, clock):
    """A reservation without a prompt expires, and the other player can have it."""
    jam = await store.jams.begin(new_jam())
    assert await store.jams.hold(jam.id, ALICE, NOON + 60)
    assert not await store.jams.hold(jam.id, BOB, NOON + 60)
    with pytest.raises(Refused, match="Somebody else"):
        await begin_turn(store, jam, "1", BOB)
    clock.now += 60
    assert await store.jams.hold(jam.id, BOB, clock.now + 60)
    with pytest.raises(Refused, match="Somebody else"):
        await begin_turn(store, jam, "2", ALICE)
    await begin_turn(store, jam, "3", BOB)
    assert (await store.jams.get(jam.id)).holder_id is None


@pytest.mark.parametrize("end", ["fail", "cancel", "hold"])
async def test_a_failed_turn_does_not_change_the_track(store, clock, end):
    """However it ends: the turn is open again, and nothing is charged."""
    jam = await store.jams.begin(new_jam())
    await take_turn(store, jam, "1", ALICE)
    before = await store.jams.snapshot(jam.id)
    job = await begin_turn(store, jam, "2", BOB)
    await store.jobs.start(job.id)
    if end == "hold":
        await store.jobs.record_clip(job.id, new_clip(job))
    clock.now += 30
    assert await getattr(store.jobs, end)(job.id, Sentence("x"))
    after = await store.jams.snapshot(jam.id)
    assert after.parts == before.parts
    assert (after.jam.job_id, after.jam.turn_since) == (None, clock.now)
    assert await used(store, BOB) == 0


async def test_the_last_turn_is_undone_once(store):
    """A second press names a turn that was already undone, and changes nothing."""
    jam = await store.jams.begin(new_jam())
    for number, who in enumerate((ALICE, BOB), 1):
        await take_turn(store, jam, str(number), who)
    assert await store.jams.undo(jam.id, 2)
    assert not await store.jams.undo(jam.id, 2)
    snapshot = await store.jams.snapshot(jam.id)
    assert [part.number for part in snapshot.parts] == [1]
    clip = await take_turn(store, jam, "3", CAROL)
    snapshot = await store.jams.snapshot(jam.id)
    assert [part.user_id for part in snapshot.parts] == [ALICE, CAROL]
    assert (snapshot.head.id, clip.parent_ids) == (clip.id, (snapshot.parts[0].clip.id,))


async def test_nothing_is_undone_while_a_turn_is_made(store):
    """The running turn continues the current track."""
    jam = await store.jams.begin(new_jam())
    await take_turn(store, jam, "1", ALICE)
    await begin_turn(store, jam, "2", BOB)
    assert not await store.jams.undo(jam.id, 1)


async def test_a_turn_based_on_an_undone_part_is_refused(store):
    """The track changed between the form and the order."""
    jam = await store.jams.begin(new_jam())
    clip = await take_turn(store, jam, "1", ALICE)
    await store.jams.undo(jam.id, 1)
    with pytest.raises(Refused, match="has just changed"):
        await accepted(
            store, key="2", user=BOB, kind=Kind.JAM_TURN, jam_id=jam.id,
            source=ClipSource(clip_id=clip.id, keep_seconds=8.0),
        )  # fmt: skip


async def test_a_fork_starts_with_the_track_and_is_independent(store):
    """The authors are credited, and the rotation does not wait for them."""
    jam = await store.jams.begin(new_jam())
    for number, who in enumerate((ALICE, BOB, CAROL), 1):
        await take_turn(store, jam, str(number), who)
    await store.jams.undo(jam.id, 3)
    fork = await store.jams.begin(
        new_jam("j2", user_id=CAROL, name="Carol", forked_from=jam.id, in_rotation=True)
    )
    await take_turn(store, fork, "4", CAROL)
    snapshot = await store.jams.snapshot(fork.id)
    assert [part.user_id for part in snapshot.parts] == [ALICE, BOB, CAROL]
    assert [player.user_id for player in snapshot.players if not player.is_away] == [CAROL]
    assert await store.jams.names(fork.id) == ("Alice", "person 2", "Carol")
    assert len((await store.jams.snapshot(jam.id)).parts) == 2


async def test_a_mixdown_closes_a_jam(store):
    """No turn is taken meanwhile; if the mixdown fails, the jam goes on."""
    jam = await store.jams.begin(new_jam())
    await take_turn(store, jam, "1", ALICE)
    job = await begin_turn(store, jam, "2", ALICE, kind=Kind.JAM_MIX, seconds=0.0)
    assert (await store.jams.get(jam.id)).state is JamState.CLOSING
    with pytest.raises(Refused, match="is closed"):
        await begin_turn(store, jam, "3", BOB)
    await store.jobs.fail(job.id, Sentence("x"))
    assert (await store.jams.get(jam.id)).state is JamState.OPEN
    job = await begin_turn(store, jam, "4", ALICE, kind=Kind.JAM_MIX, seconds=0.0)
    await end_turn(store, job)
    closed = await store.jams.get(jam.id)
    assert (closed.state, closed.mix_job_id, closed.job_id) == (JamState.CLOSED, job.id, None)
    assert len((await store.jams.snapshot(jam.id)).parts) == 1


async def test_a_player_who_misses_a_turn_is_skipped_until_they_return(store, clock):
    """Then they are last in the rotation."""
    jam = await store.jams.begin(new_jam(in_rotation=True))
    for who in (BOB, CAROL):
        await store.jams.join(jam.id, who, f"person {who}")
    jam = await store.jams.get(jam.id)
    assert await store.jams.pass_on(jam, ALICE)
    assert not await store.jams.pass_on(jam, ALICE)
    players = (await store.jams.snapshot(jam.id)).players
    assert [each.user_id for each in players if each.is_away] == [ALICE]
    await store.jams.join(jam.id, ALICE, "Alice")
    await store.jams.join(jam.id, BOB, "Bob")
    players = (await store.jams.snapshot(jam.id)).players
    assert [each.user_id for each in players] == [BOB, CAROL, ALICE]
    assert not any(each.is_away for each in players)


async def test_deleting_the_last_clip_removes_its_turn(store):
    """The turn before is the last one then; a turn in the middle stays in later ones."""
    jam = await store.jams.begin(new_jam())
    clips = [await take_turn(store, jam, str(n), who) for n, who in ((1, ALICE), (2, BOB))]
    version = (await store.jams.get(jam.id)).version
    await store.clips.delete(clips[1].id)
    assert (await store.jams.snapshot(jam.id)).head.id == clips[0].id
    assert (await store.jams.get(jam.id)).version > version
    await take_turn(store, jam, "3", CAROL)
    await store.clips.delete(clips[0].id)
    assert (await store.jams.snapshot(jam.id)).seconds == 16.0


async def test_erasure_removes_a_person_from_jams(store):
    """Their name, their jams and their turns; turns of others on top of them stay."""
    jam = await store.jams.begin(new_jam())
    for number, who in enumerate((ALICE, BOB), 1):
        await take_turn(store, jam, str(number), who)
    other = await store.jams.begin(new_jam("j2", user_id=BOB, name="Bob"))
    await store.jams.hold(other.id, ALICE, NOON + 60)
    assert len((await exported(store, ALICE))["jam_turns"]) == 1
    assert await store.privacy.forget(ALICE) == ["1.flac"]
    snapshot = await store.jams.snapshot(jam.id)
    assert (snapshot.jam.user_id, snapshot.jam.title, snapshot.jam.style) == (None, None, None)
    assert [part.user_id for part in snapshot.parts] == [None, BOB]
    assert [player.user_id for player in snapshot.players] == [BOB]
    assert (await store.jams.get(other.id)).holder_id is None
    found = await exported(store, ALICE)
    assert found["jams"] == found["jam_turns"] == found["jam_players"] == []
    assert len((await exported(store, BOB))["jam_turns"]) == 1


async def test_a_card_is_outdated_when_the_next_player_is_erased(store):
    """A player who joined the rotation without a turn; closed jams are left alone."""
    jam = await store.jams.begin(new_jam(in_rotation=True))
    closed = await store.jams.begin(new_jam("j2", in_rotation=True))
    for each in (jam, closed):
        await store.jams.join(each.id, BOB, "Bob")
    await store.jams.close(closed.id)
    for each in (jam, closed):
        await store.jams.record_card(each.id, 78, (await store.jams.get(each.id)).version)
    await store.privacy.forget(BOB)
    assert (await store.jams.get(jam.id)).version > (await store.jams.get(jam.id)).shown_version
    assert [each.id for each in await store.jams.unfinished()] == [jam.id]


async def test_texts_of_closed_jams_expire(store, clock):
    """Texts of open jams are still needed."""
    jams = [await store.jams.begin(new_jam(f"j{number}")) for number in range(2)]
    await store.jams.close(jams[0].id)
    clock.now += 31 * DAY
    await sweep(store, 30, clock.now)
    closed, unfinished = [await store.jams.snapshot(jam.id) for jam in jams]
    assert (closed.jam.title, closed.players) == (None, ())
    assert (unfinished.jam.title, len(unfinished.players)) == ("Night drive", 1)


async def test_a_changed_jam_s_card_is_outdated(store):
    """Listeners are notified of each change; a card that is up to date is not sent again."""
    changes = []
    store.jams.on_change = lambda: changes.append(1)
    jam = await store.jams.begin(new_jam())
    job = await begin_turn(store, jam, "1", ALICE)
    await store.jobs.cancel(job.id, Sentence("x"))
    assert len(changes) == 3
    await store.jams.record_thread(jam.id, 77)
    assert (await store.jams.by_thread(77)).id == jam.id
    await store.jams.record_card(jam.id, 78, (await store.jams.get(jam.id)).version)
    await store.jams.close(jam.id)
    assert [each.id for each in await store.jams.unfinished()] == [jam.id]
    await store.jams.record_card(jam.id, 78, (await store.jams.get(jam.id)).version)
    assert await store.jams.unfinished() == []
    gone = await store.jams.begin(new_jam("j2"))
    await store.jams.abandon(gone.id)
    assert await store.jams.unfinished() == []


async def test_a_jam_without_a_thread_is_closed_in_any_state(store):
    """During a reservation, during a turn, and during its mixdown."""
    held = await store.jams.begin(new_jam())
    assert await store.jams.hold(held.id, ALICE, NOON + 60)
    await store.jams.abandon(held.id)
    for number, kind in enumerate((Kind.JAM_TURN, Kind.JAM_MIX)):
        jam = await store.jams.begin(new_jam(f"gone {number}"))
        await take_turn(store, jam, f"first {number}", BOB)
        job = await begin_turn(store, jam, f"second {number}", ALICE, kind=kind)
        assert not await store.jams.close(jam.id)  # something is being made
        await store.jams.abandon(jam.id)
        assert await store.check() == []
        await end_turn(store, job)
        assert (await store.jams.get(jam.id)).state is JamState.CLOSED
        assert await store.check() == []


async def test_latest_jams_are_those_of_the_given_channels(store):
    """Open or closed, newest first; newer ones in other channels take no place."""
    jams = [await store.jams.begin(new_jam(f"j{n}", channel_id=n // 2)) for n in range(4)]
    await store.jams.close(jams[0].id)
    found = await store.jams.latest_in(10, [0], 2)
    assert [each.id for each in found] == [jams[1].id, jams[0].id]
    assert await store.jams.latest_in(11, [0, 1], 2) == []


async def test_a_deleted_last_turn_is_no_part_of_what_follows(store):
    """What is not heard has no part, no author and no credit; in the middle it is heard."""
    jam = await store.jams.begin(new_jam())
    await take_turn(store, jam, "1", ALICE)
    second = await take_turn(store, jam, "2", BOB)
    await store.clips.delete(second.id)
    await take_turn(store, jam, "3", CAROL)
    snapshot = await store.jams.snapshot(jam.id)
    assert [(part.user_id, part.starts_at_seconds) for part in snapshot.parts] == [
        (ALICE, 0.0), (CAROL, 8.0),
    ]  # fmt: skip
    assert await store.jams.names(jam.id) == ("Alice", "person 3")
    await store.clips.delete(snapshot.head.id)
    await store.clips.delete(snapshot.parts[0].clip.id)
    await take_turn(store, jam, "4", BOB)
    assert [part.user_id for part in (await store.jams.snapshot(jam.id)).parts] == [BOB]


async def test_a_turn_deleted_while_the_next_is_made_of_it_is_heard(store):
    """It stays a part of the track."""
    jam = await store.jams.begin(new_jam())
    await take_turn(store, jam, "1", ALICE)
    second = await take_turn(store, jam, "2", BOB)
    third = await begin_turn(store, jam, "3", CAROL)
    before = (await store.jams.snapshot(jam.id)).seconds
    await store.clips.delete(second.id)
    await store.jobs.start(third.id)
    clip = await store.jobs.record_clip(
        third.id, new_clip(third, seconds=before + 8.0, seconds_before=before)
    )
    await store.jobs.begin_delivery(third.id)
    await store.clips.set_message(clip.id, 900 + third.id)
    await store.jobs.finish_delivery(third.id, 900 + third.id)
    parts = (await store.jams.snapshot(jam.id)).parts
    assert [part.user_id for part in parts] == [ALICE, BOB, CAROL]


async def test_the_track_of_an_open_jam_is_kept(store, clock):
    """Also in a fork of a jam that is nearly too old; turns that were undone expire."""
    jam = await store.jams.begin(new_jam())
    clips = [await take_turn(store, jam, str(n), who) for n, who in ((1, ALICE), (2, BOB))]
    await store.jams.close(jam.id)
    clock.now += 29.9 * DAY
    fork = await store.jams.begin(new_jam("fork", forked_from=jam.id))
    await store.jams.undo(fork.id, 2)
    clock.now += 0.5 * DAY
    await sweep(store, 30, clock.now)
    assert [(await store.clips.get(clip.id)).is_deleted for clip in clips] == [False, True]
    assert (await store.jams.snapshot(fork.id)).head.id == clips[0].id
    await store.jams.close(fork.id)
    await sweep(store, 30, clock.now)
    assert (await store.clips.get(clips[0].id)).is_deleted
