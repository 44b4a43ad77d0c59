"""The day of quotas: it changes once a day at its hour, whatever the clocks do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot import config_file
from bot.domain.quota_day import QuotaDay
from bot.errors import ConfigError, Refused
from bot.i18n.sentence import Markup, Moment
from bot.store.store import open_store
from tests.support.stored_jobs import Clock, accepted

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600.0


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("now", "day", "resets_at"),
    [
        ("2026-11-28 03:59", "2026-11-27", "2026-11-28 04:00"),
        ("2026-11-28 04:00", "2026-11-28", "2026-11-29 04:00"),
        ("2026-11-28 23:59", "2026-11-28", "2026-11-29 04:00"),
        # A day of 23 hours, and one of 25.
        ("2026-03-28 12:00", "2026-03-28", "2026-03-29 04:00"),
        ("2026-10-24 12:00", "2026-10-24", "2026-10-25 04:00"),
    ],
)
def test_a_quota_day_begins_at_the_configured_hour(now, day, resets_at):
    """In local time."""
    quotas = QuotaDay(4, BERLIN)
    assert quotas.of(at(now)) == day
    assert quotas.resets_at(at(now)) == at(resets_at)


@pytest.mark.parametrize("hour", [0, 2, 23])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25", "2026-04-05", "2026-09-06"])
def test_a_quota_day_follows_its_time_zone(hour, zone, change):
    """Also if the hour is skipped or repeated by daylight saving."""
    quotas, begun = QuotaDay(hour, ZoneInfo(zone)), at(f"{change} 00:00", ZoneInfo("UTC"))
    for step in range(-48, 96):
        now = begun + step * HOUR / 2
        turn = quotas.resets_at(now)
        assert now < turn <= now + 25 * HOUR
        assert quotas.of(turn - 1) == quotas.of(now) != quotas.of(turn)


async def test_used_seconds_count_until_the_day_ends(tmp_path):
    """And the refusal names that time."""
    clock = Clock()
    clock.now = at("2026-11-28 23:00")
    async with open_store(tmp_path, clock, QuotaDay(4, BERLIN)) as store:
        await accepted(store, seconds=100.0)
        clock.now = at("2026-11-29 03:59")
        with pytest.raises(Refused) as refused:
            await accepted(store, key="2", seconds=1.0)
        turn = at("2026-11-29 04:00")
        assert Moment(turn).render(Markup.TEXT) in str(refused.value.sentence)
        assert (await store.ledger.quota(1, 100)).resets_at == turn
        clock.now = turn
        await accepted(store, key="2", seconds=1.0)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Etc/GMT-3"])
def test_a_time_zone_is_known_by_its_name(name):
    """Names are those of the IANA database."""
    assert config_file.parse({"limits": {"time_zone": name}}).limits.time_zone == name


@pytest.mark.parametrize("name", ["Berlin", "Europe", "../etc/passwd", "", "+02:00"])
def test_an_unknown_time_zone_is_refused(name):
    """The error gives an example."""
    with pytest.raises(ConfigError, match='such as "UTC" or "Europe/Berlin"'):
        config_file.parse({"limits": {"time_zone": name}})
