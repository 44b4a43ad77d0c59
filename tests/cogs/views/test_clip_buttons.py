"""The buttons under a clip."""

from __future__ import annotations

import pytest

from bot.domain.jobs import Kind
from cogs.presentation import messages
from tests.support.simulated_server import limited, open_server
from tests.support.timings import quick


async def test_again_uses_another_seed(tmp_path):
    """Anybody may press it; the new clip is theirs and has the old one as parent."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0, seed=5, temperature=0.5)
        before = await server.newest_clip()
        result = await server.press(first.response, "Again", server.bob)
        clip = await server.newest_clip(server.bob)
        assert (clip.kind, clip.prompt, clip.seconds) == (Kind.AGAIN, "90s rock", 2.0)
        assert clip.seed != before.seed
        assert clip.sampling == before.sampling
        assert clip.parent_ids == (before.id,)
        assert f"[clip {before.id}](https://discord.com/channels/" in (
            result.response.embeds[0].description
        )


async def test_continue_adds_to_the_whole_clip(tmp_path):
    """The old clip stays, the new part follows it, and only the new part is charged."""
    async with open_server(tmp_path, config=limited(daily_seconds=100)) as server:
        first = await server.music(seconds=2.0)
        await server.press(first.response, "Continue")
        clip = await server.newest_clip()
        assert clip.kind is Kind.CONTINUE
        assert clip.seconds == pytest.approx(4.0, abs=0.05)
        assert clip.seconds_before == pytest.approx(2.0, abs=0.05)
        assert (await server.store.ledger.quota(server.alice.id, 100)).used_seconds == 4


async def test_details_are_private(tmp_path):
    """Seed, settings, model, time and parents, seen by one person."""
    async with open_server(tmp_path) as server:
        first = await server.music(seed=77, guidance=4.0)
        result = await server.press(first.response, "Details", server.bob)
        assert result.response.ephemeral
        fields = {field.name: field.value for field in result.response.embeds[0].fields}
        assert fields["Seed"] == "`77`"
        assert fields["Guidance"] == "4"
        assert fields["Model"] == "scripted"


async def test_only_its_author_or_a_manager_deletes_a_clip(tmp_path):
    """After a confirmation, message and sound are deleted. Others are refused."""
    async with open_server(tmp_path) as server:
        first = await server.music()
        result = await server.press(first.response, "Delete", server.bob)
        assert str(messages.NOT_YOURS) in result.response.content
        clip = await server.newest_clip()
        assert (server.store.clips_folder / clip.file).exists()
        asked = await server.press(first.response, "Delete")
        assert asked.response.ephemeral
        assert (server.store.clips_folder / clip.file).exists()
        await server.press(asked.response, "Delete")
        assert first.response is None
        assert not (server.store.clips_folder / clip.file).exists()
        assert await server.store.clips.of_user(server.alice.id, 5) == []


async def test_buttons_work_after_a_restart(tmp_path):
    """Their custom ids hold a clip's id and no other state."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0)
        await server.restart_bot()
        await server.press(first.response, "Again")
        assert (await server.newest_clip()).kind is Kind.AGAIN


async def test_buttons_of_deleted_clips_are_answered(tmp_path):
    """discord.py alone would leave a failing button without an answer."""
    async with open_server(tmp_path) as server:
        first = await server.music()
        await server.pipeline.library.delete(await server.newest_clip())
        for label in ("Again", "Continue", "Remix", "Details"):
            result = await server.press(first.response, label)
            assert result.response.ephemeral
            assert str(messages.NO_CLIP) in result.response.content


async def test_again_on_a_remix_of_a_file_says_what_to_do(tmp_path):
    """The file is not stored, so it can't be remixed again."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=1.0)
        sound = await first.response.attachments[0].read()
        second = await server.music(clip=("a.mp3", sound), seconds=1.0)
        result = await server.press(second.response, "Again")
        assert result.response.content == str(messages.SOURCE_GONE)


async def test_again_on_a_continuation_keeps_the_length(tmp_path):
    """The new clip has the part before the audio prompt, too."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        first = await server.music(seconds=30.0)
        second = await server.alice.click(first.response, label="Continue")
        await server.idle()
        await server.alice.click(second.response, label="Again")
        await server.idle()
        again, continued, _ = await server.store.clips.of_user(server.alice.id, 3)
        assert continued.seconds == pytest.approx(32.0, abs=0.1)
        assert again.seconds == pytest.approx(continued.seconds, abs=0.1)


async def test_details_show_the_sound(tmp_path):
    """With a spectrogram, as long as the sound is stored."""
    async with open_server(tmp_path) as server:
        first = await server.music(seed=5)
        shown = await server.press(first.response, "Details")
        (picture,) = shown.response.attachments
        assert picture.filename == "spectrogram.png"
        for file in server.store.clips_folder.iterdir():
            file.unlink()
        bare = await server.press(first.response, "Details")
        assert bare.response.attachments == []
        assert bare.response.embeds[0].title == "Clip 1"
