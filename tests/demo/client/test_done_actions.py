"""Every action of a page is done once, whatever happens to its connection."""

from __future__ import annotations

import asyncio

import pytest

from bot.demo.client.done_actions import DoneActions
from bot.i18n.sentence import Sentence

REFUSED = Sentence("No.")


@pytest.fixture
def runs():
    return []


def doing(runs, outcome, gate=None):
    async def run():
        runs.append("begun")
        if gate is not None:
            await gate.wait()
        runs.append("done")
        return outcome

    return run


@pytest.mark.parametrize("outcome", [{"message_id": "1"}, REFUSED], ids=["done", "refused"])
async def test_the_same_id_again_gets_the_same_outcome(runs, outcome):
    """While the action is running, and when it is done."""
    done, gate = DoneActions(), asyncio.Event()
    first = asyncio.create_task(done.do_once("an id", doing(runs, outcome, gate)))
    second = asyncio.create_task(done.do_once("an id", doing(runs, "another")))
    await asyncio.sleep(0)
    gate.set()
    assert await first == await second == outcome
    assert await done.do_once("an id", doing(runs, "another")) == outcome
    assert runs == ["begun", "done"]


async def test_a_lost_connection_does_not_cancel_an_action(runs):
    """It is completed, and its result sent after the reconnect."""
    done, gate = DoneActions(), asyncio.Event()
    broken = asyncio.create_task(done.do_once("an id", doing(runs, {"n": 1}, gate)))
    await asyncio.sleep(0)
    broken.cancel()
    await asyncio.gather(broken, return_exceptions=True)
    gate.set()
    assert await done.do_once("an id", doing(runs, {"n": 2})) == {"n": 1}


async def test_a_person_s_actions_run_in_order(runs):
    """A slow action is not overtaken by the next one."""
    done, gate = DoneActions(), asyncio.Event()
    first = asyncio.create_task(done.do_once("first", doing(runs, {}, gate)))
    second = asyncio.create_task(done.do_once("second", doing(runs, {})))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert runs == ["begun"]
    gate.set()
    await asyncio.gather(first, second)
    assert runs == ["begun", "done", "begun", "done"]


async def test_only_recent_outcomes_are_kept(runs):
    """Memory is bounded for a page that runs for weeks."""
    done = DoneActions(kept_actions=2)
    for number in range(4):
        await done.do_once(str(number), doing(runs, {"n": number}))
    assert await done.do_once("3", doing(runs, {"n": "again"})) == {"n": 3}
    assert await done.do_once("0", doing(runs, {"n": "again"})) == {"n": "again"}
