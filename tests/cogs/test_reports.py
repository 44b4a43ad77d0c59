"""Reports of clips, the channel they are posted in, and its buttons."""

from __future__ import annotations

import pytest

from cogs.posting.server_log import BEGUN, CLOSED
from cogs.presentation import messages
from cogs.reports import KEPT, NOT_A_CLIP, REPORTED, REPORTED_BEFORE, YOUR_OWN
from tests.support.jam_session import last_response
from tests.support.simulated_server import open_server


async def open_log(server, name="log"):
    """Make a channel the log; return it."""
    channel = server.guild.create_text_channel(name)
    result = await server.owner.slash(server.channel, "admin log", channel=channel)
    assert f"<#{channel.id}>" in last_response(result).content
    return channel


def lines(server, channel):
    return sorted(channel.history(), key=lambda message: message.id)


async def report(server, message, who=None):
    result = await (who or server.bob).context_menu(server.channel, "Report this clip", message)
    await server.env.settle()
    assert result.response.ephemeral
    return result.response.content


async def press(server, message, label, who=None):
    result = await (who or server.owner).click(message, label=label)
    await server.env.settle()
    return result


async def test_a_report_goes_to_the_log_with_a_link_and_names_no_reporter(tmp_path):
    """One report for each person; a second one updates the count."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(prompt="plonk rock", seconds=1.0)).response
        log = await open_log(server)
        assert await report(server, clip) == str(REPORTED)
        assert await report(server, clip) == str(REPORTED_BEFORE)
        begun, first = lines(server, log)
        assert begun.content == str(BEGUN)
        assert "plonk rock" in first.content
        assert f"{server.channel.id}/{clip.id}" in first.content
        assert f"<@{server.alice.id}>" in first.content
        assert str(server.bob.id) not in first.content
        answer = await server.owner.slash(
            server.channel, "report", clip="1", why="too @everyone loud"
        )
        assert answer.response.content == str(REPORTED)
        second = lines(server, log)[-1]
        assert "by 2 people" in second.content
        assert "loud" in second.content
        assert "@everyone" not in second.content


async def test_a_manager_deletes_a_reported_clip_and_blocks_its_author(tmp_path):
    """After a restart as well; the report names the manager."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        log = await open_log(server)
        await report(server, clip)
        await server.restart_bot()
        message = lines(server, log)[-1]
        await press(server, message, "Delete the clip")
        assert (await server.store.clips.get(1)).is_deleted
        assert clip.id not in server.env.backend.messages[server.channel.id]
        assert f"<@{server.owner.id}>: the clip is deleted." in lines(server, log)[-1].content
        await press(server, message, "Block its author")
        assert await server.store.settings.is_blocked(server.guild.id, server.alice.id)
        assert lines(server, log)[-1].components == []
        assert "can't make music here" in (await server.music()).response.content


async def test_only_managers_dismiss_reports(tmp_path):
    """A press by anybody else is refused."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        log = await open_log(server)
        await report(server, clip)
        message = lines(server, log)[-1]
        for label in ("Delete the clip", "Block its author", "It is fine"):
            answer = await press(server, message, label, who=server.bob)
            assert answer.response.content == str(messages.FOR_MANAGERS)
        await press(server, message, "It is fine")
        assert lines(server, log)[-1].components == []
        assert not (await server.store.clips.get(1)).is_deleted


async def test_without_a_log_a_report_is_kept_until_there_is_one(tmp_path):
    """A report not yet posted at a stop is posted at the next start."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        assert await report(server, clip) == str(KEPT)
        log = await open_log(server)
        assert "Reported" in lines(server, log)[-1].content
        assert await server.store.reports.to_post(server.guild.id, 5) == []
        await server.store.reports.add(await server.newest_clip(), server.owner.id, None)
        await server.restart_bot()
        await server.env.settle()
        assert "by 2 people" in lines(server, log)[-1].content


async def test_an_unposted_report_is_not_confirmed(tmp_path):
    """It is posted with the next one; a deleted report does not block others."""
    async with open_server(tmp_path) as server:
        clips = [(await server.music(seconds=1.0)).response for _ in range(3)]
        log = await open_log(server)
        path = f"/channels/{log.id}/messages"
        server.env.inject_error("POST", path, status=403, code=50013, times=1)
        assert await report(server, clips[0]) == str(KEPT)
        assert len(lines(server, log)) == 1
        server.env.inject_error("POST", path, status=404, code=10008, times=1)
        assert await report(server, clips[1]) == str(REPORTED)
        assert f"{server.channel.id}/{clips[1].id}" in lines(server, log)[-1].content
        assert await report(server, clips[2]) == str(REPORTED)
        assert len(lines(server, log)) == 3


