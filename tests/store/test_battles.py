"""Battles in the store: one in a channel, one entry a person, and erasure."""

from __future__ import annotations

import pytest

from bot.domain.battles import MOST_ENTRIES, BattleOutcome, BattleState, Entrants, NewBattle
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.jams.battles import line_up
from bot.store.erasure import record_request
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import NOON, Clock, accepted, delivered, new_clip

ALICE, BOB, CAROL = 1, 2, 3
DAY = 86_400.0


def new_battle(key="b1", channel=5, **changes):
    usual = {
        "key": key, "guild_id": 10, "channel_id": channel, "user_id": ALICE, "prompt": "lo-fi",
        "clip_id": None, "seconds": 8.0, "closes_at": NOON + 600, "voting_seconds": 300.0,
    }  # fmt: skip
    return NewBattle(**(usual | changes))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as store:
        yield store
        assert await store.check() == []


async def voted_on(store, battle, votes):
    """Take a battle up to its count; `votes` are by people."""
    await store.battles.close(battle.id)
    await store.battles.line_up(battle.id, line_up)
    numbers = {each.user_id: each.number for each in await store.battles.entries(battle.id)}
    for number in numbers.values():
        await store.battles.record_player(battle.id, number, 700 + 10 * battle.id + number)
    await store.battles.record_poll(battle.id, 600 + battle.id, NOON + 900)
    most = max(votes.values())
    counts = {numbers[person]: count for person, count in votes.items()}
    winners = [number for number, count in counts.items() if count == most]
    outcome = BattleOutcome.WON if len(winners) == 1 else BattleOutcome.TIED
    assert await store.battles.record_outcome(battle.id, outcome, counts, winners)
    await store.battles.end(battle.id, 800 + battle.id)


async def test_a_channel_has_one_battle_at_a_time(store):
    """A repeated request gives the same battle; the next can begin after its end."""
    battle = await store.battles.begin(new_battle())
    assert await store.battles.begin(new_battle()) == battle
    with pytest.raises(Refused, match="already"):
        await store.battles.begin(new_battle("b2"))
    other = await store.battles.begin(new_battle("b3", channel=6))
    assert await store.battles.unfinished() == [battle, other]
    await store.battles.record_outcome(battle.id, BattleOutcome.CALLED_OFF)
    await store.battles.end(battle.id, None)
    assert (await store.battles.begin(new_battle("b2"))).state is BattleState.OPEN


async def test_people_being_erased_are_not_on_the_ladder(store):
    """From the moment the erasure is recorded, however long it takes."""
    battle = await store.battles.begin(new_battle())
    for person in (ALICE, BOB):
        await delivered(store, key=str(person), user=person, battle_id=battle.id)
    await voted_on(store, battle, {ALICE: 1, BOB: 2})
    async with store.privacy._database.transaction() as connection:
        assert await record_request(connection, BOB, NOON)
    assert [rung.user_id for rung in await store.battles.ladder(10)] == [ALICE]
    await store.privacy.resume()
    assert [rung.user_id for rung in await store.battles.ladder(10)] == [ALICE]


async def test_an_entry_being_posted_cannot_be_cancelled(store):
    """Its poll, not yet recorded, would go on without a battle."""
    battle = await store.battles.begin(new_battle())
    for person in (ALICE, BOB):
        await delivered(store, key=str(person), user=person, battle_id=battle.id)
    await store.battles.close(battle.id)
    await store.battles.line_up(battle.id, line_up)
    assert not await store.battles.record_outcome(battle.id, BattleOutcome.CALLED_OFF)
    await store.battles.record_poll(battle.id, 600, NOON + 900)
    assert await store.battles.record_outcome(battle.id, BattleOutcome.CALLED_OFF)


async def test_unannounced_records_are_deleted(store):
    """Records of battles that were announced are kept."""
    battle = await store.battles.begin(new_battle())
    await store.battles.delete_unannounced(battle.id)
    assert await store.battles.get(battle.id) is None
    battle = await store.battles.begin(new_battle())
    await store.battles.record_card(battle.id, 77)
    await store.battles.delete_unannounced(battle.id)
    assert (await store.battles.get(battle.id)).message_id == 77


