"""What people see of a clip whose codes say its tempo, bars and key; nobody could hear them."""

from __future__ import annotations

import pytest

from bot.audio.analysis.key import Key
from bot.audio.notation import load_notation
from bot.domain.jobs import ClipSource, Keep
from bot.models.registry import starter_folder
from bot.pipeline.source_sounds import SourceSounds
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND
from tests.support.composing_worker import piece_of
from tests.support.simulated_server import open_server

ENGINE = "tests.support.composing_worker:open_engine"
SEED = 11
PIECE = piece_of(SEED)
BEAT_SECONDS = PIECE.beat_frames / FRAMES_PER_SECOND
BAR_SECONDS = PIECE.beats_per_bar * BEAT_SECONDS
KEY = Key(tonic=PIECE.tonic, mode=PIECE.mode, confidence=1.0).name


async def test_the_card_says_tempo_and_key_of_the_codes(tmp_path):
    """A loop of it is whole bars, of which nobody heard the beat."""
    async with open_server(tmp_path, engine=ENGINE) as server:
        made = await server.music(seconds=10.0, seed=SEED)
        clip = await server.newest_clip()
        assert clip.bpm == pytest.approx(60 / BEAT_SECONDS, abs=0.05)
        assert clip.key == KEY
        assert f"~{60 / BEAT_SECONDS:.0f} BPM · {KEY}" in made.response.embeds[0].description
        await server.press(made.response, "Loop")
        loop = await server.newest_clip()
        assert loop.loops
        bars = loop.seconds / BAR_SECONDS
        assert round(bars) >= 1
        assert bars == pytest.approx(round(bars), abs=0.01)
        assert loop.bpm == clip.bpm


@pytest.mark.parametrize("keep", [Keep.END, Keep.START])
async def test_a_remix_keeps_the_bars_of_the_codes(tmp_path, keep):
    """They are cut on their bar lines."""
    async with open_server(tmp_path, engine=ENGINE) as server:
        await server.music(seconds=10.0, seed=SEED)
        clip = await server.newest_clip()
        sources = SourceSounds(server.store, load_notation(starter_folder()))
        source = ClipSource(clip_id=clip.id, keep_seconds=5.0, keep=keep)
        heard = await sources.load_prompt(source, server.pipeline.executor.model)
        bars = heard.end.seconds / BAR_SECONDS
        assert bars == pytest.approx(round(bars), abs=0.02)
        assert heard.beat_seconds == pytest.approx(BEAT_SECONDS)


async def test_a_mix_is_aligned_by_the_codes(tmp_path):
    """Two clips without an audible beat go on the beat of the one that leads."""
    async with open_server(tmp_path, engine=ENGINE) as server:
        for _ in range(2):
            await server.music(seconds=10.0, seed=SEED)
        lead = await server.newest_clip()
        await server.alice.slash(server.channel, "mix", a=str(lead.id), b="1")
        await server.idle()
        mixed = await server.newest_clip()
        assert mixed.mixed is not None
        assert mixed.mixed.on_the_beat
        assert (mixed.mixed.time_factor, mixed.mixed.semitones) == (1.0, 0)
        assert mixed.bpm == pytest.approx(60 / BEAT_SECONDS, abs=0.05)
        assert mixed.key == KEY
