"""What Discord does to a bot: late answers, lost messages, closed doors, files too large."""

from __future__ import annotations

import aiohttp
import pytest

from bot.domain.jobs import JobState
from bot.domain.limits import Limits
from cogs.presentation import messages
from tests.support.jam_server import open_jam, strict
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


async def used(jam):
    return (await jam.store.ledger.quota(jam.alice.id, 600)).used_seconds


async def state(jam, job_id=1):
    return (await jam.store.jobs.get(job_id)).state


async def waiting(jam, **options):
    """Ask for a clip that takes a little, and return while it is being made."""
    return await jam.alice.slash(jam.channel, "music", prompt="slowly", **options)


async def test_no_job_is_made_when_the_answer_does_not_arrive(tmp_path):
    """The answer comes first: who never saw it does not pay for a clip."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        jam.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062, times=1)
        await jam.music()
        assert await jam.store.jobs.get(1) is None
        assert await used(jam) == 0
        jam.env.backend.interactions.clear()


async def test_a_clip_arrives_after_the_token_has_expired(tmp_path):
    """After fifteen minutes the message is edited as any other of the bot's own."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        result = await waiting(jam)
        jam.clock.now += 16 * 60
        await jam.idle()
        assert result.response.attachments
        patched = [each for each in jam.env.http_requests if each.method == "PATCH"]
        assert "/webhooks/" not in patched[-1].path
        assert await state(jam) is JobState.DELIVERED


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10008)])
async def test_a_message_that_can_not_be_edited_is_posted_anew(tmp_path, status, code):
    """A token that is refused early, or a message that somebody deleted: the clip still comes."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await waiting(jam)
        jam.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=50)
        await jam.idle()
        newest = jam.messages()[-1]
        assert newest.attachments
        assert newest.content == f"<@{jam.alice.id}>"
        assert await state(jam) is JobState.DELIVERED
        assert await used(jam) == 10


async def test_the_trouble_of_a_moment_is_waited_out(tmp_path, monkeypatch):
    """A server error is tried again on the same message, so that there are not two."""
    async with open_jam(tmp_path, timings=quick(first_shown=600.0, attempts=3)) as jam:
        result = await waiting(jam)
        jam.env.inject_error("PATCH", "/webhooks/*", status=503, code=0, times=2)
        await jam.idle()
        assert result.response.attachments
        assert len(jam.messages()) == 1


async def test_a_file_that_is_too_large_is_made_smaller(tmp_path, monkeypatch):
    """Never a silent drop: it comes in fewer bytes."""
    async with open_jam(tmp_path, timings=quick(first_shown=600.0, attempts=3)) as jam:
        first = await jam.music(prompt="slowly", seconds=30.0, seed=440)
        await waiting(jam, seconds=30.0, seed=440)
        jam.env.inject_error("PATCH", "/webhooks/*", status=413, code=40005, times=1)
        await jam.idle()
        before, after = (
            next(file["size"] for file in message.attachments if "zhiyin" in file["filename"])
            for message in jam.messages()
        )
        assert after <= before // 2
        assert first.response is not None


async def test_where_it_may_not_speak_a_clip_comes_by_direct_message(tmp_path):
    """A right that was lost meanwhile does not lose the clip."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await waiting(jam)
        jam.env.inject_error("PATCH", "/webhooks/*", status=403, code=50013, times=50)
        path = f"/channels/{jam.channel.id}/messages"
        jam.env.inject_error("POST", path, status=403, code=50013, times=50)
        await jam.idle()
        assert await state(jam) is JobState.DELIVERED
        (clip,) = await jam.store.clips.of_user(jam.alice.id, 1)
        assert clip.message_id not in {message.id for message in jam.messages()}


async def test_a_clip_that_can_not_be_handed_over_is_not_paid_for(tmp_path):
    """With every door closed it is kept, and refunded."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await waiting(jam)
        jam.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001, times=50)
        jam.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=50)
        await jam.idle()
        assert await state(jam) is JobState.HELD
        assert await used(jam) == 0
        assert await jam.store.check() == []


async def test_a_replayed_interaction_is_one_clip(tmp_path):
    """Discord may tell twice; the second time is told of the first."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await jam.music()
        job = await jam.store.jobs.get(1)
        allowed = Limits(daily_seconds=0, waiting_per_user=0, waiting_per_guild=0, waiting=0)
        again = await jam.pipeline.order(job.order, allowed, job.message)
        await jam.idle()
        assert again.id == job.id
        assert len(jam.messages()) == 1
        assert await used(jam) == 10