async def test_an_invalid_entry_is_refused_at_admission(store, clock):
    """Too late, or while another is being generated; nothing is charged."""
    battle = await store.battles.begin(new_battle())
    await accepted(store, key="1", user=BOB, battle_id=battle.id)
    with pytest.raises(Refused, match="being made"):
        await accepted(store, key="2", user=BOB, battle_id=battle.id)
    clock.now = NOON + 600
    with pytest.raises(Refused, match="no more entries"):
        await accepted(store, key="3", user=CAROL, battle_id=battle.id)
    with pytest.raises(Refused, match="no more entries"):
        await accepted(store, key="4", user=CAROL, battle_id=battle.id + 1)
    assert (await store.ledger.quota(CAROL, 100)).used_seconds == 0


async def test_a_battle_has_at_most_ten_entries(store):
    """The eleventh person is refused; the ten can replace their entries."""
    battle = await store.battles.begin(new_battle())
    for person in range(1, 11):
        await delivered(store, key=str(person), user=person, battle_id=battle.id)
    with pytest.raises(Refused, match="10 people"):
        await accepted(store, key="11", user=11, battle_id=battle.id)
    await accepted(store, key="12", user=10, battle_id=battle.id)


async def test_the_latest_generated_clip_is_the_entry(store):
    """A failed one does not replace it, and a deleted one is withdrawn."""
    battle = await store.battles.begin(new_battle())
    await delivered(store, key="1", user=ALICE, battle_id=battle.id)
    _, second = await delivered(store, key="2", user=ALICE, battle_id=battle.id)
    failed = await accepted(store, key="3", user=ALICE, battle_id=battle.id)
    assert await store.battles.entrants(battle.id) == Entrants(ready=1, pending=1)
    await store.jobs.fail(failed.id, Sentence("x"))
    _, gone = await delivered(store, key="4", user=BOB, battle_id=battle.id)
    await store.clips.delete(gone.id)
    await delivered(store, key="5", user=CAROL, battle_id=battle.id)
    assert await store.battles.entrants(battle.id) == Entrants(ready=2, pending=0)
    assert await store.battles.close(battle.id)
    assert not await store.battles.close(battle.id)
    for _ in range(2):
        await store.battles.line_up(battle.id, line_up)
    entries = await store.battles.entries(battle.id)
    assert [each.number for each in entries] == [1, 2]
    assert {each.user_id for each in entries} == {ALICE, CAROL}
    assert second in [each.clip for each in entries]


async def test_entries_are_hidden_until_the_end(store):
    """Only entries of running battles are hidden."""
    battle = await store.battles.begin(new_battle())
    _, entry = await delivered(store, key="1", battle_id=battle.id)
    await delivered(store, key="2", user=BOB, battle_id=battle.id)
    _, other = await delivered(store, key="3")
    assert await store.battles.hidden([entry.id, other.id]) == {entry.id}
    await voted_on(store, battle, {ALICE: 1, BOB: 0})
    assert await store.battles.hidden([entry.id, other.id]) == frozenset()


async def test_a_result_is_recorded_once(store):
    """A second result changes nothing."""
    battle = await store.battles.begin(new_battle())
    assert await store.battles.record_outcome(battle.id, BattleOutcome.CALLED_OFF)
    assert not await store.battles.record_outcome(battle.id, BattleOutcome.TOO_FEW)
    assert (await store.battles.get(battle.id)).outcome is BattleOutcome.CALLED_OFF


async def test_the_ladder_sums_finished_battles(store):
    """Of its server; shared wins are counted as such."""
    for number, votes in enumerate(({ALICE: 3, BOB: 1}, {ALICE: 2, BOB: 2}), 1):
        battle = await store.battles.begin(new_battle(f"b{number}"))
        for person in votes:
            await delivered(store, key=f"{number}/{person}", user=person, battle_id=battle.id)
        await voted_on(store, battle, votes)
    rungs = {each.user_id: each for each in await store.battles.ladder(10)}
    assert (rungs[ALICE].wins, rungs[ALICE].shared, rungs[ALICE].votes) == (2, 1, 5)
    assert (rungs[BOB].wins, rungs[BOB].battles) == (1, 2)
    assert await store.battles.ladder(11) == []


