"""Making music from words and files: /music and /random."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.audio.files.tags import read_tags
from bot.domain.jobs import JobState
from bot.errors import RequestError
from cogs.presentation import messages
from tests.support.simulated_server import limited, open_server
from tests.support.timings import quick


def labels(message):
    return [each["label"] for row in message.components for each in row["components"]]


async def test_a_prompt_gives_a_clip_with_card_and_buttons(tmp_path):
    """The message with the place in the queue is edited into the clip and its card."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt="90s rock", seed=440, seconds=2.0)
        message = result.response
        (sound,) = [file for file in message.attachments if file.filename.endswith(".mp3")]
        (embed,) = message.embeds
        for fact in ("90s rock", "seed 440", "2 s", "scripted"):
            assert fact in embed.description
        assert "AI-generated" in embed.footer.text
        assert labels(message) == [
            "Again", "Continue", "Remix", "Loop", "Mix", "⭐", "Tree", "Details", "Delete",
        ]  # fmt: skip
        assert message.content == f"<@{server.alice.id}>"
        tags = read_tags(await sound.read())
        assert (tags.prompt, tags.seed, tags.parent_ids) == ("90s rock", 440, ())
        assert await server.used() == 2


async def test_no_prompt_gives_a_random_clip(tmp_path):
    """/random draws a prompt."""
    async with open_server(tmp_path) as server:
        result = await server.alice.slash(server.channel, "random")
        await server.idle()
        (clip,) = await server.store.clips.of_user(server.alice.id, 5)
        assert clip.prompt in result.response.embeds[0].description
        assert (len(clip.prompt.split()) > 2, clip.seconds) == (True, 2.0)


async def test_a_sound_file_is_continued(tmp_path):
    """A file given to /music opens the clip, and its bytes are not stored."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        await server.music(prompt="more", clip=("riff.mp3", sound), seconds=1.0)
        newest, _ = await server.store.clips.of_user(server.alice.id, 5)
        assert newest.seconds == pytest.approx(3.0, abs=0.1)
        assert newest.seconds_before == pytest.approx(2.0, abs=0.1)
        assert list(server.store.uploads_folder.iterdir()) == []
        assert await server.used() == 3


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.mp3", b"", "This file is empty"),
        ("a.wav", b"#EXTM3U\n#EXTINF:1\n/etc/passwd\n", "not a sound file that I can use"),
        ("a.flac", b"fLaC\x00\x00\x00\x22" + b"\xff" * 34, "can be used"),
        ("a.mp3", b"\xff\xfb\x90\x00" + b"\x00" * 2000, "no sound"),
    ],
)
async def test_a_file_that_is_no_sound_is_refused_in_a_sentence(tmp_path, name, data, sentence):
    """Privately; nothing is charged and no message is left."""
    async with open_server(tmp_path) as server:
        result = await server.music(clip=(name, data))
        assert result.response is None
        (answer,) = result.followups
        assert answer.ephemeral
        assert sentence in answer.content or "damaged" in answer.content
        assert await server.used() == 0


async def test_a_request_the_engine_refuses_is_refunded_with_a_notice(tmp_path):
    """The notice is the engine's own sentence."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt="fail")
        assert "The script says that this can't be made." in result.response.content
        assert labels(result.response) == []
        assert await server.used() == 0
        (job,) = [await server.store.jobs.get(1)]
        assert job.state is JobState.FAILED


@pytest.mark.parametrize(
    ("limits", "options", "sentence"),
    [
        ({"daily_seconds": 5.0}, {"seconds": 6.0}, "You have 5 s of music left today"),
        ({"max_seconds": 5.0}, {"seconds": 6.0}, "from 1 to 5 seconds long"),
        ({"max_takes": 2}, {"takes": 3}, "From 1 to 2 takes"),
    ],
)
async def test_every_exceeded_limit_gives_a_private_sentence(tmp_path, limits, options, sentence):
    """A refusal is private, costs nothing and leaves no message."""
    async with open_server(tmp_path, config=limited(**limits)) as server:
        result = await server.music(**options)
        answer = result.response or result.followups[0]
        assert answer.ephemeral
        assert sentence in answer.content
        assert not [m for m in server.messages() if not m.flags & 64]
        assert await server.used() == 0


