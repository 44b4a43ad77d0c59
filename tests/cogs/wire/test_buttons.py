"""Buttons at the wire: pressed once, and twice at the same time."""

from __future__ import annotations

import asyncio

from bot.domain.jobs import JobState
from bot.pipeline.library import STILL_COMING
from bot.pipeline.stems import ON_THEIR_WAY
from cogs.presentation import messages
from tests.support import scripted_worker
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.half_made_clip import HalfMadeClip
from tests.support.timings import quick


async def pressed(stage, message, label, times):
    """Press a button several times at once; return the acknowledged interactions."""
    presses = [stage.wire.new_press(stage.alice, message, label) for _ in range(times)]
    for each in presses:
        await stage.wire.send(each)
    await stage.wire.until(lambda: all(each.acknowledged.is_set() for each in presses))
    return presses


async def confirmed(stage, message, times):
    """Press *Delete* and confirm, several times at once; return the answers."""
    asked = await pressed(stage, message, "Delete", times)
    answers = [stage.wire.new_press(stage.alice, each.message, "Delete") for each in asked]
    for each in answers:
        await stage.wire.send(each)
    await stage.wire.until(lambda: all(each.acknowledged.is_set() for each in answers))
    return answers


def texts_of(presses):
    """The private answers to the presses."""
    answers = [each.message for each in presses] + [m for each in presses for m in each.followups]
    return [each.content for each in answers if each is not None and each.is_ephemeral]


def files_of(presses):
    """The files of the answers, wherever they were posted."""
    found = [each.message for each in presses] + [m for each in presses for m in each.followups]
    return [file for message in found if message is not None for file in message.files]


async def test_again_pressed_twice_is_two_clips(tmp_path):
    """Each press is an order with a seed of its own, and charged once."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        first = await stage.music()
        await stage.final_job(1)
        presses = await pressed(stage, first.message, "Again", 2)
        jobs = [await stage.final_job(number) for number in (2, 3)]
        assert [job.state for job in jobs] == [JobState.DELIVERED] * 2
        assert len({job.order.seed for job in jobs}) == 2
        assert [len(clips(each.message)) for each in (first, *presses)] == [1, 1, 1]
        assert await stage.used() == 3.0


async def test_delete_pressed_twice_deletes_once(tmp_path):
    """Its message is deleted, too; the second press is answered."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        first = await stage.music()
        await stage.final_job(1)
        answers = await confirmed(stage, first.message, 2)
        await stage.wire.until(lambda: first.message.id not in stage.channel.messages)
        assert (await stage.store.clips.get(1)).is_deleted
        assert list(stage.store.clips_folder.iterdir()) == []
        followed = [message.content for each in answers for message in each.followups]
        assert set(followed) <= {str(messages.NO_CLIP)}
        assert await stage.used() == 1.0


async def test_a_clip_that_is_still_being_posted_is_not_deleted_yet(tmp_path, monkeypatch):
    """Discord stored it and reported a failure: the retry would post it again."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01, attempts=1001)) as stage:
        wire = stage.wire
        fault = wire.fail(
            "PATCH", "/webhooks/*", status=503, stored=True, with_files=True, times=1000
        )
        asked = await stage.music()
        await wire.until(lambda: fault.hits and clips(asked.message))
        (answer,) = await confirmed(stage, asked.message, 1)
        await wire.until(lambda: answer.followups)
        assert [each.content for each in answer.followups] == [str(STILL_COMING)]
        wire.faults.clear()
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert [each.id for each in wire.with_clips()] == [asked.message.id]
        await confirmed(stage, asked.message, 1)
        await wire.until(lambda: asked.message.id not in stage.channel.messages)
        assert wire.with_clips() == []
        assert await stage.store.ledger.check() == []
        assert await stage.used() == 1.0


async def test_cancel_pressed_twice_is_cancelled_once(tmp_path):
    """One press cancels, the other is too late; nothing is charged or delivered."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        asked = await stage.music(prompt=prompt, seconds=10.0)
        await stage.wire.until(lambda: asked.message.buttons)
        presses = await pressed(stage, asked.message, "Cancel", 2)
        assert (await stage.final_job(1)).state is JobState.CANCELLED
        await stage.wire.until(lambda: len(texts_of(presses)) == 2)
        assert sorted(texts_of(presses)) in (
            [str(messages.CANCELLED), str(messages.CANCELLED)],
            sorted([str(messages.CANCELLED), str(messages.TOO_LATE_TO_CANCEL)]),
        )
        assert asked.message.buttons == {}
        assert stage.wire.with_clips() == []
        assert await stage.used() == 0.0


async def test_a_button_of_a_deleted_clip_is_answered(tmp_path):
    """A press after the deletion is answered with one private sentence."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        first = await stage.music()
        await stage.final_job(1)
        again = stage.wire.new_press(stage.bob, first.message, "Continue")
        await confirmed(stage, first.message, 1)
        await stage.wire.until(lambda: first.message.id not in stage.channel.messages)
        await stage.wire.send(again)
        async with asyncio.timeout(60):
            await again.acknowledged.wait()
        assert texts_of([again]) == [str(messages.NO_CLIP)]
        assert await stage.used(stage.bob) == 0.0


async def test_stems_pressed_twice_are_posted_once(tmp_path):
    """One press posts the files, the other is refused; both are free."""
    engine = "tests.support.scripted_worker:open_stems_engine"
    async with open_stage(tmp_path, engine=engine, timings=quick(first_shown=0.01)) as stage:
        first = await stage.music()
        await stage.final_job(1)
        presses = await pressed(stage, first.message, "Stems", 2)
        posted = [f"zhiyin-1-{name}.mp3" for name in scripted_worker.STEMS]

        def files():
            return [file.name for file in files_of(presses)]

        await stage.wire.until(lambda: len(files()) >= len(posted) and texts_of(presses))
        assert files() == posted
        assert texts_of(presses) == [str(ON_THEIR_WAY)]
        assert await stage.used() == 1.0
