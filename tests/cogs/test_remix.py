"""Remixes by /remix and by the entries under Apps."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.tune import DRUMS
from bot.audio.files.tags import read_tags
from bot.domain.jobs import Keep, Kind
from bot.pipeline.engine_requests import NO_MELODY
from cogs.presentation import messages
from cogs.requests.keep_option import UNKNOWN_KEEP
from tests.support.simulated_server import custom_ids, open_server


async def test_remix_accepts_a_file_or_an_own_clip(tmp_path):
    """It suggests the person's own clips, and takes exactly one source."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        clip = await server.newest_clip()
        found = await server.alice.autocomplete(server.channel, "remix", "mine", "rock")
        assert [choice["value"] for choice in found] == [str(clip.id)]
        await server.alice.slash(server.channel, "remix", prompt="slow jazz", mine=str(clip.id))
        await server.idle()
        assert (await server.newest_clip()).parent_ids == (clip.id,)
        sound = await first.response.attachments[0].read()
        await server.bob.slash(
            server.channel, "remix", prompt="jazz", clip=("a.mp3", sound), keep_seconds=1.0
        )
        await server.idle()
        assert (await server.newest_clip(server.bob)).seconds == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, str(messages.NO_SOURCE)),
        ({"mine": "999"}, str(messages.NO_CLIP)),
        ({"mine": "not a number"}, str(messages.UNKNOWN_CLIP)),
        ({"mine": "1"}, str(messages.UNKNOWN_CLIP)),
    ],
)
async def test_remix_without_a_source_is_refused(tmp_path, options, sentence):
    """Each mistake has its private sentence; other people's clips can't be named."""
    async with open_server(tmp_path) as server:
        await server.music()
        result = await server.bob.slash(server.channel, "remix", prompt="jazz", **options)
        assert result.response.ephemeral
        assert sentence in result.response.content


async def test_apps_remix_this_clip_works_on_any_sound(tmp_path):
    """On our clips, on a member's file and on a forwarded file."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        theirs = await server.bob.send(server.channel, "mine", attachments=[("riff.ogg", sound)])
        elsewhere = server.guild.create_text_channel("elsewhere")
        forwarded = await server.bob.forward(theirs, elsewhere)
        places = [
            (first.response.message, server.channel, "90s funk"),
            (theirs, server.channel, "funk"),
            (forwarded, elsewhere, "funk"),
        ]
        for message, channel, prompt in places:
            form = await server.alice.context_menu(channel, "Remix this clip", message)
            words, keep, include = custom_ids(form.modal)
            chosen = {words: "as funk", keep: ["5"], include: ["yes"]}
            await server.alice.submit_modal(form, chosen)
            await server.idle()
            clip = await server.newest_clip()
            assert (clip.kind, clip.prompt) == (Kind.REMIX, prompt)


async def test_the_kept_part_of_a_remix_can_be_chosen(tmp_path):
    """The choice is stored with the job; a choice the model can't follow is refused."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=6.0, prompt="beat", seed=77)
        clip = await server.newest_clip()
        offered = await server.alice.autocomplete(server.channel, "remix", "keep", "")
        assert [choice["value"] for choice in offered] == ["end", "start"]
        mine = {"prompt": "jazz", "mine": str(clip.id), "keep_seconds": 4.0}
        for keep, options in [
            (Keep.END, {}),
            (Keep.END, {"keep": "end"}),
            (Keep.START, {"keep": "Start "}),
        ]:
            await server.alice.slash(server.channel, "remix", **mine, **options)
            await server.idle()
            made = await server.newest_clip()
            job = await server.store.jobs.get(made.job_id)
            assert job.order.source.keep is keep
            # Two whole bars at 120 BPM, from just before the bar line.
            assert made.seconds_before == pytest.approx(4.0, abs=0.05)
        for other, sentence in [("tune", NO_MELODY), ("drums", UNKNOWN_KEEP)]:
            result = await server.alice.slash(server.channel, "remix", **mine, keep=other)
            assert result.response.ephemeral
            assert result.response.content == str(sentence)
        sound = await first.response.attachments[0].read()
        file = {"prompt": "jazz", "clip": ("a.mp3", sound), "keep": "start", "keep_seconds": 4.0}
        await server.bob.slash(server.channel, "remix", **file)
        await server.idle()
        made = await server.newest_clip(server.bob)
        assert (await server.store.jobs.get(made.job_id)).order.source.keep is Keep.START
        assert made.seconds_before == pytest.approx(4.0, abs=0.6)


