"""No statement of the store reads a whole table that grows with the years, or sorts it.

SQLite is asked for its plan of every statement: they are recorded while the store does all it can
do, and what stands in its code and was not recorded is reported, too.
"""

from __future__ import annotations

import ast
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import bot.store
from bot.domain.answers import OpenAnswer
from bot.domain.jobs import JobState, Kind, MessageHandle
from bot.domain.preferences import Preferences
from bot.domain.presets import Preset, PresetOwner
from bot.domain.sight import Sight
from bot.domain.withdrawals import Withdrawal
from bot.i18n.sentence import Sentence
from bot.store.clock_changes import ClockReading
from bot.store.database import FILE
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.store.test_battles import new_battle, voted_on
from tests.store.test_jams import begin_turn, end_turn, new_jam, take_turn
from tests.store.test_personal_data import exported
from tests.store.test_radios import new_radio
from tests.support.stored_jobs import NOON, Clock, accepted, delivered, limits, new_clip, order

GROWING = {
    "jobs",
    "ledger",
    "clips",
    "clip_parents",
    "stars",
    "battles",
    "battle_entries",
    "best_of_posts",
    "dailies",
    "jams",
    "jam_players",
    "jam_turns",
    "reports",
}

ALLOWED = {
    "SELECT * FROM jobs WHERE state IN ('queued', 'running', 'rendered', 'delivering') "
    "ORDER BY id": "sorts the unfinished jobs, of which there are `limits.waiting` at the most",
    "state IN ('queued', 'running', 'rendered', 'delivering') ORDER BY id": "sorts the unfinished "
    "jobs of one person",
    "WITH resets AS MATERIALIZED": "groups the resets of one person on one day",
    "SELECT COALESCE((SELECT MAX(id) FROM jobs)": "takes the last row, as the id is its place",
    "COUNT(*) AS given FROM stars": "groups the stars that were given on one server in a week",
    "FROM best_of_posts WHERE is_due": "reads an index of the few posts that are due",
    "FROM battles INDEXED BY battles_going_on": "reads an index of the few battles that go on",
    "FROM jams INDEXED BY jams_going_on": "reads indexes of the few jams that go on",
    "SUM(is_winner) AS wins": "groups the entries in the battles of one server",
    "FROM jobs WHERE untold": "reads an index of the few jobs whose people are still to be told",
}
"""Parts of statements whose plan is complained of, each with the reason why it may be so."""

ELSEWHERE = {
    "backup.py": "works on a copy",
    "identity.py": "reads the schema",
    "invariants.py": "reads everything, as a check does: `zhiyin doctor` runs it on a copy",
    "jam_invariants.py": "the same",
    "ledger_invariants.py": "the same, and a backup, on a copy, too",
}
"""Files whose statements are not looked at, each with the reason."""

SIGHT = Sight(channel_ids=[5, 6], user_id=1)
DELIVERED = re.compile(rf"state IN \([^)]*'{JobState.DELIVERED.value}'")
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")
PARAMETER = re.compile(r"\?\d*|:[a-z_]+")


def complaints(connection, sql):
    """What is wrong with the plan of a statement."""
    found = []
    for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
        step = row[3]
        # A search by no index is for the least or the greatest of all rows.
        if (scanned := re.match(r"SCAN (\w+)|SEARCH (\w+)$", step)) and (
            {scanned[1], scanned[2]} & GROWING
        ):
            found.append(step)
        if "USE TEMP B-TREE" in step or "AUTOMATIC" in step:
            found.append(step)
        # Nearly all jobs were delivered.
        if "jobs_by_state" in step and DELIVERED.search(sql):
            found.append(step)
    return found


def statements_in_code():
    """Each statement, or part of one between its values, in the store's code."""
    for file in Path(bot.store.__path__[0]).glob("*.py"):
        if file.name in ELSEWHERE:
            continue
        tree = ast.parse(file.read_text())
        parts = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) in parts or not isinstance(node, ast.JoinedStr | ast.Constant):
                continue
            values = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [each.value if isinstance(each, ast.Constant) else "?" for each in values]
            if isinstance(texts[0], str) and STATEMENT.match(texts[0]):
                yield (
                    f"{file.name}:{node.lineno}",
                    PARAMETER.split("".join(map(str, texts)).strip()),
                )


