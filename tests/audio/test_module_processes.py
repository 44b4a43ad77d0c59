"""Modules in processes of their own: output counts only of one that ended well."""

from __future__ import annotations

import dataclasses
import sys

import pytest

from bot.audio import mix_process, stretch_process
from bot.audio.mix_process import KeptPart, mix_kept
from bot.audio.module_process import ModuleFailed, run_module
from bot.audio.stretch_process import stretch_in_process
from bot.audio.untrusted.sandbox import Limits
from bot.errors import JobError
from tests.support import unfinished_module
from tests.support.known_sounds import drums, sound_of

UNFINISHED = unfinished_module.__name__
LIMITS = Limits(wall_seconds=120.0)


async def test_the_output_of_a_module_that_ends_well_is_returned():
    """Exit code 0."""
    assert (await run_module(UNFINISHED, b"exit 0", LIMITS)).endswith(bytes(9))


@pytest.mark.parametrize(
    ("given", "how"), [(b"exit 3", "code=3 signal=0"), (b"die", "code=0 signal=9")]
)
async def test_a_module_that_ends_badly_fails_whatever_it_wrote(given, how):
    """By its own exit code or signal; the launcher around it ends well."""
    with pytest.raises(ModuleFailed, match=how):
        await run_module(UNFINISHED, given, LIMITS)


async def test_a_module_is_killed_after_the_time_limit():
    """It fails like any other that gave no whole output."""
    limits = dataclasses.replace(LIMITS, wall_seconds=0.01)
    with pytest.raises(ModuleFailed, match="killed after 0.01 s"):
        await run_module(UNFINISHED, b"exit 0", limits)


async def test_a_module_that_can_not_be_started_fails(monkeypatch, tmp_path):
    """As where the machine has no more processes or files to give."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(ModuleFailed, match="not started"):
        await run_module(UNFINISHED, b"exit 0", LIMITS)


async def test_half_a_stretched_sound_is_refused():
    """A process that is killed while it writes gives no shorter sound."""
    sound = sound_of(drums(120, 1.0))
    with pytest.raises(JobError) as refused:
        await stretch_in_process(sound, 1.02, module=UNFINISHED)
    assert refused.value.sentence == stretch_process.LOST


async def test_half_a_mix_is_refused(tmp_path):
    """A process that is killed while it writes: the person is told that nothing was charged."""
    part = KeptPart(path=tmp_path / "clip.flac", loops=False)
    with pytest.raises(JobError) as refused:
        await mix_kept(part, part, 0.5, module=UNFINISHED)
    assert refused.value.sentence == mix_process.LOST
