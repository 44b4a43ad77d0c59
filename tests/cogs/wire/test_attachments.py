"""Attachments at the wire: fetched from Discord's file server."""

from __future__ import annotations

import io
from typing import Any

import discord
import numpy as np
import pytest
import soundfile

from bot.domain.jobs import JobState
from cogs.presentation import messages
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)

    async def at_once(*args, **options):
        """Replace the five seconds that discord.py waits before it identifies again."""

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


def sound():
    file = io.BytesIO()
    soundfile.write(file, 0.1 * np.sin(np.arange(32_000) / 10), 32_000, format="WAV")
    return file.getvalue()


async def test_a_file_is_fetched_and_heard(tmp_path):
    """It is fetched once, from the address that Discord gave, and decoded."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        file = File("a.wav", sound())
        asked = await stage.music(clip=file)
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert file.fetched == 1
        assert len(clips(asked.message)) == 1


LIES: dict[str, dict[str, Any]] = {
    "endless": {"declared_bytes": 9 * 2**20, "endless_bytes": 64 * 2**20},
    "cut": {"cut_after": 10_000},
    "forbidden": {"status": 403},
    "gone": {"status": 404},
    "broken": {"status": 500},
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_unfetchable_file_gives_one_sentence(tmp_path, lie, caplog):
    """The refusal is private; nothing is charged, and only a little of the file is read."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        file = File("a.wav", sound(), **LIES[lie])
        asked = await stage.music(clip=file)
        (answer,) = await stage.wire.until(lambda: asked.followups)
        await stage.bot.pipeline.idle()
        assert answer.is_ephemeral
        assert stage.channel.seen == []
        assert await stage.store.jobs.get(1) is None
        assert await stage.used() == 0
        assert file.sent_bytes < 32 * 2**20
        # It is no error of the bot's, so nothing is logged as one.
        assert answer.content != str(messages.UNEXPECTED)
        assert "interaction.failed" not in caplog.text
