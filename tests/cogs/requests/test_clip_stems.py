"""Stems on Discord: a clip separated by its button, and remixes that keep some stems."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.tags import read_codes, read_tags
from bot.config import Config, EngineConfig
from bot.domain.jobs import Kind
from bot.pipeline.clip_codes import OTHER_MODEL
from bot.pipeline.stems import NOT_TOLD, ON_THEIR_WAY, WORKER_LOST
from cogs.presentation import messages
from tests.support import scripted_worker
from tests.support.half_made_clip import HalfMadeClip
from tests.support.running_executor import until
from tests.support.simulated_server import PATIENCE_SECONDS, custom_ids, limited, open_server

STEMS_ENGINE = "tests.support.scripted_worker:open_stems_engine"


RETRAINED = "tests.support.scripted_worker:open_retrained_engine"


DRUMS, BASS, LEAD = 1, 2, 3


async def tokens_of(server, clip):
    return read_clip_codes(server.store.clips_folder / clip.file).tokens


def labels(message):
    return [each.label for row in message.components for each in row.children]


def pitch_hz(data):
    samples, rate_hz = soundfile.read(io.BytesIO(data))
    return round(int(np.abs(np.fft.rfft(samples)).argmax()) * rate_hz / len(samples))


async def remixed(server, message, *, stems, words="as jazz", who=None):
    """Fill in the form of a remix; return the result."""
    form = await (who or server.alice).click(message, label="Remix")
    prompt, keep, include, kept = custom_ids(form.modal)
    chosen = {prompt: words, keep: ["5"], include: ["yes"], kept: stems}
    result = await (who or server.alice).submit_modal(form, chosen)
    await server.idle()
    return result


async def test_stems_are_posted_as_files_for_everybody(tmp_path):
    """One file each, named and tagged by its stem, free of charge for anybody."""
    async with open_server(
        tmp_path, engine=STEMS_ENGINE, config=limited(daily_seconds=9)
    ) as server:
        first = await server.music(seconds=2.0, seed=5)
        clip = await server.newest_clip()
        result = await server.press(first.response, "Stems", server.bob)
        assert not result.response.ephemeral
        assert f"clip {clip.id}" in result.response.content
        files = result.response.attachments
        assert [each.filename for each in files] == [
            f"zhiyin-{clip.id}-{name}.mp3" for name in scripted_worker.STEMS
        ]
        for file, name in zip(files, scripted_worker.STEMS, strict=True):
            data = await file.read()
            tags = read_tags(data)
            assert (tags.stem, tags.clip_id) == (name, clip.id)
            assert pitch_hz(data) == pytest.approx(250, abs=2)
        assert (await server.store.ledger.quota(server.bob.id, 9)).used_seconds == 0
        assert await server.store.check() == []


@asynccontextmanager
async def live_music(server):
    """Let the engine play live for a server, from the first piece of the bot on."""
    music = server.bot.service.live_music.begin(server.guild.id, (("techno", 1.0),))
    running = asyncio.create_task(music.run())
    try:
        yield music
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_live_music_keeps_no_clip_from_being_split(tmp_path):
    """The first clip is split while the first piece of live music plays, which goes on."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=2.0, seed=5)
        assert (await server.newest_clip()).id == 1
        async with live_music(server) as music, asyncio.timeout(PATIENCE_SECONDS):
            await until(lambda: music.made_seconds > 0)
            result = await server.press(first.response, "Stems")
            assert len(result.response.attachments) == len(scripted_worker.STEMS)
            assert music.sound.left is None