async def test_who_is_blocked_meanwhile_gets_no_clip(tmp_path):
    """A manager's word counts for what is in line, too; nothing is charged."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        jam.pipeline.executor.paused = True
        result = await waiting(jam)
        await jam.store.settings.block(jam.guild.id, jam.alice.id, True)
        jam.pipeline.executor.paused = False
        other = await jam.music(jam.bob)
        assert other.response.attachments
        assert "can't make music on this server any more" in result.response.content
        assert await used(jam) == 0


async def test_a_defect_is_one_honest_sentence(tmp_path, monkeypatch, caplog):
    """What nobody thought of is logged with the job's id, told without details, and refunded."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:

        def broken(*args):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(jam.bot.presenter, "max_bytes", broken)
        result = await jam.music()
        assert "Something went wrong here" in result.response.content
        assert "secret" not in result.response.content
        assert "job.failed id=1" in caplog.text
        assert await used(jam) == 0


async def test_a_command_that_fails_answers(tmp_path, monkeypatch):
    """A defect in a command is one sentence to the person, never silence."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:

        async def broken(*args):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(jam.store.ledger, "quota", broken)
        result = await jam.alice.slash(jam.channel, "quota")
        assert result.response.content == str(messages.UNEXPECTED)


async def test_a_modal_that_fails_answers(tmp_path, monkeypatch):
    """discord.py itself only logs there."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        first = await jam.music()
        form = await jam.alice.click(first.response, label="Remix")
        words, keep, include = [
            row.get("component", row)["custom_id"] for row in form.modal["components"]
        ]

        async def broken(*args, **options):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(jam.bot.service.guilds, "settings", broken)
        chosen = {words: "jazz", keep: ["5"], include: ["yes"]}
        result = await jam.alice.submit_modal(form, chosen)
        assert result.response.content == str(messages.UNEXPECTED)


async def test_while_the_model_is_loading_people_are_told(tmp_path, monkeypatch):
    """Orders are taken on from the first second; the message says what they wait for."""
    engine, timings = (
        "tests.support.scripted_worker:open_never",
        quick(first_shown=0.01, show_every=0.01),
    )
    async with open_jam(tmp_path, engine=engine, timings=timings) as jam:
        result = await jam.alice.slash(jam.channel, "music", prompt="rock")
        while "The model is being loaded" not in result.response.content:
            await jam.env.settle()
        await jam.alice.slash(jam.channel, "cancel")
        await jam.idle()
        assert "Cancelled" in result.response.content


async def test_a_blip_while_progress_is_shown_costs_no_clip(tmp_path, monkeypatch):
    """What can't be shown is left; the clip comes all the same."""
    async with open_jam(tmp_path, timings=quick(first_shown=0.01, attempts=3)) as jam:
        edit = jam.bot.presenter._edit
        failed: list[int] = []

        async def unreachable(job, message):
            if not failed:
                failed.append(job.id)
                raise aiohttp.ClientConnectionError
            return await edit(job, message)

        monkeypatch.setattr(jam.bot.presenter, "_edit", unreachable)
        result = await waiting(jam)
        await jam.idle()
        assert failed == [1]
        assert result.response.attachments


async def test_every_take_hears_the_file_that_was_sent(tmp_path):
    """The first one that is done does not take it from the others."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        first = await jam.music(seconds=1.0)
        sound = await first.response.attachments[0].read()
        await jam.music(clip=("a.mp3", sound), takes=4, seconds=1.0)
        assert all(each.attachments for each in jam.newest(4))
        assert list(jam.store.uploads_folder.iterdir()) == []


async def test_who_is_refused_anyway_has_no_file_read(tmp_path, monkeypatch):
    """The line and the quota are looked at before the sound is."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:

        async def never(*args, **options):
            raise AssertionError("the file was read")

        monkeypatch.setattr(jam.pipeline.uploads, "keep", never)
        await jam.store.settings.block(jam.guild.id, jam.alice.id, True)
        result = await jam.music(clip=("a.mp3", b"anything"))
        assert "can't make music on this server" in result.followups[0].content


async def test_draining_ends_with_the_restart_that_it_was_for(tmp_path):
    """Nobody has to remember to take it back."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await jam.store.settings.set_metadata("draining", "1")
        await jam.restart_bot()
        assert (await jam.music()).response.attachments


async def test_long_prompts_fit_into_a_message(tmp_path):
    """A list is cut where Discord would refuse it."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        for number in range(10):
            await jam.music(prompt=f"{number} " + "*long* words " * 30, seconds=1.0)
        result = await jam.alice.slash(jam.channel, "history")
        assert len(result.response.content) <= 2000
        assert result.response.content.count("seed") >= 5


async def test_another_take_of_a_continued_clip_is_as_long(tmp_path):
    """What came before the part that is heard belongs to it, too."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        first = await jam.music(seconds=30.0)
        second = await jam.alice.click(first.response, label="Continue")
        await jam.idle()
        await jam.alice.click(second.response, label="Again")
        await jam.idle()
        again, continued, _ = await jam.store.clips.of_user(jam.alice.id, 3)
        assert continued.seconds == pytest.approx(40.0, abs=0.1)
        assert again.seconds == pytest.approx(continued.seconds, abs=0.1)
