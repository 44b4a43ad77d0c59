"""What people do with clips, as rules of the state machine: takes, mixes, stars, battles.

The model has a person's expectations: one message for takes, no charge for a mix, no star of
one's own counted, one entry of each person in a battle, and nothing left of a deleted clip.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.domain.battles import BattleOutcome, BattleState, NewBattle
from bot.domain.jobs import JobState, Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.domain.mixes import MixOrder
from bot.domain.withdrawals import Withdrawal
from bot.errors import Refused
from bot.jams.battles import line_up

CHANNEL, GUILD = 5, 10
USERS = (1, 2, 3)
ENTRIES_SECONDS = 7200.0
MADE = (JobState.RENDERED, JobState.DELIVERING, JobState.DELIVERED, JobState.HELD)


@dataclasses.dataclass
class ClipRecord:
    """The model's record of a clip."""

    id: int
    is_deleted: bool = False
    stars: set[int] = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class BattleRecord:
    """The model's record of the latest battle."""

    id: int
    closes_at: float
    state: BattleState = BattleState.OPEN


class ClipRules(RuleBasedStateMachine):
    """Rules of clips, mixes and battles; `records` is the model of jobs and their clips."""

    # Attributes of the machine that these rules are mixed into.
    records: dict[int, Any]
    orders: int
    now: float
    store: Any
    limits: Limits
    make_all: Any
    _accept: Any
    _fits: Any
    _run: Any
    _take_in: Any
    _unfinished: Any
    _used: Any

    def __init__(self):
        super().__init__()
        self.battle: BattleRecord | None = None
        self.withdrawn: set[int] = set()
        """The clips that are still to be taken out of their messages."""

    def _clips(self):
        """The clips that are there, by the ids of their jobs."""
        found = {
            id_: record.clip for id_, record in self.records.items() if record.clip is not None
        }
        return {id_: clip for id_, clip in found.items() if not clip.is_deleted}

    def forget_clips_of(self, user):
        """Erase a person from the model."""
        for record in self.records.values():
            if record.user == user:
                record.clip = record.battle_id = None
            elif record.clip is not None:
                record.clip.stars.discard(user)

    @initialize(has_battle=st.booleans())
    def begin(self, has_battle):
        """Give everybody a clip and perhaps an entry in a battle."""
        for user in USERS:
            self._accept(self._order(user, 1.0))
        if has_battle:
            self.begin_battle(USERS[0])
            for user in USERS:
                self.enter(user)
        self.make_all()

    # Takes and mixes.

    @rule(user=st.sampled_from(USERS), count=st.integers(2, 4))
    def order_takes(self, user, count):
        self.orders += 1
        keys = [f"{self.orders}/{take}" for take in range(count)]
        orders = [self._order(user, 10.0, key=key, group_key=keys[0]) for key in keys]
        expected = 0
        for order in orders:
            expected += self._fits(user, order.seconds, more=expected)
        message = MessageHandle(message_id=self.orders)
        try:
            accepted = self.store.jobs.accept_takes(orders, self.limits, message)
            jobs, _ = self._run(accepted)
        except Refused:
            assert not expected
            return
        assert len(jobs) == expected
        for job in jobs:
            assert (job.order.group_key == keys[0]) == (expected > 1)
            self._take_in(job)

    @precondition(lambda self: len(self._clips()) > 1)
    @rule(user=st.sampled_from(USERS), data=st.data())
    def order_mix(self, user, data):
        lead, other = (data.draw(st.sampled_from(sorted(self._clips()))) for _ in range(2))
        if lead == other:
            return
        ids = tuple(self.records[job_id].clip.id for job_id in (lead, other))
        mix = MixOrder(lead_id=ids[0], other_id=ids[1])
        before = self._used(user)
        self._accept(self._order(user, 0.0, kind=Kind.MIX, mix=mix, parent_ids=ids))
        assert self._used(user) == before

    # Stars and deletion.

    @precondition(lambda self: any(record.clip for record in self.records.values()))
    @rule(user=st.sampled_from(USERS), is_given=st.booleans(), data=st.data())
    def star(self, user, is_given, data):
        job_id = data.draw(
            st.sampled_from([id_ for id_, record in self.records.items() if record.clip])
        )
        record = self.records[job_id].clip
        clip = self._run(self.store.clips.get(record.id))
        if is_given:
            is_new = not record.is_deleted and user not in record.stars
            assert self._run(self.store.stars.give(clip, user)) == is_new
            record.stars |= {user} if is_new else set()
        else:
            assert self._run(self.store.stars.take_back(clip, user)) == (user in record.stars)
            record.stars.discard(user)

    @precondition(lambda self: self._final_clips())
    @rule(data=st.data())
    def delete(self, data):
        record = self.records[data.draw(st.sampled_from(self._final_clips()))]
        shown = Withdrawal(
            message_id=5000 + record.clip.id, channel_id=CHANNEL, clip_id=record.clip.id
        )
        assert self._run(self.store.clips.delete(record.clip.id, [shown])) is not None
        assert self._run(self.store.clips.delete(record.clip.id, [shown])) is None
        record.clip.is_deleted = True
        self.withdrawn.add(record.clip.id)

    @precondition(lambda self: self.withdrawn)
    @rule()
    def withdraw(self):
        found = self._run(self.store.withdrawals.all())
        self._run(self.store.withdrawals.delete(found[0]))
        self.withdrawn.remove(found[0].clip_id)

    # Battles.

    @rule(user=st.sampled_from(USERS))
    def begin_battle(self, user):
        self.orders += 1
        new = NewBattle(
            key=str(self.orders), guild_id=GUILD, channel_id=CHANNEL, user_id=user, prompt="lo-fi",
            clip_id=None, seconds=10.0, closes_at=self.now + ENTRIES_SECONDS, voting_seconds=60.0,
        )  # fmt: skip
        goes_on = self.battle is not None and self.battle.state is not BattleState.ENDED
        try:
            battle = self._run(self.store.battles.begin(new))
        except Refused:
            assert goes_on
            return
        assert not goes_on
        self.battle = BattleRecord(battle.id, new.closes_at)

    @precondition(lambda self: self.battle is not None)
    @rule(user=st.sampled_from(USERS))
    def enter(self, user):
        battle = self.battle
        is_open = battle.state is BattleState.OPEN and self.now < battle.closes_at
        is_on_its_way = any(each.battle_id == battle.id for each in self._unfinished(user))
        order = self._order(user, 10.0, battle_id=battle.id)
        self._accept(order, may=is_open and not is_on_its_way)

    @precondition(
        lambda self: self.battle is not None and self.battle.state is not BattleState.ENDED
    )
    @rule()
    def go_on_with_battle(self):
        """Take one step twice: a bot that was killed after it repeats it."""
        battle, battles = self.battle, self.store.battles
        match battle.state:
            case BattleState.OPEN:
                assert [self._run(battles.close(battle.id)) for _ in range(2)] == [True, False]
                battle.state = BattleState.CLOSED
            case BattleState.CLOSED:
                latest = self._entries()
                for _ in range(2):
                    self._run(battles.line_up(battle.id, line_up))
                found = self._run(battles.entries(battle.id))
                assert {each.user_id: each.clip.job_id for each in found} == latest
                battle.state = BattleState.POSTING
            case BattleState.POSTING:
                for _ in range(2):
                    self._run(battles.record_poll(battle.id, 8000 + battle.id, self.now + 60.0))
                battle.state = BattleState.VOTING
            case BattleState.VOTING:
                votes = {each.number: 1 for each in self._run(battles.entries(battle.id))}
                outcomes = [
                    battles.record_outcome(battle.id, BattleOutcome.TIED, votes) for _ in range(2)
                ]
                assert [self._run(each) for each in outcomes] == [True, False]
                battle.state = BattleState.COUNTED
            case BattleState.COUNTED:
                for _ in range(2):
                    self._run(battles.end(battle.id, 9000 + battle.id))
                battle.state = BattleState.ENDED
        assert self._run(battles.get(battle.id)).state is battle.state

    def _entries(self):
        """The latest entry of each person in the battle, by its job."""
        made = {
            id_: record
            for id_, record in self.records.items()
            if record.battle_id == self.battle.id and record.state in MADE and id_ in self._clips()
        }
        return {record.user: id_ for id_, record in sorted(made.items())}

    # Invariants.

    @invariant()
    def the_clips_are_as_told(self):
        stored = {job_id: self._run(self.store.clips.of_job(job_id)) for job_id in self.records}
        for job_id, record in self.records.items():
            clip = stored[job_id]
            assert (clip is None) == (record.clip is None)
            if clip is not None:
                assert clip.is_deleted == record.clip.is_deleted
                assert clip.stars == len(record.clip.stars - {record.user})
        found = {each.clip_id for each in self._run(self.store.withdrawals.all())}
        assert found == self.withdrawn

    def _final_clips(self):
        return [id_ for id_ in self._clips() if self.records[id_].state.is_final]

    def _order(self, user, seconds, *, key=None, **more):
        if key is None:
            self.orders += 1
        return Order(
            key=key or str(self.orders),
            origin=RequestOrigin(user_id=user, channel_id=CHANNEL, guild_id=GUILD),
            seconds=seconds,
            seed=1,
            prompt="rock",
            **{"kind": Kind.MUSIC} | more,
        )
