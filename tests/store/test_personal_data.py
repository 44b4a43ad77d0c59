"""Personal data, read page by page and packed into files."""

from __future__ import annotations

import io
import json
import random
import zipfile

import pytest

from bot.pipeline.personal_archive import pack_pages
from bot.store.personal_data import Page
from bot.store.settings import EVERYWHERE
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.support.stored_jobs import Clock, delivered


async def exported(store, user, page=1000):
    """All rows of a person, by kind."""
    found: dict[str, list] = {}
    async for each in store.privacy.export(user, page):
        assert len(each.rows) <= page
        found.setdefault(each.kind, []).extend(each.rows)
    return found


async def packed(pages, max_bytes):
    """The archives' files by name, and the archives' sizes."""

    async def one_by_one():
        for page in pages:
            yield page

    files: dict[str, list] = {}
    sizes = []
    async for data in pack_pages(one_by_one(), max_bytes):
        sizes.append(len(data))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            files |= {name: json.loads(archive.read(name)) for name in archive.namelist()}
    return files, sizes


@pytest.mark.parametrize("page", [1, 2, 5, 1000])
async def test_every_row_is_in_one_page(tmp_path, page):
    """Whatever the page size; ledger entries that are recorded late are included."""
    clock = Clock()
    async with open_store(tmp_path, clock) as store:
        for number in range(5):
            await delivered(store, key=str(number), prompt=f"song {number}", seconds=1.0)
            clock.now += DAY if number % 2 else -DAY
        await delivered(store, key="another's", user=2)
        for guild in (EVERYWHERE, 10, 11):
            await store.settings.block(guild, 1, True)
        found = await exported(store, 1, page)
        assert [clip["prompt"] for clip in found["clips"]] == [f"song {n}" for n in range(5)]
        assert len(found["orders"]) == 5
        assert [entry["entry"] for entry in found["seconds"]] == ["reserve", "commit"] * 5
        assert found["blocked_on"] == [{"guild_id": guild} for guild in ("everywhere", 10, 11)]
        assert (await exported(store, 3, page)) == {
            "clips": [], "orders": [], "seconds": [], "stars": [], "battles": [],
            "battle_entries": [], "jams": [], "jam_players": [], "jam_turns": [],
            "radios": [], "reports": [], "presets": [], "preferences": [], "blocked_on": [],
        }  # fmt: skip


async def test_archives_respect_the_upload_limit():
    """There are as many archives as needed, and every row is in one of them."""
    source = random.Random(1)
    pages = [Page("clips", n, [{"seed": source.getrandbits(8 * 900)}]) for n in range(1, 60)]
    files, sizes = await packed(pages, 10_000)
    assert len(sizes) > 5
    assert max(sizes) <= 10_000
    assert files == {f"clips-{page.number}.json": page.rows for page in pages}


async def test_an_oversized_page_gets_its_own_archive():
    """It is sent nevertheless."""
    source = random.Random(1)
    pages = [Page("clips", n, [{"seed": source.getrandbits(8 * 900)}]) for n in (1, 2)]
    files, sizes = await packed(pages, 100)
    assert len(sizes) == len(files) == 2


async def test_texts_are_compressed_into_one_file():
    """What people type is compressed: a person with ten thousand clips gets one file."""
    rows = [{"prompt": f"90s rock with a slow bass and a loud guitar, {n}"} for n in range(10_000)]
    _, sizes = await packed([Page("clips", 1, rows)], 2**20)
    assert len(sizes) == 1
