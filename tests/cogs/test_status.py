"""What `/admin status` says of many machines."""

from __future__ import annotations

import pytest

from bot.app.services.operations import BotStatus, EngineStatus
from bot.domain.status import ShardStatus, WorkerStatus
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.admin_operations import status_embed


def worker(host, **changes):
    usual = {
        "host": host, "is_local": False, "is_ready": True, "jobs": 3, "starts": 1,
        "seconds_per_second": 0.5, "precision": "int8", "trouble": None,
    }  # fmt: skip
    return WorkerStatus(**(usual | changes))


def status_of(workers, *, shards=(), trouble=None):
    engine = EngineStatus(
        model=None, trouble=trouble, seconds_per_second=None, waiting=0, running=0, restarts=0,
        workers=tuple(workers),
    )  # fmt: skip
    return BotStatus(
        engine=engine, oldest_wait_seconds=0.0, delivered=1, failed=0, up_seconds=60.0,
        memory_bytes=2**28, lag_seconds=0.0, last_error=None, shards=shards,
    )  # fmt: skip


def fields_of(status, last_error=None):
    """Return the fields of the answer, which keeps within Discord's limits."""
    embed = status_embed(Renderer(), status, last_error)
    assert len(embed) <= 6000
    assert len(embed.fields) <= 25
    assert all(0 < len(field.value or "") <= 1024 for field in embed.fields)
    return {field.name: field.value for field in embed.fields}


def test_a_worker_on_the_bot_s_machine_alone_is_not_listed():
    """The engine's state tells all of it."""
    assert "Workers" not in fields_of(status_of([worker("here", is_local=True)]))


@pytest.mark.parametrize("count", [2, 12])
def test_every_worker_has_a_line(count):
    """Its number, machine, work and pace; those that don't work yet come first."""
    workers = [worker(f"box{number}") for number in range(1, count)]
    loading = worker("slowbox", is_ready=False)
    lines = fields_of(status_of([*workers, loading]))["Workers"].splitlines()
    assert lines[0] == f"**{count}** slowbox: being loaded"
    assert lines[1] == "**1** box1: 3 being made in int8, 2.0 s of music a second"
    assert len(lines) == count


def test_the_number_of_workers_that_are_left_out_is_told():
    """As many are listed as fit."""
    lines = fields_of(status_of([worker(f"box{n}") for n in range(200)]))["Workers"].splitlines()
    assert len(lines) > 10
    assert lines[-1] == f"… and {200 - (len(lines) - 1)} more"


def test_long_troubles_and_many_connections_fit():
    """They are shortened, so that the answer never fails."""
    trouble = Sentence("x" * 3000)
    workers = [worker(f"box{n}", is_ready=False, trouble=trouble) for n in range(30)]
    shards = [
        ShardStatus(number=n, servers=1, is_connected=False, latency_seconds=None)
        for n in range(1000)
    ]
    fields = fields_of(status_of(workers, shards=shards, trouble=trouble), "*" * 1000)
    assert fields["Music engine"].endswith("x…")
    assert fields["Workers"].splitlines()[-1].startswith("… and 2")
