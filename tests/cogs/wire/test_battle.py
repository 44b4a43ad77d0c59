"""Battles at the wire: an expired poll is counted, and nothing is posted twice in an outage."""

from __future__ import annotations

from bot.demo.discord.actions import talk
from bot.demo.discord.actions.components import submit_modal
from bot.demo.discord.messages import MessageType
from bot.demo.discord.poll_results import end_due_polls
from bot.domain.battles import BattleOutcome, BattleState
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


async def enter(stage, person, card, words):
    """Let somebody fill in the form of a battle, and wait for their entry."""
    press = stage.wire.new_press(person, card, "Enter")
    await stage.wire.send(press)
    await stage.wire.until(lambda: press.modal)
    sent = await submit_modal(stage.wire, person, press.id, {"words": words})
    await stage.wire.until(lambda: sent.message is not None and sent.message.files)
    return sent


def verdicts(stage):
    """The messages that name the winner."""
    return [each for each in stage.channel.seen if "wins battle" in (each.content or "")]


async def test_an_expired_poll_is_counted_once(tmp_path):
    """Discord's own message about its end is used, despite posts reported as failed."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        wire = stage.wire
        asked = await wire.slash(
            stage.alice, stage.channel, "battle", prompt="lo-fi", seconds=1.0, voting=60
        )
        card = await wire.until(lambda: asked.message)
        entries = [
            await enter(stage, stage.alice, card, "with a flute"),
            await enter(stage, stage.bob, card, "at night"),
        ]
        assert all(each.message.is_ephemeral for each in entries)
        press = wire.new_press(stage.alice, card, "Vote now")
        await wire.send(press)
        poll = await wire.until(
            lambda: next((each for each in stage.channel.seen if each.poll), None)
        )
        await wire.until(lambda: "Listen and vote" in str(card.payload["embeds"]))
        public = [each for each in stage.channel.seen if not each.is_ephemeral]
        players = [each for each in public if each.files]
        assert len(players) == 2
        assert "flute" not in str([each.payload for each in players])
        await talk.vote(wire, stage.bob, stage.channel.id, poll.id, [2])
        wire.fail("POST", "/channels/*/messages", status=503, stored=True, with_files=True)
        stage.clock.now += 3601
        await end_due_polls(wire)
        await wire.until(lambda: verdicts(stage))
        await stage.bot.get_cog("Battle").run_due()
        battle = await stage.store.battles.get(1)
        assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.WON)
        assert len(verdicts(stage)) == 1
        results = [each for each in stage.channel.seen if each.type is MessageType.POLL_RESULT]
        assert len(results) == 1
        assert [await stage.used(who) for who in (stage.alice, stage.bob)] == [1.0, 1.0]
        assert await stage.store.check() == []
