"""Connections to Discord: as many as it recommends, each reconnected after a loss."""

from __future__ import annotations

import asyncio

import pytest

from bot.app.health import Health
from bot.app.metrics import render_metrics
from bot.domain.jobs import JobState
from bot.domain.status import ShardStatus
from cogs.admin_operations import connection_row
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


def shard(number=0, *, connected=True, latency=0.05):
    return ShardStatus(number=number, servers=3, is_connected=connected, latency_seconds=latency)


@pytest.mark.parametrize(
    ("shards", "row"),
    [
        ([shard()], "50 ms"),
        ([shard(connected=False)], "slow or lost"),
        ([shard(latency=None)], "0 ms"),
        ([shard(0), shard(1, latency=0.4)], "2 shards, 400 ms at most"),
        (
            [shard(0), shard(1, latency=9.0), shard(2, connected=False)],
            "3 shards, of which these are slow or lost: 1, 2",
        ),
    ],
)
def test_managers_see_which_connection_lags(shards, row):
    """One connection's delay, or the longest of several with the numbers of slow ones."""
    assert str(connection_row(shards)) == row


async def test_events_of_both_connections_are_handled(tmp_path):
    """They identify in turn; each reconnects after a loss, and no event is missed."""

    def recommend_two(wire):
        wire.gateway.shards = 2

    async with open_stage(tmp_path, timings=quick(), prepare=recommend_two) as stage:
        gateway, health = stage.wire.gateway, stage.bot.health
        await stage.wire.until(lambda: len(gateway.sessions) == 2)
        assert [each.shard for each in gateway.sessions.values()] == [(0, 2), (1, 2)]
        (here,) = {number for number in (0, 1) if (stage.wire.guild_id >> 22) % 2 == number}
        await stage.wire.until(lambda: len(stage.bot.guilds) == 1)
        await stage.music()
        assert (await stage.final_job(1)).state is JobState.DELIVERED

        session = gateway.sessions[here]
        await session.socket.close(code=4000)
        await stage.wire.until(lambda: gateway.resumed == 1)
        await stage.music()
        assert (await stage.final_job(2)).state is JobState.DELIVERED
        assert gateway.sessions[here] is session
        assert gateway.identified == 2

        async with asyncio.timeout(60):
            while not all(each.is_connected for each in health.shards):
                await asyncio.sleep(0.01)
        assert {each.number: each.servers for each in health.shards} == {here: 1, 1 - here: 0}
        text = (await render_metrics(stage.bot.pipeline, health)).decode()
        assert 'zhiyin_shard_connected{shard="1"} 1.0' in text
        assert f'zhiyin_shard_servers{{shard="{here}"}} 1.0' in text


def test_no_connection_is_known_before_the_first():
    """The status does not mention connections then."""
    assert Health().shards == ()
    assert connection_row([]) is None
