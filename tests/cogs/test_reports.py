"""Reports of clips, the log that they go to, and what its buttons do."""

from __future__ import annotations

from cogs.posting.server_log import BEGUN, CLOSED
from cogs.presentation import messages
from cogs.reports import KEPT, NOT_A_CLIP, REPORTED, REPORTED_BEFORE, YOUR_OWN
from tests.support.jam_server import open_jam


async def open_log(jam, name="log"):
    """Name a channel for the log; return it."""
    channel = jam.guild.create_text_channel(name)
    result = await jam.owner.slash(jam.channel, "admin log", channel=channel)
    assert f"<#{channel.id}>" in result.response.content
    return channel


def lines(jam, channel):
    return sorted(channel.history(), key=lambda message: message.id)


async def report(jam, message, who=None):
    result = await (who or jam.bob).context_menu(jam.channel, "Report this clip", message)
    await jam.env.settle()
    assert result.response.ephemeral
    return result.response.content


async def press(jam, message, label, who=None):
    result = await (who or jam.owner).click(message, label=label)
    await jam.env.settle()
    return result


async def test_a_report_goes_to_the_log_with_a_link_and_names_no_reporter(tmp_path):
    """Once for each person; a second person's tells how many there are."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(prompt="plonk rock", seconds=1.0)).response
        log = await open_log(jam)
        assert await report(jam, clip) == str(REPORTED)
        assert await report(jam, clip) == str(REPORTED_BEFORE)
        begun, first = lines(jam, log)
        assert begun.content == str(BEGUN)
        assert "plonk rock" in first.content
        assert f"{jam.channel.id}/{clip.id}" in first.content
        assert f"<@{jam.alice.id}>" in first.content
        assert str(jam.bob.id) not in first.content
        told = await jam.owner.slash(jam.channel, "report", clip="1", why="too @everyone loud")
        assert told.response.content == str(REPORTED)
        second = lines(jam, log)[-1]
        assert "by 2 people" in second.content
        assert "loud" in second.content
        assert "@everyone" not in second.content


async def test_a_manager_deletes_a_reported_clip_and_blocks_its_author(tmp_path):
    """After a restart as well; the report says who did it."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        log = await open_log(jam)
        await report(jam, clip)
        await jam.restart_bot()
        message = lines(jam, log)[-1]
        await press(jam, message, "Delete the clip")
        assert (await jam.store.clips.get(1)).is_deleted
        assert clip.id not in jam.env.backend.messages[jam.channel.id]
        assert f"<@{jam.owner.id}>: the clip is deleted." in lines(jam, log)[-1].content
        await press(jam, message, "Block its author")
        assert await jam.store.settings.is_blocked(jam.guild.id, jam.alice.id)
        assert lines(jam, log)[-1].components == []
        assert "can't make music here" in (await jam.music()).response.content


async def test_only_managers_dismiss_reports(tmp_path):
    """Whoever else sees the log presses in vain."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        log = await open_log(jam)
        await report(jam, clip)
        message = lines(jam, log)[-1]
        for label in ("Delete the clip", "Block its author", "It is fine"):
            told = await press(jam, message, label, who=jam.bob)
            assert told.response.content == str(messages.FOR_MANAGERS)
        await press(jam, message, "It is fine")
        assert lines(jam, log)[-1].components == []
        assert not (await jam.store.clips.get(1)).is_deleted


async def test_without_a_log_a_report_is_kept_until_there_is_one(tmp_path):
    """And one that was not shown before a stop is shown by the next start."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(seconds=1.0)).response
        assert await report(jam, clip) == str(KEPT)
        log = await open_log(jam)
        assert "Reported" in lines(jam, log)[-1].content
        assert await jam.store.reports.to_post(jam.guild.id, 5) == []
        await jam.store.reports.add(await jam.newest_clip(), jam.owner.id, None)
        await jam.restart_bot()
        await jam.env.settle()
        assert "by 2 people" in lines(jam, log)[-1].content


