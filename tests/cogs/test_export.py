"""Clips as FLAC and WAV, for the person who asks."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest
import soundfile

from bot.audio.editing.playback import prepare_clip
from bot.audio.files import post
from bot.audio.files.codes import pack_codes
from bot.audio.files.masters import write_master
from bot.audio.files.tags import read_tags
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.errors import OutputError
from bot.pipeline.notes import NO_NOTES
from bot.starter.composer.compose import compose
from bot.starter.training.data.encoding import encode_piece
from tests.support.scripted_worker import FINGERPRINT
from tests.support.simulated_server import open_server

TAGS = Tags(prompt="rock", seed=1, model="m", kind="music")
RATE_HZ = 32_000
STEMS_ENGINE = "tests.support.scripted_worker:open_stems_engine"


def noise(seconds):
    samples = np.random.default_rng(1).normal(0, 0.1, (1, round(seconds * RATE_HZ)))
    return Sound(samples=samples.astype(np.float32), sample_rate_hz=RATE_HZ)


async def test_a_clip_can_be_exported_losslessly(tmp_path):
    """By command and by the buttons under its details, after a restart, too; privately."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="beat", seconds=2.0, seed=5)
        asked = await server.bob.slash(server.channel, "export", clip="1")
        details = await server.press(first.response, "Details", server.bob)
        await server.restart_bot()
        pressed = await server.press(details.response, "WAV", server.bob)
        for result, suffix, named in ((asked, "flac", "FLAC"), (pressed, "wav", "WAV")):
            answer = answer_of(result)
            assert answer.ephemeral
            assert f"as {named}" in answer.content
            (file,) = answer.attachments
            assert file.filename == f"zhiyin-1.{suffix}"
            data = await file.read()
            assert soundfile.info(io.BytesIO(data)).format == suffix.upper()
            assert read_tags(data).seed == 5
        (server.store.clips_folder / "1.flac").unlink()
        gone = await server.bob.slash(server.channel, "export", clip="1")
        assert "not kept any more" in answer_of(gone).content


@pytest.mark.parametrize("wanted", ["flac", "wav"])
def test_exports_are_lossless_at_the_common_loudness(wanted):
    """The samples are exact to one step of 16 bits."""
    sound = noise(2.0)
    encoded = post.encode_export(sound, wanted, max_bytes=10**7, tags=TAGS)
    samples, _ = soundfile.read(io.BytesIO(encoded.data), dtype="float32")
    ready = prepare_clip(sound, -14.0, loops=False).samples[0]
    assert np.abs(samples - ready).max() <= 2**-15
    assert read_tags(encoded.data) == TAGS


def test_a_too_large_wav_becomes_a_flac_or_a_sentence():
    """It is never encoded with loss."""
    sound = noise(2.0)
    whole = len(post.encode_export(sound, "wav", max_bytes=10**7, tags=TAGS).data)
    assert post.encode_export(sound, "wav", max_bytes=whole - 1, tags=TAGS).suffix == ".flac"
    with pytest.raises(OutputError, match="Even as FLAC"):
        post.encode_export(sound, "wav", max_bytes=20_000, tags=TAGS)


async def test_a_clip_s_notes_can_be_exported_as_midi(tmp_path):
    """Only if its codes are notes; a clip without codes gives a sentence, and no button."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        first = await server.music(prompt="beat", seconds=2.0)
        clip = await server.newest_clip()
        answer = await server.alice.slash(server.channel, "export", clip="1", format="midi")
        assert answer_of(answer).content == str(NO_NOTES)
        piece = compose(3, style="funk", seconds=4.0)
        codes = Codes(tokens=encode_piece(piece, 100).astype(np.int32), fingerprint=FINGERPRINT)
        write_master(server.store.clips_folder / clip.file, noise(2.0), pack_codes(codes))
        details = await server.press(first.response, "Details")
        result = answer_of(await server.press(details.response, "MIDI"))
        assert result.ephemeral
        (file,) = result.attachments
        assert file.filename == "zhiyin-1.mid"
        tracks = mido.MidiFile(file=io.BytesIO(await file.read())).tracks
        assert {"drums", "bass"} <= {each.name.partition(":")[0] for each in tracks}
        await server.press(first.response, "Loop")
        loop = await server.alice.slash(server.channel, "export", clip="2", format="midi")
        assert answer_of(loop).content == str(NO_NOTES)


def answer_of(result):
    return result.followups[-1] if result.followups else result.response