async def test_a_remix_joins_the_old_and_new_prompts(tmp_path):
    """Card, file, history and further takes have the joined prompt."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=6.0, prompt="beat of rock with loud guitars", seed=7)
        first = await server.newest_clip()
        result = await server.alice.slash(
            server.channel, "remix", prompt="make it jazzier", mine=str(first.id)
        )
        await server.idle()
        clip = await server.newest_clip()
        assert clip.prompt == "beat of jazz rock with loud guitars, 120 BPM"
        assert clip.prompt in result.response.message.embeds[0].description
        assert read_tags(await result.response.attachments[0].read()).prompt == clip.prompt
        assert (await server.store.jobs.get(clip.job_id)).order.prompt == clip.prompt
        await server.press(result.response, "Again")
        again = await server.newest_clip()
        assert (again.kind, again.prompt) == (Kind.AGAIN, clip.prompt)
        assert again.seconds_before == clip.seconds_before


async def test_apps_continue_this_clip_goes_on(tmp_path):
    """It opens no form."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        await server.bob.context_menu(server.channel, "Continue this clip", first.response.message)
        await server.idle()
        assert (await server.newest_clip(server.bob)).kind is Kind.CONTINUE


@pytest.mark.parametrize("menu", ["Remix this clip", "Continue this clip"])
async def test_a_message_without_audio_is_refused(tmp_path, menu):
    """Whatever other files are attached."""
    async with open_server(tmp_path) as server:
        message = await server.bob.send(
            server.channel, "hello", attachments=[("a.png", b"\x89PNG")]
        )
        result = await server.alice.context_menu(server.channel, menu, message)
        assert result.response.ephemeral
        assert result.response.content == str(messages.NO_SOUND)


MELODY = "tests.support.scripted_worker:open_melody_engine"


async def test_a_remix_can_follow_the_whole_melody(tmp_path):
    """Of a clip or a file; the new clip is as long as the melody, and all of it is new."""
    async with open_server(tmp_path, engine=MELODY) as server:
        result = await server.music(seconds=8.0, seed=440)
        first = await server.newest_clip()
        offered = await server.alice.autocomplete(server.channel, "remix", "keep", "")
        assert "tune" in [choice["value"] for choice in offered]
        await server.alice.slash(
            server.channel, "remix", prompt="as jazz", mine=str(first.id), keep="tune"
        )
        await server.idle()
        made = await server.newest_clip()
        assert made.parent_ids == (first.id,)
        assert (made.seconds, made.seconds_before) == (8.0, 0.0)
        sound, _ = soundfile.read(server.store.clips_folder / made.file)
        # The first clip's tone is the melody from beginning to end.
        for second in range(8):
            piece = sound[second * 32_000 : (second + 1) * 32_000]
            assert abs(np.argmax(np.abs(np.fft.rfft(piece))) - 440) <= 2, second
        data = await result.response.attachments[0].read()
        options = {"prompt": "as funk", "clip": ("riff.mp3", data), "keep": "tune", "seconds": 3.0}
        await server.bob.slash(server.channel, "remix", **options)
        await server.idle()
        assert (await server.newest_clip(server.bob)).seconds == 3.0


async def test_a_file_without_a_melody_is_refused_if_it_should_be_kept(tmp_path):
    """Drums alone are refused; nothing is charged."""
    async with open_server(tmp_path, engine=MELODY) as server:
        await server.music(prompt="beat", seconds=6.0)
        first = await server.newest_clip()
        await server.alice.slash(
            server.channel, "remix", prompt="as jazz", mine=str(first.id), keep="tune"
        )
        await server.idle()
        assert str(DRUMS) in server.newest(1)[0].content
        assert await server.used() == 6.0