async def test_erasure_removes_a_person_from_battles(store):
    """Entries keep their numbers without a name; battles they started lose their prompt."""
    battle = await store.battles.begin(new_battle())
    for person in (ALICE, BOB):
        await delivered(store, key=str(person), user=person, battle_id=battle.id)
    await voted_on(store, battle, {ALICE: 3, BOB: 1})
    export = await exported(store, ALICE)
    assert [each["prompt"] for each in export["battles"]] == ["lo-fi"]
    assert [each["votes"] for each in export["battle_entries"]] == [3]
    await store.privacy.forget(ALICE)
    export = await exported(store, ALICE)
    assert export["battles"] == export["battle_entries"] == []
    entries = await store.battles.entries(battle.id)
    assert sorted((each.user_id is None, each.clip is None) for each in entries) == [
        (False, False),
        (True, True),
    ]
    assert [each.user_id for each in await store.battles.ladder(10)] == [BOB]
    found = await store.battles.get(battle.id)
    assert (found.user_id, found.prompt) == (None, None)


async def test_texts_of_old_battles_expire(store, clock):
    """With those of jobs; the winner is kept."""
    battle = await store.battles.begin(new_battle())
    for person in (ALICE, BOB):
        await delivered(store, key=str(person), user=person, battle_id=battle.id)
    await voted_on(store, battle, {ALICE: 3, BOB: 1})
    clock.now += 31 * DAY
    await sweep(store, 30, clock.now)
    assert (await store.battles.get(battle.id)).prompt is None
    assert len(await store.battles.ladder(10)) == 2


async def test_an_entry_is_kept_until_its_battle_has_ended(store, clock):
    """Also one that its author has not fetched, in a battle longer than such clips are kept."""
    battle = await store.battles.begin(new_battle())
    job = await accepted(store, key="alice", user=ALICE, battle_id=battle.id)
    await store.jobs.start(job.id)
    clip = await store.jobs.record_clip(job.id, new_clip(job))
    await store.jobs.begin_delivery(job.id)
    await store.jobs.hold(job.id, Sentence("It waits for you."))
    await delivered(store, key="bob", user=BOB, battle_id=battle.id)
    clock.now += 2 * DAY
    await sweep(store, 1, clock.now)
    assert not (await store.clips.get(clip.id)).is_deleted
    await voted_on(store, battle, {ALICE: 2, BOB: 1})
    await sweep(store, 1, clock.now)
    assert (await store.clips.get(clip.id)).is_deleted


async def test_a_deleted_entry_leaves_its_place_to_another_person(store):
    """A battle is full with as many people as have an entry."""
    battle = await store.battles.begin(new_battle())
    clips = [
        (await delivered(store, key=str(person), user=person, battle_id=battle.id))[1]
        for person in range(1, MOST_ENTRIES + 1)
    ]
    with pytest.raises(Refused, match="10 people"):
        await accepted(store, key="one more", user=99, battle_id=battle.id)
    await store.clips.delete(clips[0].id)
    await accepted(store, key="one more", user=99, battle_id=battle.id)


async def test_the_clip_that_all_remix_is_kept_until_its_battle_has_ended(store, clock):
    """Also if it was nearly too old when the battle began."""
    _, sample = await delivered(store, key="sample", user=CAROL)
    clock.now += 29.9 * DAY
    battle = await store.battles.begin(new_battle(prompt=None, clip_id=sample.id))
    clock.now += 0.5 * DAY
    await sweep(store, 30, clock.now)
    assert not (await store.clips.get(sample.id)).is_deleted
    await store.battles.record_outcome(battle.id, BattleOutcome.CALLED_OFF)
    await store.battles.end(battle.id, None)
    await sweep(store, 30, clock.now)
    assert (await store.clips.get(sample.id)).is_deleted
