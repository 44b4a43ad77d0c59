"""The daily prompt: posted once despite failures; clips made from it are recognized."""

from __future__ import annotations

from datetime import datetime

from bot import failpoints
from bot.domain.dailies import DailyState
from bot.i18n.languages import Renderer
from bot.pipeline.timings import Timings
from cogs.presentation import daily_messages as texts
from cogs.presentation import log_messages
from cogs.views.daily_buttons import daily_view
from tests.cogs.test_stars import press_star
from tests.support.simulated_server import open_server

DAY = 86_400.0
SETTLED = Timings(clock_settles_seconds=0.0)


async def run_due(server, at=None):
    """Set the clock, and let the bot check its daily prompts."""
    if at is not None:
        server.clock.now = at
    done = await server.bot.get_cog("DailyPrompt").run_due()
    await server.idle()
    return done


def posts(server):
    return [
        each
        for each in server.channel.history()
        if any(embed.title == "Today's prompt" for embed in each.embeds)
    ]


async def begin(server, **options):
    """Switch it on for an hour soon; return when the first prompt is posted."""
    hour = datetime.fromtimestamp(server.clock.now).astimezone().hour
    asked = {"channel": server.channel, "hour": (hour + 2) % 24, "zone": "UTC"} | options
    answer = await server.owner.slash(server.channel, "admin daily", **asked)
    assert "every day" in answer.response.content
    (first_at,) = await server.bot.service.dailies.next_times()
    return first_at


async def make(server, who, post, words=""):
    form = await who.click(post, label="Make one")
    await who.submit_modal(form, {"words": words} if words else {})
    await server.idle()
    return await server.newest_clip(who)


async def test_a_prompt_its_clips_and_the_favourite_of_the_day_before(tmp_path):
    """Switched on, used by two people, its favourite named the next day, switched off."""
    async with open_server(tmp_path) as server:
        wrong = await server.owner.slash(
            server.channel, "admin daily", channel=server.channel, zone="Mars/Olympus"
        )
        assert "Mars/Olympus" in wrong.response.content
        first_at = await begin(server)
        assert await run_due(server) and posts(server) == []
        await run_due(server, first_at)
        await run_due(server)
        (post,) = posts(server)
        daily = await server.bot.service.dailies.latest(server.guild.id)
        assert (daily.state, daily.message_id) == (DailyState.POSTED, post.id)
        assert daily.prompt in post.embeds[0].description
        listed = await server.bob.click(post, label="Who made what?")
        assert listed.response.content == str(texts.NO_CLIPS)
        mine = await make(server, server.alice, post)
        theirs = await make(server, server.bob, post, "with a flute")
        assert (mine.prompt, theirs.prompt) == (daily.prompt, f"{daily.prompt}, with a flute")
        (job,) = [await server.store.jobs.get(theirs.job_id)]
        assert job.order.daily_id == daily.id
        shown = next(each for each in server.channel.history() if each.id == theirs.message_id)
        await press_star(server, shown, server.alice)
        listed = (await server.alice.click(post, label="Who made what?")).response.content
        assert listed.splitlines()[0].startswith("⭐ 1 ")
        assert f"<@{server.bob.id}>" in listed.splitlines()[0]
        await server.restart_bot()
        await run_due(server, first_at + DAY)
        assert len(posts(server)) == 2
        text = posts(server)[-1].embeds[0].description
        assert "Last time's favourite, with 1 star: " in text
        assert str(theirs.message_id) in text
        assert daily.prompt not in text
        # Nobody made a clip for two days.
        await run_due(server, first_at + 4 * DAY + 7 * 3600)
        assert len(posts(server)) == 2
        await run_due(server, first_at + 5 * DAY)
        assert "none for 3 days" in posts(server)[-1].embeds[0].description
        ended = await server.owner.slash(server.channel, "admin daily")
        assert ended.response.content == str(texts.ENDED)
        await run_due(server, first_at + 6 * DAY)
        assert len(posts(server)) == 3