async def test_hostile_prompts_are_harmless(tmp_path):
    """Mentions, markdown, links and invisible characters are shown as plain text."""
    hostile = "@everyone <@1> **bold** [x](https://a.b) \u202erock\u200b\x00`"
    async with open_server(tmp_path) as server:
        result = await server.music(prompt=hostile, seconds=1.0)
        text = result.response.embeds[0].description
        assert "@everyone" not in text
        assert "<@1>" not in text.replace("\\<@", "\\<@\u200b")
        assert "\\*\\*bold\\*\\*" in text
        assert "https://" not in text
        (clip,) = await server.store.clips.of_user(server.alice.id, 1)
        assert "\u202e" not in clip.prompt
        assert "\x00" not in clip.prompt
        bodies = [
            each.json for each in server.env.http_requests if each.json and "content" in each.json
        ]
        assert bodies
        assert all(each["allowed_mentions"] == {"parse": []} for each in bodies)


async def test_invisible_prompts_are_refused(tmp_path):
    """A prompt of invisible characters only is refused."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt="\u200b \u2060")
        assert result.response.content == str(messages.NO_PROMPT)
        assert await server.used() == 0


async def test_earlier_prompts_and_presets_are_suggested(tmp_path):
    """A person's own earlier prompts come first, then the built-in ones."""
    async with open_server(tmp_path) as server:
        await server.music(prompt="funk of my own", seconds=1.0)
        found = await server.alice.autocomplete(server.channel, "music", "prompt", "funk")
        names = [choice["value"] for choice in found]
        assert names[0] == "funk of my own"
        assert "funk with slap bass, 110 BPM" in names
        found = await server.bob.autocomplete(server.channel, "music", "prompt", "funk")
        assert "funk of my own" not in [choice["value"] for choice in found]


async def test_every_take_continues_the_uploaded_file(tmp_path):
    """The upload is kept until the last take has used it."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        first = await server.music(seconds=1.0)
        sound = await first.response.attachments[0].read()
        await server.music(clip=("a.mp3", sound), takes=4, seconds=1.0)
        assert all(each.attachments for each in server.newest(4))
        assert list(server.store.uploads_folder.iterdir()) == []


async def test_long_prompts_fit_into_a_message(tmp_path):
    """Lists are cut at Discord's limit."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        for number in range(10):
            await server.music(prompt=f"{number} " + "*long* words " * 30, seconds=1.0)
        result = await server.alice.slash(server.channel, "history")
        assert len(result.response.content) <= 2000
        assert result.response.content.count("seed") >= 5


async def test_music_can_be_like_a_clip(tmp_path):
    """The clip's tempo and key are added to the prompt; those typed by the person win."""
    async with open_server(tmp_path) as server:
        await server.music(prompt="beat", seconds=5.0, seed=5)
        like = await server.newest_clip()
        assert like.bpm == pytest.approx(120, rel=0.01)
        result = await server.music(
            server.bob, prompt="slow jazz with a flute", seconds=1.0, like="1"
        )
        clip = await server.newest_clip(server.bob)
        assert clip.prompt == "slow jazz with a flute"
        result = await server.music(server.bob, prompt="jazz with a flute", seconds=1.0, like="1")
        clip = await server.newest_clip(server.bob)
        assert clip.prompt.startswith("jazz with a flute, 120 BPM")
        assert clip.prompt in result.response.embeds[0].description
        unclear = replace(like, bpm=None, key=None)
        with pytest.raises(RequestError, match="no clear tempo"):
            server.bot.service.requests.words_like("jazz", unclear)
        gone = await server.music(server.bob, prompt="jazz", like="99")
        assert gone.response.content == str(messages.NO_CLIP)