async def test_an_unposted_report_is_not_confirmed(tmp_path):
    """It comes with the next one; what was posted and deleted since holds none up."""
    async with open_jam(tmp_path) as jam:
        clips = [(await jam.music(seconds=1.0)).response for _ in range(3)]
        log = await open_log(jam)
        path = f"/channels/{log.id}/messages"
        jam.env.inject_error("POST", path, status=403, code=50013, times=1)
        assert await report(jam, clips[0]) == str(KEPT)
        assert len(lines(jam, log)) == 1
        jam.env.inject_error("POST", path, status=404, code=10008, times=1)
        assert await report(jam, clips[1]) == str(REPORTED)
        assert f"{jam.channel.id}/{clips[1].id}" in lines(jam, log)[-1].content
        assert await report(jam, clips[2]) == str(REPORTED)
        assert len(lines(jam, log)) == 3


async def test_own_clips_cannot_be_reported_and_reports_are_rate_limited(tmp_path):
    """One's own can be deleted, a message of somebody else's is none, and a few are enough."""
    async with open_jam(tmp_path) as jam:
        clips = [(await jam.music(seconds=1.0)).response for _ in range(4)]
        said = await jam.bob.send(jam.channel, "hello")
        assert await report(jam, said) == str(NOT_A_CLIP)
        assert await report(jam, clips[0], who=jam.alice) == str(YOUR_OWN)
        answers = [await report(jam, clip) for clip in clips]
        assert answers[:3] == 3 * [str(KEPT)]
        assert answers[3].startswith("Not so fast")


async def test_the_log_records_managers_actions(tmp_path):
    """Each in a line that names the manager; a person's own deletion is their own affair."""
    async with open_jam(tmp_path) as jam:
        log = await open_log(jam)
        role = jam.guild.create_role("patron")
        for command, options, said in (
            ("limits", {"person": 300.0, "pause": 5.0}, "300 s a day for each person"),
            ("unlimit", {}, "all limits reset"),
            ("tier", {"role": role, "seconds": 500.0}, "500 s of music a day"),
            ("tier", {"role": role}, "no longer has a quota of its own"),
            ("channel", {"channel": jam.channel}, "music allowed in"),
            ("channel", {"channel": jam.channel, "allowed": False}, "off the list of channels"),
            ("uploads", {"role": role}, "may send sounds"),
            ("uploads", {"role": role, "allowed": False}, "taken off the list of those"),
            ("block", {"person": jam.bob}, f"<@{jam.bob.id}> blocked"),
            ("unblock", {"person": jam.bob}, f"<@{jam.bob.id}> may make music again"),
            ("words add", {"entry": "Plonk"}, "||`plonk`|| put on"),
            ("words remove", {"entry": "plonk"}, "||`plonk`|| taken off"),
        ):
            await jam.owner.slash(jam.channel, f"admin {command}", **options)
            await jam.env.settle()
            line = lines(jam, log)[-1].content
            assert line.startswith(f"<@{jam.owner.id}>: "), command
            assert said in line, command
        asked = await jam.press((await jam.music(seconds=1.0)).response, "Delete")
        await jam.press(asked.response, "Delete")
        before = len(lines(jam, log))
        clip = (await jam.music(prompt="a waltz", seconds=1.0)).response
        asked = await jam.press(clip, "Delete", who=jam.owner)
        await jam.press(asked.response, "Delete", who=jam.owner)
        assert len(lines(jam, log)) == before + 1
        assert "a waltz" in lines(jam, log)[-1].content
        await jam.owner.slash(jam.channel, "admin log")
        assert "this log ends" in lines(jam, log)[-1].content
        await jam.owner.slash(jam.channel, "admin unlimit")
        assert "this log ends" in lines(jam, log)[-1].content


async def test_an_inaccessible_channel_cannot_be_the_log(tmp_path):
    """It says so, and what was before stays."""
    async with open_jam(tmp_path) as jam:
        channel = jam.guild.create_text_channel("log")
        jam.env.inject_error("POST", "/channels/*/messages", status=403, code=50001, times=1)
        told = await jam.owner.slash(jam.channel, "admin log", channel=channel)
        assert told.response.content == str(CLOSED.fill(channel=f"<#{channel.id}>"))
        assert (await jam.store.settings.of(jam.guild.id)).log_channel_id is None
