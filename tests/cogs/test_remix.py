"""Playing with clips: the buttons under them, remixes by every door, and what a restart leaves."""

from __future__ import annotations

import pytest

from bot.domain.jobs import JobState, Kind
from cogs.presentation import messages
from tests.support.jam_server import Clock, configured, open_jam, strict


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


async def newest(jam, who=None):
    return (await jam.store.clips.of_user((who or jam.alice).id, 1))[0]


async def press(jam, message, label, who=None):
    result = await (who or jam.alice).click(message, label=label)
    await jam.idle()
    return result


async def test_again_makes_the_same_with_another_seed(tmp_path):
    """Anyone may press it; the new clip is theirs and names the old one."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0, seed=5, temperature=0.5)
        before = await newest(jam)
        result = await press(jam, first.response, "Again", jam.bob)
        clip = await newest(jam, jam.bob)
        assert (clip.kind, clip.prompt, clip.seconds) == (Kind.AGAIN, "90s rock", 2.0)
        assert clip.seed != before.seed
        assert clip.sampling == before.sampling
        assert clip.parent_ids == (before.id,)
        assert f"[clip {before.id}](https://discord.com/channels/" in (
            result.response.embeds[0].description
        )


async def test_continue_adds_to_the_whole_clip(tmp_path):
    """What was there stays, the new part comes after it, and only that is paid for."""
    async with open_jam(tmp_path, config=configured(daily_seconds=100)) as jam:
        first = await jam.music(seconds=2.0)
        await press(jam, first.response, "Continue")
        clip = await newest(jam)
        assert clip.kind is Kind.CONTINUE
        assert clip.seconds == pytest.approx(12.0, abs=0.05)
        assert clip.seconds_before == pytest.approx(2.0, abs=0.05)
        assert (await jam.store.ledger.quota(jam.alice.id, 100)).used_seconds == 12


async def test_remix_asks_what_it_should_become(tmp_path):
    """The form has the old words in it; what is chosen is what is made."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=6.0)
        form = await jam.alice.click(first.response, label="Remix")
        assert form.modal["title"] == "Remix this clip"
        words, keep, include = custom_ids(form.modal)
        await jam.alice.submit_modal(form, {words: "as jazz", keep: ["2"], include: ["no"]})
        await jam.idle()
        clip = await newest(jam)
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "as jazz")
        assert (clip.seconds, clip.seconds_before) == (10.0, 0.0)
        job = await jam.store.jobs.get(clip.job_id)
        assert job.order.source.keep_seconds == 2.0


def custom_ids(modal):
    return [row.get("component", row)["custom_id"] for row in modal["components"]]


async def test_details_are_for_who_asks(tmp_path):
    """Seed, settings, model, time and parents, seen by one person."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seed=77, guidance=4.0)
        result = await press(jam, first.response, "Details", jam.bob)
        assert result.response.ephemeral
        fields = {field.name: field.value for field in result.response.embeds[0].fields}
        assert fields["Seed"] == "`77`"
        assert fields["Guidance"] == "4"
        assert fields["Model"] == "scripted"


async def test_only_its_author_or_a_manager_deletes_a_clip(tmp_path):
    """The message and the sound go; a stranger is told why not."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music()
        result = await press(jam, first.response, "Delete", jam.bob)
        assert str(messages.NOT_YOURS) in result.response.content
        clip = await newest(jam)
        assert (jam.store.clips_folder / clip.file).exists()
        await press(jam, first.response, "Delete")
        assert first.response is None
        assert not (jam.store.clips_folder / clip.file).exists()
        assert await jam.store.clips.of_user(jam.alice.id, 5) == []


async def test_buttons_work_after_a_restart(tmp_path):
    """They hold an id and nothing else, so a new process knows what they mean."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        await jam.restart_bot()
        await press(jam, first.response, "Again")
        assert (await newest(jam)).kind is Kind.AGAIN


async def test_a_button_of_a_clip_that_is_gone_says_so(tmp_path):
    """A failing button answers; discord.py alone would say nothing."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music()
        await jam.pipeline.library.delete(await newest(jam))
        for label in ("Again", "Continue", "Remix", "Details"):
            result = await press(jam, first.response, label)
            assert result.response.ephemeral
            assert str(messages.NO_CLIP) in result.response.content