async def test_own_clips_cannot_be_reported_and_reports_are_rate_limited(tmp_path):
    """Nor can other people's messages; a person can send a few reports only."""
    async with open_server(tmp_path) as server:
        clips = [(await server.music(seconds=1.0)).response for _ in range(4)]
        message = await server.bob.send(server.channel, "hello")
        assert await report(server, message) == str(NOT_A_CLIP)
        assert await report(server, clips[0], who=server.alice) == str(YOUR_OWN)
        answers = [await report(server, clip) for clip in clips]
        assert answers[:3] == 3 * [str(KEPT)]
        assert answers[3].startswith("Not so fast")


async def test_the_log_records_managers_actions(tmp_path):
    """One line each, with the manager's name; people's own deletions are not logged."""
    async with open_server(tmp_path) as server:
        log = await open_log(server)
        role = server.guild.create_role("patron")
        for command, options, entry in (
            ("limits", {"person": 300.0, "pause": 5.0}, "300 s a day for each person"),
            ("unlimit", {}, "all limits reset"),
            ("tier", {"role": role, "seconds": 500.0}, "500 s of music a day"),
            ("tier", {"role": role}, "no longer has a quota of its own"),
            ("channel", {"channel": server.channel}, "music allowed in"),
            ("channel", {"channel": server.channel, "allowed": False}, "off the list of channels"),
            ("uploads", {"role": role}, "may send sounds"),
            ("uploads", {"role": role, "allowed": False}, "taken off the list of those"),
            ("block", {"person": server.bob}, f"<@{server.bob.id}> blocked"),
            ("unblock", {"person": server.bob}, f"<@{server.bob.id}> may make music again"),
            ("words add", {"entry": "Plonk"}, "||`plonk`|| put on"),
            ("words remove", {"entry": "plonk"}, "||`plonk`|| taken off"),
            ("daily", {"channel": server.channel, "hour": 9, "zone": "UTC"}, "at 9:00 in UTC"),
            ("daily", {}, "no more daily prompts"),
            ("best", {"channel": server.channel, "stars": 2}, "clips with 2 stars are collected"),
            ("best", {}, "no longer collected"),
        ):
            await server.owner.slash(server.channel, f"admin {command}", **options)
            await server.env.settle()
            line = lines(server, log)[-1].content
            assert line.startswith(f"<@{server.owner.id}>: "), command
            assert entry in line, command
        asked = await server.press((await server.music(seconds=1.0)).response, "Delete")
        await server.press(asked.response, "Delete")
        before = len(lines(server, log))
        clip = (await server.music(prompt="a waltz", seconds=1.0)).response
        asked = await server.press(clip, "Delete", who=server.owner)
        await server.press(asked.response, "Delete", who=server.owner)
        assert len(lines(server, log)) == before + 1
        assert "a waltz" in lines(server, log)[-1].content
        await server.owner.slash(server.channel, "admin log")
        assert "this log ends" in lines(server, log)[-1].content
        await server.owner.slash(server.channel, "admin unlimit")
        assert "this log ends" in lines(server, log)[-1].content


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003)])
async def test_an_inaccessible_channel_cannot_be_the_log(tmp_path, status, code):
    """The refusal says so, and the previous log stays."""
    async with open_server(tmp_path) as server:
        channel = server.guild.create_text_channel("log")
        path = f"/channels/{channel.id}/messages"
        server.env.inject_error("POST", path, status=status, code=code, times=1)
        answer = await server.owner.slash(server.channel, "admin log", channel=channel)
        assert last_response(answer).content == str(CLOSED.fill(channel=f"<#{channel.id}>"))
        assert (await server.store.settings.of(server.guild.id)).log_channel_id is None


async def test_an_outage_is_not_told_as_a_missing_permission(tmp_path):
    """The manager is asked to try again, and the log is not set."""
    async with open_server(tmp_path) as server:
        channel = server.guild.create_text_channel("log")
        path = f"/channels/{channel.id}/messages"
        server.env.inject_error("POST", path, status=503, code=0, times=1)
        answer = await server.owner.slash(server.channel, "admin log", channel=channel)
        assert last_response(answer).content == str(messages.UNEXPECTED)
        assert (await server.store.settings.of(server.guild.id)).log_channel_id is None
        await open_log(server, "another")
