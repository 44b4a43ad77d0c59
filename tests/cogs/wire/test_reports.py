"""Reports at the wire: posted once in the log, and answered by a manager after a restart, too."""

from __future__ import annotations

from bot.demo.discord import reading
from bot.demo.discord.actions import commands
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


def command_id(stage, person, name):
    found = reading.commands_for(stage.wire, person, stage.channel.id)
    return next(int(each["id"]) for each in found if each["name"] == name)


async def report(stage, person, message):
    """Report the clip of a message from its menu; return the private answer."""
    menu = command_id(stage, person, "Report this clip")
    asked = await commands.use_menu(stage.wire, person, stage.channel.id, menu, message.id)
    await stage.wire.until(asked.acknowledged.is_set)
    assert asked.message.is_ephemeral
    return asked.message.content


def add_log(wire):
    """Add a channel that exists from the bot's first moment."""
    wire.channel("log")


async def test_a_report_survives_a_restart(tmp_path):
    """An unposted report is posted by the next start; its buttons delete the clip."""
    timings = quick(first_shown=0.01)
    async with open_stage(tmp_path, timings=timings, prepare=add_log) as stage:
        wire, log = stage.wire, next(iter(reversed(stage.wire.channels.values())))
        made = await stage.music()
        await stage.final_job(1)
        given = [{"name": "log", "options": [{"name": "channel", "value": str(log.id)}]}]
        admin = command_id(stage, wire.owner, "admin")
        await commands.use_command(wire, wire.owner, stage.channel.id, admin, given)
        await wire.until(lambda: log.messages)
        wire.fail("POST", f"/channels/{log.id}/messages", status=403, code=50013, times=1)
        assert "nobody is told that it was you" in await report(stage, stage.bob, made.message)
        assert len(log.messages) == 1
        # As a new session after a new start does.
        stage.bot.dispatch("ready")
        await wire.until(lambda: len(log.messages) == 2)
        shown = log.seen[-1]
        assert str(stage.bob.id) not in shown.content
        press = wire.new_press(wire.owner, shown, "Delete the clip")
        await wire.send(press)
        await wire.until(lambda: "the clip is deleted" in log.seen[-1].content)
        await wire.until(lambda: made.message.id not in stage.channel.messages)
        assert (await stage.store.clips.get(1)).is_deleted
        assert await stage.store.check() == []


async def test_a_report_with_the_number_of_an_erased_one_is_posted(tmp_path):
    """Discord would take a message with the same nonce for the one of before."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01), prepare=add_log) as stage:
        wire, log = stage.wire, next(iter(reversed(stage.wire.channels.values())))
        made = [await stage.music() for _ in range(2)]
        await stage.final_job(2)
        await stage.store.settings.set_log_channel(stage.wire.guild_id, log.id)
        for number, each in enumerate(made, 1):
            stage.clock.now += 1
            await report(stage, stage.bob, each.message)
            await wire.until(lambda number=number: len(log.messages) == number)
            await stage.store.privacy.forget(stage.bob.id)
