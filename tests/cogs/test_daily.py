"""The daily prompt: posted once, whatever comes in between; its clips known and counted."""

from __future__ import annotations

from datetime import datetime

from bot import failpoints
from bot.domain.dailies import DailyState
from bot.i18n.languages import Renderer
from cogs.presentation import daily_messages as said
from cogs.views.daily_buttons import daily_view
from tests.cogs.test_stars import press_star
from tests.support.jam_server import open_jam

DAY = 86_400.0


async def run_due(jam, at=None):
    """Let it be some time, and the bot look at its daily prompts."""
    if at is not None:
        jam.clock.now = at
    done = await jam.bot.get_cog("DailyPrompt").run_due()
    await jam.idle()
    return done


def posts(jam):
    return [
        each
        for each in jam.channel.history()
        if any(embed.title == "Today's prompt" for embed in each.embeds)
    ]


async def begin(jam, **options):
    """Switch it on for an hour that is near; return when the first one comes."""
    hour = datetime.fromtimestamp(jam.clock.now).astimezone().hour
    asked = {"channel": jam.channel, "hour": (hour + 2) % 24, "zone": "UTC"} | options
    answer = await jam.owner.slash(jam.channel, "admin daily", **asked)
    assert "every day" in answer.response.content
    (first_at,) = await jam.bot.service.dailies.next_times()
    return first_at


async def make(jam, who, post, words=""):
    form = await who.click(post, label="Make one")
    await who.submit_modal(form, {"words": words} if words else {})
    await jam.idle()
    return await jam.newest_clip(who)


async def test_a_prompt_its_clips_and_the_favourite_of_the_day_before(tmp_path):
    """Switched on, made from by two, starred, told the next day; switched off."""
    async with open_jam(tmp_path) as jam:
        wrong = await jam.owner.slash(
            jam.channel, "admin daily", channel=jam.channel, zone="Mars/Olympus"
        )
        assert "Mars/Olympus" in wrong.response.content
        first_at = await begin(jam)
        assert await run_due(jam) and posts(jam) == []
        await run_due(jam, first_at)
        await run_due(jam)
        (post,) = posts(jam)
        daily = await jam.bot.service.dailies.latest(jam.guild.id)
        assert (daily.state, daily.message_id) == (DailyState.POSTED, post.id)
        assert daily.prompt in post.embeds[0].description
        listed = await jam.bob.click(post, label="Who made what?")
        assert listed.response.content == str(said.NO_CLIPS)
        mine = await make(jam, jam.alice, post)
        theirs = await make(jam, jam.bob, post, "with a flute")
        assert (mine.prompt, theirs.prompt) == (daily.prompt, f"{daily.prompt}, with a flute")
        (job,) = [await jam.store.jobs.get(theirs.job_id)]
        assert job.order.daily_id == daily.id
        shown = next(each for each in jam.channel.history() if each.id == theirs.message_id)
        await press_star(jam, shown, jam.alice)
        listed = (await jam.alice.click(post, label="Who made what?")).response.content
        assert listed.splitlines()[0].startswith("⭐ 1 ")
        assert f"<@{jam.bob.id}>" in listed.splitlines()[0]
        await jam.restart_bot()
        await run_due(jam, first_at + DAY)
        assert len(posts(jam)) == 2
        text = posts(jam)[-1].embeds[0].description
        assert "Last time's favourite, with 1 star: " in text
        assert str(theirs.message_id) in text
        assert daily.prompt not in text
        # Nobody was there for two days.
        await run_due(jam, first_at + 4 * DAY + 7 * 3600)
        assert len(posts(jam)) == 2
        await run_due(jam, first_at + 5 * DAY)
        assert "none for 3 days" in posts(jam)[-1].embeds[0].description
        ended = await jam.owner.slash(jam.channel, "admin daily")
        assert ended.response.content == str(said.ENDED)
        await run_due(jam, first_at + 6 * DAY)
        assert len(posts(jam)) == 3


async def test_a_prompt_is_posted_once_whatever_comes_in_between(tmp_path, monkeypatch):
    """A kill after it was written down or posted, an outage, a lost right, a word list, a day."""
    async with open_jam(tmp_path) as jam:
        first_at = await begin(jam)
        for number, place in enumerate(failpoints.DAILY_PLACES):
            monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
            assert not await run_due(jam, first_at + number * DAY)
            daily = await jam.bot.service.dailies.latest(jam.guild.id)
            assert (daily.state, len(posts(jam))) == (DailyState.PENDING, 2 * number), place
            monkeypatch.delenv(failpoints.VARIABLE)
            await jam.restart_bot()
            await run_due(jam, jam.clock.now + 3600)
            assert len(posts(jam)) == number + 1, place
            after = await jam.bot.service.dailies.latest(jam.guild.id)
            assert (after.id, after.state) == (daily.id, DailyState.POSTED)
        log = jam.guild.create_text_channel("log")
        await jam.owner.slash(jam.channel, "admin log", channel=log)
        path = f"/channels/{jam.channel.id}/messages"
        jam.env.inject_error("POST", path, status=403, code=50013, times=1)
        assert await run_due(jam, first_at + 2 * DAY)
        assert "could not post today's prompt" in log.history()[-1].content
        assert await run_due(jam)
        assert len(posts(jam)) == 2
        monkeypatch.setenv(failpoints.VARIABLE, "daily.recorded=raise")
        assert not await run_due(jam, first_at + 3 * DAY)
        monkeypatch.delenv(failpoints.VARIABLE)
        late = await jam.bot.service.dailies.latest(jam.guild.id)
        assert await run_due(jam, first_at + 4 * DAY)
        late = await jam.bot.service.dailies.find(late.id)
        assert late.state is DailyState.SKIPPED
        assert len(posts(jam)) == 3


async def test_a_prompt_is_of_its_channel_and_within_the_servers_manners(tmp_path):
    """Elsewhere its button does nothing; words that a server refuses are in no prompt."""
    async with open_jam(tmp_path) as jam:
        for entry in ("bpm", "calm", "happy"):
            await jam.owner.slash(jam.channel, "admin words add", entry=entry)
        first_at = await begin(jam)
        await run_due(jam, first_at)
        assert len(posts(jam)) == 1
        daily = await jam.bot.service.dailies.latest(jam.guild.id)
        assert not {"bpm", "calm", "happy"} & set(daily.prompt.casefold().split())
        other = jam.guild.create_text_channel("other")
        await jam.bot.get_channel(other.id).send(view=daily_view(Renderer(), daily))
        await jam.idle()
        (forged,) = other.history()
        refused = await jam.alice.click(forged, label="Make one")
        assert refused.response.content == str(said.NOT_HERE)
