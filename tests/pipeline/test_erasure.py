"""Personal data: shown, exported and erased on request."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace

import pytest

from bot.config import Config, StorageConfig
from bot.domain.jobs import JobState
from bot.store.database import FILE
from bot.store.retention import sweep
from cogs.presentation import privacy_messages
from tests.support.simulated_server import open_server, strict

CANARY = "a canary sings in the coal mine"
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


def places_of(folder, text):
    """Every table and column of the database that contains a text or a number."""
    found = set()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for column in columns:
                sql = f"SELECT COUNT(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE ?"
                if connection.execute(sql, (f"%{text}%",)).fetchone()[0]:
                    found.add(f"{table}.{column}")
    return found


async def confirmed(server, who):
    asked = await who.slash(server.channel, "privacy delete")
    keep = server.config.storage.keep_backups
    assert asked.response.content == str(privacy_messages.forget_me(keep))
    done = await who.click(asked.response, label="Delete everything of mine")
    await server.idle()
    return done


async def test_people_are_shown_what_is_stored(tmp_path):
    """Privately, in sentences with the configured numbers of days."""
    async with open_server(tmp_path) as server:
        answer = await server.alice.slash(server.channel, "privacy show")
        assert "30 days" in answer.response.content
        assert answer.ephemeral


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (7, "the last 7 backups are kept.*after about 7 days of"),
        (1, "after about a day of"),
        (0, "no backups"),
    ],
)
async def test_people_are_told_about_backups(tmp_path, keep, words):
    """With what is stored, before an erasure, and after it."""
    config = replace(Config(), storage=StorageConfig(keep_backups=keep))
    async with open_server(tmp_path, config=config) as server:
        answer = await server.alice.slash(server.channel, "privacy show")
        assert re.search(words, answer.response.content)
        asked = await server.alice.slash(server.channel, "privacy delete")
        assert re.search(words, asked.response.content)
        done = await confirmed(server, server.alice)
        assert re.search(words, done.response.content)


async def test_an_export_has_all_data_of_a_person(tmp_path):
    """Their clips, orders and seconds, and nobody else's."""
    async with open_server(tmp_path) as server:
        await server.music(prompt=CANARY, seconds=2.0)
        await server.music(server.bob, prompt="another song", seconds=1.0)
        sent = await server.alice.slash(server.channel, "privacy export")
        with zipfile.ZipFile(io.BytesIO(await sent.response.attachments[0].read())) as archive:
            data = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        assert sent.ephemeral
        assert [clip["prompt"] for clip in data["clips-1.json"]] == [CANARY]
        assert [order["state"] for order in data["orders-1.json"]] == ["delivered"]
        assert [entry["seconds"] for entry in data["seconds-1.json"]] == [2.0, 2.0]
        assert data["blocked_on-1.json"] == []
        assert "another song" not in json.dumps(data)


async def test_a_person_s_data_is_erased_on_request(tmp_path):
    """Prompts, clips and orders at once, today's seconds at midnight; other people's stay."""
    async with open_server(tmp_path) as server:
        await server.music(prompt=CANARY, seconds=2.0)
        await server.music(server.bob, prompt="another song", seconds=1.0)
        (clip,) = await server.store.clips.of_user(server.alice.id, 5)
        assert places_of(tmp_path, "canary sings") == {"jobs.prompt", "clips.prompt"}
        done = await confirmed(server, server.alice)
        assert "1 clip of yours is deleted" in done.response.content
        assert places_of(tmp_path, "canary sings") == set()
        assert not (server.store.clips_folder / clip.file).exists()
        # An erasure does not restore the day's quota.
        assert (await server.store.ledger.quota(server.alice.id, 600)).used_seconds == 2.0
        assert await server.store.check() == []
        server.clock.now += DAY
        await sweep(server.store, 30, server.clock.now)
        assert places_of(tmp_path, server.alice.id) == set()
        assert await server.store.check() == []
        assert (await server.store.clips.of_user(server.bob.id, 5))[0].prompt == "another song"
        assert (await server.store.ledger.quota(server.bob.id, 600)).used_seconds == 0.0


async def test_erasure_cancels_queued_jobs(tmp_path):
    """Queued jobs are cancelled first; later orders are stored normally."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        waiting = await server.alice.slash(server.channel, "music", prompt=CANARY)
        await confirmed(server, server.alice)
        server.pipeline.executor.paused = False
        assert "Cancelled" in waiting.response.content
        assert (await server.store.jobs.get(1)).state is JobState.CANCELLED
        server.clock.now += 1.0
        await server.music(prompt="a new song", seconds=1.0)
        server.clock.now += DAY
        await sweep(server.store, 30, server.clock.now)
        # Later orders are not part of the erasure.
        assert [clip.prompt for clip in await server.store.clips.of_user(server.alice.id, 5)] == [
            "a new song"
        ]
        assert await server.store.check() == []


async def test_erasure_keeps_blocks(tmp_path):
    """A block belongs to the server, not to the person."""
    async with open_server(tmp_path) as server:
        await server.store.settings.block(server.guild.id, server.alice.id, True)
        await confirmed(server, server.alice)
        refused = await server.music()
        assert "can't make music here" in refused.response.content


async def test_prompts_are_deleted_with_the_sound(tmp_path):
    """After the number of days that clips are kept."""
    async with open_server(tmp_path) as server:
        await server.music(prompt=CANARY)
        await sweep(server.store, 30, server.clock.now + 29 * DAY)
        assert places_of(tmp_path, "canary") == {"jobs.prompt", "clips.prompt"}
        await sweep(server.store, 30, server.clock.now + 31 * DAY)
        assert places_of(tmp_path, "canary") == set()


async def test_deleting_a_clip_deletes_its_prompt(tmp_path):
    """As the privacy page promises; clips made from it keep their own prompts."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt=CANARY)
        await server.alice.click(result.response, label="Again")
        await server.idle()
        clips = await server.store.clips.of_user(server.alice.id, 5)
        assert len(clips) == 2
        for clip in clips:
            assert places_of(tmp_path, "canary") == {"jobs.prompt", "clips.prompt"}
            await server.pipeline.library.delete(clip)
        assert places_of(tmp_path, "canary") == set()
        assert await server.store.check() == []


async def test_only_erasure_deletes_ledger_entries(tmp_path):
    """Other people's entries can't be deleted, even during an erasure."""
    async with open_server(tmp_path) as server:
        await server.music(server.bob)
        await server.store.settings.set_metadata("forgetting", str(server.alice.id))
        refused = pytest.raises(sqlite3.IntegrityError, match="only added to")
        with closing(sqlite3.connect(tmp_path / FILE)) as connection, refused:
            connection.execute("DELETE FROM ledger WHERE user_id = ?", (server.bob.id,))


async def test_user_text_is_not_logged(tmp_path, caplog):
    """No prompt or name is logged above debug level."""
    for name in ("bot", "cogs"):
        caplog.set_level(logging.INFO, logger=name)
    async with open_server(tmp_path) as server:
        first = await server.music(prompt=CANARY)
        for label in ("Again", "Continue", "Loop"):
            await server.alice.click(first.response, label=label)
            await server.idle()
        await server.music(prompt=CANARY + " fail")
        await server.alice.slash(server.channel, "history", search="canary")
        assert caplog.records
        ours = [record for record in caplog.records if record.name.split(".")[0] in ("bot", "cogs")]
        assert ours
        assert not any("canary" in record.getMessage() for record in ours)