def has_in_order(text, parts):
    """Whether all of these are in a text, one after the other."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


async def do_everything(store, clock):
    """Call every query of a store."""
    _, clip = await delivered(store, key="1")
    _, second = await delivered(store, key="2", parent_ids=(clip.id,))
    job = await accepted(store, key="3")
    await store.jobs.start(job.id)
    await store.jobs.requeue(job.id, spend_attempt=True)
    await store.jobs.interrupt(job.id)
    await store.jobs.fail(job.id, Sentence("x"))
    held = await accepted(store, key="4", allowed=limits(guild_daily_seconds=1000))
    await store.jobs.start(held.id)
    await store.jobs.record_clip(held.id, new_clip(held))
    await store.jobs.hold(held.id, Sentence("x"))
    await store.clips.held_of(1, 5)
    await store.jobs.record_fetch(held.id, 7)
    await store.jobs.check(order(), limits())
    await store.jobs.cancel((await accepted(store, key="5")).id, Sentence("x"))
    await store.jobs.pending_notices()
    await store.jobs.record_notified(held.id)
    await store.jobs.of_key("1")
    await store.jobs.unfinished()
    await store.jobs.waiting_of(1)
    await store.clips.of_job(clip.job_id)
    await store.clips.by_message(clip.message_id)
    await store.clips.of_user(1, 5, "rock")
    await store.clips.of_guild(10, SIGHT, 5, "rock")
    await store.clips.shown_of(1, 10, SIGHT, 5)
    await store.clips.publish(clip.id)
    await store.clips.make_private(clip.id)
    await store.clips.publish(clip.id)
    await store.clips.prompts_of(1, "rock", 5)
    await store.clips.lineage(clip.id, 10)
    for wanted in (Preferences(seconds=5.0), Preferences()):
        await store.preferences.set(2, wanted)
    await store.preferences.of(2)
    await store.stars.give(clip, 2)
    await store.stars.top(10, SIGHT, 5)
    await store.stars.top_since(10, SIGHT, 0.0, 5)
    await store.best_of.set(10, 5, 1)
    await store.stars.take_back(clip, 2)
    await store.stars.give(clip, 2)
    await store.best_of.due()
    await store.dailies.set_plan(10, 5, 9, "UTC")
    await store.dailies.plans()
    plan = await store.dailies.plan(10)
    daily = await store.dailies.create(plan, "2026-11-28", "lo-fi", 0.0)
    await store.dailies.record_post(daily.id, 7)
    await store.dailies.latest(10, 5, "2026-01-01")
    await store.dailies.get(daily.id)
    await store.dailies.clips(daily.id)
    await store.dailies.refuse(daily.id)
    await store.dailies.skip(daily.id)
    await store.dailies.clear_plan(10)
    await store.best_of.record(clip.id, 7, 1)
    await store.best_of.delete_post(clip.id)
    await store.best_of.clear(10)
    await store.stars.take_back(clip, 2)
    battle = await store.battles.begin(new_battle())
    await delivered(store, key="7", user=2, battle_id=battle.id)
    await store.battles.record_card(battle.id, 7)
    await store.battles.delete_unannounced(battle.id)
    await store.battles.entrants(battle.id)
    await store.battles.unfinished()
    await voted_on(store, battle, {2: 1})
    await store.battles.by_poll(601)
    await store.battles.get(battle.id)
    await store.battles.hidden([clip.id])
    await store.battles.ladder(10)
    jam = await store.jams.begin(new_jam())
    await store.jams.record_thread(jam.id, 77)
    await store.jams.record_card(jam.id, 78, 0)
    await store.jams.by_thread(77)
    await store.jams.hold(jam.id, 1, clock.now + 60)
    await take_turn(store, jam, "8", 1)
    await store.jams.begin(new_jam("j2", forked_from=jam.id))
    await store.jams.names(jam.id)
    await store.jams.open_in(10)
    await store.jams.latest_in(10, [5, 6], 25)
    await store.jams.unfinished()
    await end_turn(store, await begin_turn(store, jam, "9", 2, kind=Kind.JAM_MIX, seconds=0.0))
    other = await store.jams.begin(new_jam("j3", in_rotation=True))
    await take_turn(store, other, "10", 2)
    await store.jams.pass_on(await store.jams.get(other.id), 2)
    await store.jams.undo(other.id, 1)
    await store.jams.close(other.id)
    await store.jams.abandon(other.id)
    await store.radios.begin(new_radio())
    await store.radios.update(new_radio())
    await store.radios.all()
    await store.radios.drop(10)
    await store.live_seconds.add(10, 1.0)
    await store.live_seconds.used(10)
    shown_in = Withdrawal(message_id=7, channel_id=5, clip_id=second.id)
    await store.clips.delete(second.id, [shown_in])
    assert await store.withdrawals.all() == [shown_in]
    await store.withdrawals.delete(shown_in)
    assert await store.withdrawals.all() == []
    await store.ledger.quota(1, 100)
    for guild_id in (10, None):
        await store.ledger.reset(1, guild_id)
        await store.settings.is_blocked(guild_id, 1)
    await store.settings.of(10)
    await store.settings.set_limits(10, waiting=3)
    await store.settings.clear_limits(10)
    await store.settings.set_metadata("name", "value")
    await store.settings.metadata("name")
    for on in (True, False):
        await store.settings.set_tier(10, 7, 5.0 if on else None)
        await store.settings.allow_channel(10, 5, on)
        await store.settings.block(10, 1, on)
    for on in (True, False):
        await store.settings.allow_uploads(10, 7, on)
        await store.settings.set_log_channel(10, 5 if on else None)
    await store.reports.add(clip, 2, "loud")
    for language in ("zh-CN", None):
        await store.chosen_languages.set_of_server(10, language)
    await store.chosen_languages.of_servers()
    await store.chosen_languages.of_people()
    (report,) = await store.reports.to_post(10, 5)
    await store.reports.record_posted(report.id)
    await store.presets.save(PresetOwner(id=2), Preset(name="Mine"), most=5)
    await store.presets.of(PresetOwner(id=2))
    await store.presets.get(PresetOwner(id=2), "mine")
    await store.presets.delete(PresetOwner(id=2), "mine")
    await store.unwanted_words.add(10, "bad", most=5)
    await store.unwanted_words.of(10)
    await store.unwanted_words.remove(10, "bad")
    await store.open_answers.open(OpenAnswer(key="1", channel_id=5, text="x"))
    await store.open_answers.record_shown("1", 7)
    await store.open_answers.get("1")
    await store.open_answers.all()
    await store.open_answers.close("1")
    await take_together(store)
    for words in ("", "rock 90s"):
        await store.clip_history.of_person(1, words, 0, 11)
        await store.clip_history.of_guild(10, SIGHT, words, 0, 11)
        await store.clip_history.starred_by(2, SIGHT, words, 0, 11)
    await store.clips.files()
    await store.clips.unknown_files(["x.flac"])
    await store.totals()
    await exported(store, 1)
    await store.privacy.forget(1)
    await delivered(store, key="6", user=2)
    for now in (clock.now, clock.now + 40 * DAY):
        await store.clock_watch.observe(ClockReading(boot="1", uptime=5.0, now=now))
    clock.now += 31 * DAY
    await sweep(store, 30, clock.now)


async def take_together(store):
    """Order two takes, and once two of which only one is admitted."""
    together = [order(key=key, group_key="71/0", user=8) for key in ("71/0", "71/1")]
    jobs, _ = await store.jobs.accept_takes(together, limits(), MessageHandle())
    for job in jobs:
        await store.jobs.start(job.id)
        await store.jobs.record_clip(job.id, new_clip(job))
    await store.takes.of_group("71/0")
    await store.takes.begin_delivery([job.id for job in jobs])
    await store.takes.finish_delivery("71/0", [job.id for job in jobs], 7100)
    await store.takes.record_notified("71/0")
    together = [order(key=key, group_key="72/0", user=9) for key in ("72/0", "72/1")]
    (job,), _ = await store.jobs.accept_takes(together, limits(waiting_per_user=1), MessageHandle())
    await store.jobs.cancel(job.id, Sentence("x"))


@pytest.fixture
async def recorded(tmp_path):
    """Every statement that a store runs in `do_everything`, with its values."""
    ran: set[str] = set()
    clock = Clock()
    async with open_store(tmp_path, clock) as store:
        database = store.jobs._database
        connections = (database._writer, *database._idle_readers)
        for connection in connections:
            await connection.set_trace_callback(ran.add)
        await do_everything(store, clock)
        for connection in connections:
            await connection.set_trace_callback(None)  # type: ignore[arg-type]
        assert await store.check() == []
    # Of triggers only a comment is recorded.
    return {sql for sql in ran if STATEMENT.match(sql)}


async def test_no_statement_reads_a_growing_table_whole(recorded, tmp_path):
    """Nor sorts one, nor searches all ended jobs for a few."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        found = {
            sql: complaints(connection, sql)
            for sql in recorded
            if not any(part in sql for part in ALLOWED)
        }
    assert {sql: plan for sql, plan in found.items() if plan} == {}


