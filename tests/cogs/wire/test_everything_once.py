"""Everything people can do on Discord, done once by an owner, a manager and a member."""

from __future__ import annotations

from dataclasses import replace

from bot.config import Config, GenerationConfig
from bot.demo.discord import reading
from bot.demo.discord.actions import commands, components, places
from bot.demo.discord.components import walk
from bot.demo.discord.rights import Right
from bot.domain.jobs import JobState, Kind
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


def offered(stage, person, channel):
    """Return the ids of the commands offered to a person, by name."""
    found = reading.commands_for(stage.wire, person, channel.id)
    return {each["name"]: int(each["id"]) for each in found}


async def answered(stage, interaction):
    """Wait for an answer, and return its text."""
    await stage.wire.until(interaction.acknowledged.is_set)
    return interaction.message.content if interaction.message else ""


async def test_each_person_sees_the_commands_they_may_use(tmp_path):
    """Managers get /admin; in direct messages there is no server to manage."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire = stage.wire
        role = wire.add_role("manager", Right.MANAGE_GUILD)
        manager = wire.add_person("mona", roles=[role])
        everything = set(offered(stage, wire.owner, stage.channel))
        assert {"music", "remix", "admin", "Remix this clip", "Continue this clip"} <= everything
        assert set(offered(stage, manager, stage.channel)) == everything
        assert set(offered(stage, stage.alice, stage.channel)) == everything - {"admin"}
        assert "admin" not in offered(stage, wire.owner, wire.dm_of(wire.owner))


async def test_a_clip_is_remixed_from_its_menu(tmp_path):
    """The form opens, is submitted, and gives a remix of the clip."""
    config = replace(Config(), generation=GenerationConfig(default_seconds=1.0))
    timings = quick(first_shown=0.01)
    async with open_stage(tmp_path, config=config, timings=timings) as stage:
        wire, bob = stage.wire, stage.bob
        first = await stage.music()
        await stage.final_job(1)
        menu = offered(stage, bob, stage.channel)["Remix this clip"]
        asked = await commands.use_menu(wire, bob, stage.channel.id, menu, first.message.id)
        await wire.until(lambda: asked.modal)
        sent = await components.submit_modal(
            wire, bob, asked.id, _filled_in(asked.modal, words="as slow jazz")
        )
        job = await stage.final_job(2)
        assert (job.state, job.order.kind) == (JobState.DELIVERED, Kind.REMIX)
        assert len(clips(sent.message)) == 1
        assert bob.id not in wire.open_modals


def _filled_in(modal, **given):
    """Answer a form with its defaults, except for the given values."""
    answers = dict(given)
    for each in walk(modal["components"]):
        if each.get("type") == 3 and each["custom_id"] not in answers:
            chosen = [one["value"] for one in each["options"] if one.get("default")]
            answers[each["custom_id"]] = chosen
    return answers


async def test_a_manager_blocks_a_friend(tmp_path):
    """The blocked person is refused until unblocked; people are suggested while typing."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire, channel = stage.wire, stage.channel
        admin = offered(stage, wire.owner, channel)["admin"]
        for blocked in (True, False):
            name = "block" if blocked else "unblock"
            given = [{"name": name, "options": [{"name": "person", "value": str(stage.bob.id)}]}]
            done = await commands.use_command(wire, wire.owner, channel.id, admin, given)
            await answered(stage, done)
            assert done.message.is_ephemeral
            asked = await stage.music(stage.bob)
            assert ("can't make music here" in asked.message.content) is blocked
        music = offered(stage, stage.bob, channel)["music"]
        typed = [{"name": "prompt", "value": "jaz", "focused": True}]
        suggested = await commands.complete(wire, stage.bob, channel.id, music, typed)
        assert any("jazz" in each["name"] for each in suggested)


async def test_music_is_made_in_direct_messages(tmp_path):
    """Privately; in a thread music is made as in any channel."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire = stage.wire
        private = await places.open_dm(wire, stage.alice, wire.me.id)
        thread = await places.create_thread(wire, stage.alice, stage.channel.id, "ideas")
        for number, channel in enumerate((private, thread), 1):
            asked = await wire.slash(stage.alice, channel, "music", prompt="rock", seconds=1.0)
            assert (await stage.final_job(number)).state is JobState.DELIVERED
            assert len(clips(asked.message)) == 1