async def test_live_music_that_stops_cancels_no_splitting(tmp_path):
    """It came and went while the first clip waited for the only slot to be split."""
    before = HalfMadeClip(tmp_path)
    config = replace(Config(), engine=EngineConfig(slots=1))
    async with open_server(tmp_path / "bot", engine=STEMS_ENGINE, config=config) as server:
        first = await server.music(seconds=2.0, seed=5)
        await server.alice.slash(server.channel, "music", prompt=before.prompt, seconds=1.0)
        executor = server.pipeline.executor
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(lambda: executor.running == 1)
            pressed = asyncio.create_task(server.bob.click(first.response, label="Stems"))
            await until(lambda: executor.waiting == 1)
            async with live_music(server):
                await until(lambda: executor.waiting == 2)
            assert executor.waiting == 1
            before.let_go()
            result = await pressed
        await server.idle()
        assert len(result.response.attachments) == len(scripted_worker.STEMS)


async def test_a_clip_s_file_contains_its_codes(tmp_path):
    """`zhiyin generate --keep` works on a file saved from a channel."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=2.0, seed=5)
        found = read_codes(io.BytesIO(await first.response.attachments[0].read()))
        assert np.array_equal(found.tokens, await tokens_of(server, await server.newest_clip()))
        assert found.fingerprint == scripted_worker.FINGERPRINT


async def test_only_separable_clips_have_the_stems_button(tmp_path):
    """Clips of a model without stems and loops have neither button nor choices in the form."""
    async with open_server(tmp_path / "a") as server:
        plain = await server.music(seconds=2.0)
        assert "Stems" not in labels(plain.response.message)
        form = await server.alice.click(plain.response, label="Remix")
        assert len(custom_ids(form.modal)) == 3
    async with open_server(tmp_path / "b", engine=STEMS_ENGINE) as server:
        whole = await server.music(seconds=4.0, prompt="beat")
        assert "Stems" in labels(whole.response.message)
        loop = await server.press(whole.response, "Loop")
        assert (await server.newest_clip()).loops
        assert "Stems" not in labels(loop.response.message)
        cut = await server.music(seconds=4.0, prompt="beat", loop=True)
        assert "Stems" not in labels(cut.response.message)


async def test_the_button_works_after_a_restart(tmp_path):
    """The codes are stored beside the clip."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0)
        await server.stop_pipeline()
        async with server.restart(STEMS_ENGINE) as again:
            result = await again.press(first.response, "Stems")
            assert len(result.response.attachments) == 3


async def test_simultaneous_presses_post_once(tmp_path):
    """The second press is refused; later the stems can be posted again."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0)
        clip = await server.newest_clip()
        with server.pipeline.stems.reserve(clip, server.bob.id):
            result = await server.press(first.response, "Stems")
            assert result.response.ephemeral
            assert result.response.content == str(ON_THEIR_WAY)
        result = await server.press(first.response, "Stems")
        assert len(result.response.attachments) == 3


async def test_deleted_clips_and_other_models_clips_are_refused(tmp_path):
    """Each privately with its sentence; codes of another model are never decoded."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0)
        second = await server.music(seconds=1.0)
        clip = await server.newest_clip()
        (server.store.clips_folder / clip.file).unlink()
        result = await server.press(second.response, "Stems")
        assert "is not kept any more" in result.response.content
        await server.pipeline.library.delete(clip)
        result = await server.press(second.response, "Stems")
        assert str(messages.NO_CLIP) in result.response.content
        await server.stop_pipeline()
        async with server.restart(RETRAINED) as again:
            await again.pipeline.executor.settled.wait()
            result = await again.press(first.response, "Stems")
            assert result.response.ephemeral
            assert result.response.content == str(OTHER_MODEL)
            form = await again.alice.click(first.response, label="Remix")
            assert len(custom_ids(form.modal)) == 3