async def test_remix_takes_a_file_or_one_of_your_clips(tmp_path):
    """/remix offers the person's own clips, and wants exactly one sound."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        clip = await newest(jam)
        found = await jam.alice.autocomplete(jam.channel, "remix", "mine", "rock")
        assert [choice["value"] for choice in found] == [str(clip.id)]
        await jam.alice.slash(jam.channel, "remix", prompt="slow jazz", mine=str(clip.id))
        await jam.idle()
        assert (await newest(jam)).parent_ids == (clip.id,)
        sound = await first.response.attachments[0].read()
        await jam.bob.slash(jam.channel, "remix", prompt="jazz", clip=("a.mp3", sound), keep=1.0)
        await jam.idle()
        assert (await newest(jam, jam.bob)).seconds == pytest.approx(11.0, abs=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, str(messages.NO_SOURCE)),
        ({"mine": "999"}, str(messages.NO_CLIP)),
        ({"mine": "not a number"}, str(messages.UNKNOWN_CLIP)),
        ({"mine": "1"}, str(messages.UNKNOWN_CLIP)),
    ],
)
async def test_remix_of_nothing_is_told(tmp_path, options, sentence):
    """Each mistake has its sentence, for the one who made it; another's clip is not reached so."""
    async with open_jam(tmp_path) as jam:
        await jam.music()
        result = await jam.bob.slash(jam.channel, "remix", prompt="jazz", **options)
        assert result.response.ephemeral
        assert sentence in result.response.content


async def test_apps_remix_this_clip_works_on_any_sound(tmp_path):
    """On our clips, on a member's file and on a forwarded one."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        theirs = await jam.bob.send(jam.channel, "mine", attachments=[("riff.ogg", sound)])
        elsewhere = jam.guild.create_text_channel("elsewhere")
        forwarded = await jam.bob.forward(theirs, elsewhere)
        places = [(first.response.message, jam.channel), (theirs, jam.channel)]
        for message, channel in [*places, (forwarded, elsewhere)]:
            form = await jam.alice.context_menu(channel, "Remix this clip", message)
            words, keep, include = custom_ids(form.modal)
            chosen = {words: "as funk", keep: ["5"], include: ["yes"]}
            await jam.alice.submit_modal(form, chosen)
            await jam.idle()
            clip = await newest(jam)
            assert (clip.kind, clip.prompt) == (Kind.REMIX, "as funk")


async def test_apps_continue_this_clip_goes_on(tmp_path):
    """Without a question, since there is none to ask."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        await jam.bob.context_menu(jam.channel, "Continue this clip", first.response.message)
        await jam.idle()
        assert (await newest(jam, jam.bob)).kind is Kind.CONTINUE


@pytest.mark.parametrize("menu", ["Remix this clip", "Continue this clip"])
async def test_a_message_without_sound_is_told_so(tmp_path, menu):
    """Whatever is attached to it."""
    async with open_jam(tmp_path) as jam:
        message = await jam.bob.send(jam.channel, "hello", attachments=[("a.png", b"\x89PNG")])
        result = await jam.alice.context_menu(jam.channel, menu, message)
        assert result.response.ephemeral
        assert result.response.content == str(messages.NO_SOUND)


async def test_a_reply_that_mentions_the_bot_is_a_remix(tmp_path):
    """ "@Zhiyin make it jazzier" under a clip; the answer is a reply with the clip."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        mention = f"<@{jam.bot.user.id}>"
        message = first.response.message
        await jam.bob.send(jam.channel, f"{mention} make it jazzier", reply_to=message)
        await jam.idle()
        clip = await newest(jam, jam.bob)
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "make it jazzier")
        assert jam.messages()[-1].attachments
        await jam.bob.send(jam.channel, mention, reply_to=message)
        assert jam.messages()[-1].content == str(messages.NO_WORDS)


async def test_words_that_do_not_concern_the_bot_are_left_alone(tmp_path):
    """Neither chatter nor a mention without a reply is answered."""
    async with open_jam(tmp_path) as jam:
        await jam.bob.send(jam.channel, "hello all")
        await jam.bob.send(jam.channel, f"<@{jam.bot.user.id}> hello")
        assert len(jam.messages()) == 2


async def test_again_on_a_remix_of_a_file_says_what_to_do(tmp_path):
    """The file is not kept, so it can't be heard again."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=1.0)
        sound = await first.response.attachments[0].read()
        second = await jam.music(clip=("a.mp3", sound), seconds=1.0)
        result = await press(jam, second.response, "Again")
        assert result.response.content == str(messages.SOURCE_GONE)


async def test_a_clip_in_the_works_survives_a_restart(tmp_path):
    """It is made again from where it was accepted, and delivered to the same message."""
    clock = Clock()
    async with open_jam(tmp_path, clock=clock) as jam:
        result = await jam.alice.slash(jam.channel, "music", prompt="slow", seconds=1.0)
        await jam.pipeline.drain(0.0)
        (job,) = await jam.store.jobs.unfinished()
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)
        await jam.stop_pipeline()
        assert result.response.content
        async with jam.second_life() as again:
            await again.idle()
            done = await again.store.jobs.get(job.id)
            assert done.state is JobState.DELIVERED
            assert result.response.attachments
