"""Jams at the wire: after a restart in the middle of a turn, and after a failure on the way."""

from __future__ import annotations

import pytest

from bot import failpoints
from bot.demo.discord.messages import LOADING
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick
from tests.support.wire_jam import cards, take_turn, threads


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


def is_answered(asked):
    """Whether the person was shown how their turn ended."""
    return asked.message is not None and not asked.message.flags & LOADING


async def settled(stage):
    """Wait until everything is made and posted."""
    await stage.bot.pipeline.idle()
    await stage.bot.get_cog("JamSessions").progress.run_due()


async def test_a_jam_continues_after_lost_connections(tmp_path, monkeypatch):
    """Whichever request of a turn failed, there is one of each message afterwards."""
    at_once = quick(first_shown=0.01, card_every=0.0)
    async with open_stage(tmp_path, timings=at_once) as stage:
        wire = stage.wire
        for place in ("jam.begun", "jam.announced", "jam.threaded"):
            monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
            started = await wire.slash(stage.alice, stage.channel, "jam start", title=place, bars=1)
            await wire.until(lambda asked=started: is_answered(asked))
            monkeypatch.delenv(failpoints.VARIABLE)
            await settled(stage)
            assert [each.name for each in threads(wire)].count(place) == 1
            assert len(cards(threads(wire)[-1])) == 1
        jams = await stage.store.jams.open_in(stage.wire.guild_id)
        assert len(jams) == len(threads(wire)) == 3
        announced = [each for each in stage.channel.messages.values() if each.thread is not None]
        assert len(announced) == 3
        # A fork starts with the same requests.
        thread = threads(wire)[-1]
        sent = await take_turn(wire, stage.bob, thread, "beat")
        await wire.until(lambda: sent.message is not None and sent.message.files)
        await settled(stage)
        monkeypatch.setenv(failpoints.VARIABLE, "jam.begun=raise")
        (card,) = cards(thread)
        press = wire.new_press(stage.alice, card, "Fork")
        await wire.send(press)
        await wire.until(lambda: is_answered(press))
        monkeypatch.delenv(failpoints.VARIABLE)
        await settled(stage)
        assert len(threads(wire)) == 4
        assert len(cards(threads(wire)[-1])) == 1
        assert await stage.store.check() == []