async def test_an_engine_crash_is_reported(tmp_path):
    """The answer is one sentence, and the next clip is generated normally."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0, seed=scripted_worker.CRASHES)
        result = await server.press(first.response, "Stems")
        assert result.response.content == str(WORKER_LOST)
        second = await server.music(seconds=1.0, seed=1)
        assert second.response.attachments


async def test_a_remix_keeps_the_stems_that_are_chosen(tmp_path):
    """Kept stems have the clip's codes exactly; length and price are those of the clip."""
    async with open_server(
        tmp_path, engine=STEMS_ENGINE, config=limited(daily_seconds=100)
    ) as server:
        first = await server.music(seconds=3.0, seed=5)
        before = await server.newest_clip()
        result = await remixed(server, first.response, stems=["drums", "lead"], who=server.bob)
        clip = await server.newest_clip(server.bob)
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "90s jazz")
        assert (clip.seconds, clip.seconds_before) == (3.0, 0.0)
        assert clip.parent_ids == (before.id,)
        old, new = await tokens_of(server, before), await tokens_of(server, clip)
        assert np.array_equal(new[[DRUMS, LEAD]], old[[DRUMS, LEAD]])
        assert not np.array_equal(new[BASS], old[BASS])
        assert "a remix of" in result.response.embeds[0].description
        assert (await server.store.ledger.quota(server.bob.id, 100)).used_seconds == 3


async def test_again_on_such_a_remix_keeps_the_same_stems(tmp_path):
    """Another seed is used for the rest."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=2.0, seed=5)
        result = await remixed(server, first.response, stems=["bass"])
        before = await tokens_of(server, await server.newest_clip())
        await server.press(result.response, "Again")
        clip = await server.newest_clip()
        assert clip.kind is Kind.AGAIN
        after = await tokens_of(server, clip)
        assert np.array_equal(after[BASS], before[BASS])
        assert not np.array_equal(after[DRUMS], before[DRUMS])


async def test_a_remix_without_kept_stems_continues_the_end(tmp_path):
    """It continues the stored codes, not the decoded sound."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=6.0, seed=5)
        before = await server.newest_clip()
        await remixed(server, first.response, stems=[])
        clip = await server.newest_clip()
        assert clip.seconds == 7.0
        tokens = await tokens_of(server, clip)
        assert tokens.shape[1] == 350
        assert np.array_equal(tokens[:, :250], (await tokens_of(server, before))[:, -250:])


async def test_a_continuation_has_the_codes_of_the_whole(tmp_path):
    """Including what precedes the audio prompt, so that its stems have its full length."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=25.0, seed=5)
        before = await tokens_of(server, await server.newest_clip())
        result = await server.press(first.response, "Continue")
        clip = await server.newest_clip()
        assert clip.seconds == 27.0
        tokens = await tokens_of(server, clip)
        assert tokens.shape[1] == 1350
        assert np.array_equal(tokens[:, :1250], before)
        apart = await server.press(result.response, "Stems")
        assert len(apart.response.attachments) == 3
        samples, rate_hz = soundfile.read(io.BytesIO(await apart.response.attachments[0].read()))
        assert len(samples) / rate_hz == pytest.approx(27.0, abs=0.1)


async def test_a_remix_fails_if_its_clip_is_deleted_meanwhile(tmp_path):
    """It is refused privately, before anything is ordered."""
    async with open_server(
        tmp_path, engine=STEMS_ENGINE, config=limited(daily_seconds=50)
    ) as server:
        first = await server.music(seconds=2.0, seed=5)
        form = await server.alice.click(first.response, label="Remix")
        prompt, keep, include, kept = custom_ids(form.modal)
        await server.pipeline.library.delete(await server.newest_clip())
        chosen = {prompt: "as jazz", keep: ["5"], include: ["yes"], kept: ["drums"]}
        result = await server.alice.submit_modal(form, chosen)
        await server.idle()
        assert result.response.ephemeral
        assert result.response.content == str(messages.NO_CLIP)
        assert (await server.store.ledger.quota(server.alice.id, 50)).used_seconds == 2


async def test_blocked_people_get_no_stems(tmp_path):
    """Nor does anybody in a channel where music is not allowed."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0)
        await server.store.settings.block(server.guild.id, server.bob.id, True)
        result = await server.press(first.response, "Stems", server.bob)
        assert result.response.content == "You can't make music here."
        elsewhere = server.guild.create_text_channel("elsewhere")
        await server.store.settings.allow_channel(server.guild.id, elsewhere.id, True)
        result = await server.press(first.response, "Stems")
        assert "I don't make music in this channel" in result.response.content