async def test_every_statement_is_checked(recorded):
    """Statements in the code that `do_everything` does not run are listed here."""
    missed = [
        place
        for place, parts in statements_in_code()
        if not any(has_in_order(sql, parts) for sql in recorded)
    ]
    assert missed == []


async def test_every_exception_is_needed(recorded, tmp_path):
    """An exception whose statement was deleted, or is planned well, must be removed."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        for part in ALLOWED:
            assert any(part in sql and complaints(connection, sql) for sql in recorded), part


async def test_a_foreign_key_is_checked_by_an_index(tmp_path):
    """SQLite looks for rows that point at a deleted one, which is in no plan."""
    async with open_store(tmp_path, Clock()):
        pass
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        pairs = connection.execute(
            'SELECT tables.name, keys."from" FROM sqlite_master AS tables, '
            "pragma_foreign_key_list(tables.name) AS keys WHERE type = 'table'"
        ).fetchall()
        assert ("ledger", "job_id") in pairs
        for table, column in pairs:
            indexed = connection.execute(
                "SELECT columns.name FROM pragma_index_list(?) AS indexes, "
                "pragma_index_info(indexes.name) AS columns WHERE NOT partial AND seqno = 0",
                (table,),
            ).fetchall()
            assert (column,) in indexed, f"{table}.{column}"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT entry, SUM(seconds) FROM ledger GROUP BY entry",
        "UPDATE jobs SET prompt = NULL WHERE created_at < 5 AND state IN ('delivered', 'failed')",
        "SELECT MAX(created_at) FROM clips",
    ],
)
async def test_a_bad_plan_is_detected(tmp_path, sql):
    """Examples are plans that this store once had."""
    async with open_store(tmp_path, lambda: NOON):
        pass
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert complaints(connection, sql)
