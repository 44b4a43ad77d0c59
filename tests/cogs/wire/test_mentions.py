"""Mentions at the wire: which are orders, which get a question, and which are ignored."""

from __future__ import annotations

from bot.domain.jobs import ClipSource, Kind, UploadSource
from cogs.presentation import mention_messages, messages
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.sound_files import as_file, noise
from tests.support.timings import quick


def answers(stage):
    """The bot's messages in the channel, oldest first."""
    return [each for each in stage.channel.seen if each.author.is_bot]


async def test_replies_without_an_order_are_ignored(tmp_path):
    """A reply pings by itself: without a typed mention nothing is ordered or answered.

    Neither are edits orders, nor messages that do not mention the bot.
    """
    async with open_stage(tmp_path, timings=quick()) as stage:
        clip = (await stage.music()).message
        await stage.final_job(1)
        write, bob = stage.wire.write, stage.bob
        for words in ("haha nice one", "make it jazzier"):
            talk = await write(bob, stage.channel, words, reply_to=clip, mentions=False)
            assert talk.mentions == [stage.wire.me]
        await stage.wire.edit(talk, f"<@{stage.wire.me.id}> make it jazzier")
        await write(bob, stage.channel, "what a day", mentions=False)
        # What is told after it is heard after it.
        await write(bob, stage.channel, "make it jazzier", reply_to=clip)
        job = await stage.final_job(2)
        assert (job.order.kind, job.order.prompt) == (Kind.REMIX, "90s jazz rock")
        assert isinstance(job.order.source, ClipSource)
        assert len(answers(stage)) == 2
        assert await stage.used(bob) == 10.0


async def test_a_mention_orders_like_a_command(tmp_path):
    """With words, with a file, and with both; the clip is a reply."""
    sound = as_file(noise(2.0))
    async with open_stage(tmp_path, timings=quick()) as stage:
        write = stage.wire.write
        await write(stage.alice, stage.channel, "make me some jazz")
        await write(stage.bob, stage.channel, "as funk", files=[File("a.wav", sound)])
        await write(stage.bob, stage.channel, "", files=[File("b.wav", sound)])
        jobs = [await stage.final_job(number) for number in (1, 2, 3)]
        orders = sorted((job.order for job in jobs), key=lambda each: str(each.prompt))
        assert [(order.kind, order.prompt) for order in orders] == [
            (Kind.CONTINUE, None),
            (Kind.MUSIC, "as funk"),
            (Kind.MUSIC, "make me some jazz"),
        ]
        assert [type(order.source) for order in orders] == [UploadSource, UploadSource, type(None)]
        assert [len(clips(each)) for each in answers(stage)] == [1, 1, 1]
        assert all(each.reference_id for each in answers(stage))


async def test_a_mention_without_an_order_gets_a_short_answer(tmp_path):
    """A bare mention gets help; one that refers to no sound, or to two, a sentence."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        clip = (await stage.music()).message
        await stage.final_job(1)
        write = stage.wire.write
        silent = await write(stage.bob, stage.channel, "hello", mentions=False)
        file = File("a.wav", b"RIFF")
        for options in ({}, {"reply_to": clip}, {"reply_to": silent}):
            await write(stage.bob, stage.channel, "", **options)
        await write(stage.bob, stage.channel, "as jazz", reply_to=clip, files=[file])
        await stage.wire.until(lambda: len(answers(stage)) == 5)
        assert {each.content for each in answers(stage)[1:]} == {
            str(mention_messages.HELP),
            str(messages.NO_WORDS),
            str(messages.NO_SOUND),
            str(mention_messages.TWO_SOUNDS),
        }
        assert not any(each.buttons for each in answers(stage)[1:])
        assert await stage.store.jobs.get(2) is None


async def test_an_unclear_mention_is_confirmed_with_a_button(tmp_path):
    """Only its author can press; two presses are one clip, which replaces the question."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire = stage.wire
        silent = await wire.write(stage.alice, stage.channel, "any wishes?", mentions=False)
        await wire.write(stage.bob, stage.channel, "thanks, nice one!")
        await wire.write(stage.bob, stage.channel, "slow jazz", reply_to=silent)
        await wire.until(lambda: len([each for each in answers(stage) if each.buttons]) == 2)
        question = next(each for each in answers(stage) if "your words alone" in each.content)
        other = next(each for each in answers(stage) if each is not question)
        assert other.content == str(mention_messages.IS_IT_AN_ORDER)
        by_alice = wire.new_press(stage.alice, question, "Make it")
        presses = [wire.new_press(stage.bob, question, "Make it") for _ in range(2)]
        for each in (by_alice, *presses):
            await wire.send(each)
        await wire.until(lambda: all(each.acknowledged.is_set() for each in presses))
        job = await stage.final_job(1)
        assert (job.order.kind, job.order.prompt) == (Kind.MUSIC, "slow jazz")
        await by_alice.acknowledged.wait()
        assert by_alice.message.content == str(mention_messages.NOT_YOUR_WORDS)
        assert len(clips(question)) == 1
        assert "Make it" not in question.buttons
        assert await stage.store.jobs.get(2) is None
        assert (await stage.used(stage.bob), await stage.used(stage.alice)) == (10.0, 0)


async def test_a_repeated_mention_is_asked_about_once(tmp_path):
    """A resume may replay events."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        known = len(gateway.session.events)
        await stage.wire.write(stage.bob, stage.channel, "is anybody there?")
        await stage.wire.until(lambda: answers(stage))
        gateway.repeats = len(gateway.session.events) - known
        await gateway.drop()
        await stage.wire.until(lambda: gateway.resumed == 1)
        # What is told after it is heard after it.
        await stage.music()
        await stage.final_job(1)
        assert len(answers(stage)) == 2