@pytest.mark.parametrize("keep", ["end", "start"])
async def test_a_remix_of_bars_has_stems(tmp_path, keep):
    """Its codes are those of the kept bars, then its own."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        await server.music(seconds=7.0, prompt="beat", seed=77)
        first = await server.newest_clip()
        before = await tokens_of(server, first)
        kept = {"keep": keep, "keep_seconds": 4.0}
        mine = {"prompt": "beat, jazz", "mine": str(first.id), "seconds": 2.0}
        result = await server.alice.slash(server.channel, "remix", **mine, **kept)
        await server.idle()
        clip = await server.newest_clip()
        assert "Stems" in labels(result.response.message)
        tokens = await tokens_of(server, clip)
        frames = round(50 * clip.seconds_before)
        assert tokens.shape[1] == frames + 100
        # Three and a half bars of two seconds: the last whole ones, or the first. Their last
        # beat is blended with the new part.
        begin, stop = (99, 274) if keep == "end" else (0, 174)
        assert np.array_equal(tokens[:, :frames], before[:, begin:stop])


async def test_details_name_the_stems(tmp_path):
    """Beside the other details."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=1.0)
        result = await server.press(first.response, "Details")
        fields = {field.name: field.value for field in result.response.embeds[0].fields}
        assert fields["Stems"] == "drums, bass, lead"


async def uploaded(server, data, name, *, stems):
    """Let Bob post a file and remix it in the form; return the result."""
    message = await server.bob.send(server.channel, "mine", attachments=[(name, data)])
    form = await server.bob.context_menu(server.channel, "Remix this clip", message)
    prompt, keep, include, kept = custom_ids(form.modal)
    chosen = {prompt: "as jazz", keep: ["5"], include: ["yes"], kept: stems}
    result = await server.bob.submit_modal(form, chosen)
    await server.idle()
    return result


async def test_stems_of_a_clip_that_was_posted_again_are_kept(tmp_path):
    """Its codes are read from the file's tags, and no copy of the file is left."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(seconds=2.0, seed=5)
        before = await tokens_of(server, await server.newest_clip())
        data = await first.response.attachments[0].read()
        await uploaded(server, data, "zhiyin-1.mp3", stems=["drums"])
        clip = await server.newest_clip(server.bob)
        tokens = await tokens_of(server, clip)
        assert np.array_equal(tokens[DRUMS], before[DRUMS])
        assert not np.array_equal(tokens[BASS], before[BASS])
        assert list(server.store.uploads_folder.iterdir()) == []


async def test_a_file_without_codes_cannot_keep_stems(tmp_path):
    """A file that only has a clip's name, or codes of another model, is refused."""
    async with open_server(tmp_path / "a") as server:
        plain = await (await server.music(seconds=1.0)).response.attachments[0].read()
    async with open_server(tmp_path / "b", engine=RETRAINED) as server:
        other = await (await server.music(seconds=1.0)).response.attachments[0].read()
    async with open_server(tmp_path / "c", engine=STEMS_ENGINE) as server:
        await server.pipeline.executor.settled.wait()
        for data, sentence in ((plain, str(NOT_TOLD)), (other, str(OTHER_MODEL))):
            result = await uploaded(server, data, "zhiyin-1.mp3", stems=["drums"])
            assert sentence in [each.content for each in result.followups]
        assert await server.store.clips.of_user(server.bob.id, 5) == []
        assert list(server.store.uploads_folder.iterdir()) == []
        message = await server.bob.send(server.channel, "mine", attachments=[("riff.mp3", plain)])
        form = await server.bob.context_menu(server.channel, "Remix this clip", message)
        assert len(custom_ids(form.modal)) == 3