async def test_a_prompt_is_posted_once_whatever_comes_in_between(tmp_path, monkeypatch):
    """Kills, an outage, a lost permission, a word list, a missed day: one post, or none."""
    async with open_server(tmp_path) as server:
        first_at = await begin(server)
        for number, place in enumerate(failpoints.DAILY_PLACES):
            monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
            assert not await run_due(server, first_at + number * DAY)
            daily = await server.bot.service.dailies.latest(server.guild.id)
            assert (daily.state, len(posts(server))) == (DailyState.PENDING, 2 * number), place
            monkeypatch.delenv(failpoints.VARIABLE)
            await server.restart_bot()
            await run_due(server, server.clock.now + 3600)
            assert len(posts(server)) == number + 1, place
            after = await server.bot.service.dailies.latest(server.guild.id)
            assert (after.id, after.state) == (daily.id, DailyState.POSTED)
        log = server.guild.create_text_channel("log")
        await server.owner.slash(server.channel, "admin log", channel=log)
        path = f"/channels/{server.channel.id}/messages"
        server.env.inject_error("POST", path, status=403, code=50013, times=1)
        assert await run_due(server, first_at + 2 * DAY)
        assert "could not post today's prompt" in log.history()[-1].content
        assert await run_due(server)
        assert len(posts(server)) == 2
        monkeypatch.setenv(failpoints.VARIABLE, "daily.recorded=raise")
        assert not await run_due(server, first_at + 3 * DAY)
        monkeypatch.delenv(failpoints.VARIABLE)
        late = await server.bot.service.dailies.latest(server.guild.id)
        assert await run_due(server, first_at + 4 * DAY)
        late = await server.bot.service.dailies.find(late.id)
        assert late.state is DailyState.SKIPPED
        assert len(posts(server)) == 3


async def test_managers_learn_that_the_channel_of_the_prompt_is_deleted(tmp_path):
    """Once a day, in their log."""
    async with open_server(tmp_path) as server:
        log, place = (server.guild.create_text_channel(name) for name in ("log", "daily"))
        await server.owner.slash(server.channel, "admin log", channel=log)
        first_at = await begin(server, channel=place)
        await server.bot.get_channel(place.id).delete()
        before = len(log.history())
        for day in (0, 1):
            assert await run_due(server, first_at + day * DAY)
            assert await run_due(server)
            told = [each.content for each in log.history()[before:]]
            assert told == (day + 1) * [str(log_messages.NO_CHANNEL_FOR_DAILY)]


async def test_a_prompt_is_of_its_channel_and_within_the_servers_manners(tmp_path):
    """Its button does nothing elsewhere, and filtered words are in no prompt."""
    async with open_server(tmp_path) as server:
        for entry in ("bpm", "calm", "happy"):
            await server.owner.slash(server.channel, "admin words add", entry=entry)
        first_at = await begin(server)
        await run_due(server, first_at)
        assert len(posts(server)) == 1
        daily = await server.bot.service.dailies.latest(server.guild.id)
        assert not {"bpm", "calm", "happy"} & set(daily.prompt.casefold().split())
        other = server.guild.create_text_channel("other")
        await server.bot.get_channel(other.id).send(view=daily_view(Renderer(), daily))
        await server.idle()
        (forged,) = other.history()
        refused = await server.alice.click(forged, label="Make one")
        assert refused.response.content == str(texts.NOT_HERE)


async def test_a_prompt_of_a_clock_that_ran_ahead_does_not_put_off_others(tmp_path):
    """The days until then have their prompts, as soon as the clock is right."""
    async with open_server(tmp_path, timings=SETTLED) as server:
        first_at = await begin(server)
        await run_due(server, first_at + 400 * DAY)
        assert len(posts(server)) == 1
        for number in range(3):
            await run_due(server, first_at + number * DAY)
            await run_due(server)
            assert len(posts(server)) == 2 + number


async def test_a_plan_of_a_clock_that_ran_ahead_begins_when_it_is_right(tmp_path):
    """It does not wait for the day when it was set, as it seems."""
    async with open_server(tmp_path, timings=SETTLED) as server:
        server.clock.now += 400 * DAY
        first_at = await begin(server)
        await run_due(server, first_at - 400 * DAY)
        assert len(posts(server)) == 1


async def test_nothing_is_posted_while_the_clock_may_be_behind(tmp_path):
    """As after a boot without the right time; later, no day's prompt is posted again."""
    for number, timings in enumerate((Timings(), SETTLED)):
        async with open_server(tmp_path / str(number), timings=timings) as server:
            first_at = await begin(server)
            for days in (0, 1, 4):
                await run_due(server, first_at + days * DAY)
            assert len(posts(server)) == 3
            await run_due(server, first_at + DAY)
            assert len(posts(server)) == 3
            await run_due(server, first_at + 2 * DAY)
            assert len(posts(server)) == 3 + number
