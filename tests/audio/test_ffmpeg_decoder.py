"""Misbehaving decoders: they can't harm the bot, nor block it for long."""

from __future__ import annotations

import asyncio
import stat
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import ffmpeg_decoder, scratch_folder
from bot.audio.untrusted.reading import NO_SOUND
from bot.audio.untrusted.sandbox import Limits
from bot.audio.untrusted.uploads import Uploads
from bot.errors import ResourceError, SoundError
from bot.i18n.sentence import Sentence
from tests.support.leftover_processes import children, named
from tests.support.sound_files import RATE_HZ, as_file, noise

# RIFF, WAVE, one channel of floats, 32,000 a second, data.
WAV_HEAD = (
    r"printf 'RIFF\377\377\377\377WAVEfmt \020\0\0\0\003\0\001\0\0\175\0\0\0\364\001\0\004\0\040\0"
    r"data\377\377\377\377'"
)
SHORT = Limits(cpu_seconds=1, memory_bytes=2**30, wall_seconds=20.0)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder for temporary folders that no other test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def decoder(folder, body, interpreter="/bin/sh", trial="/bin/true && exit 0"):
    """Return a program in ffmpeg's place; its trial run, with s16le, succeeds by default.

    A shell starts other programs, and so has no filter of system calls around it.
    """
    program = folder / "decoder"
    if interpreter == "/bin/sh":
        body = f'for each in "$@"; do [ "$each" = s16le ] && {trial}; done\n{body}'
    else:
        body = f"import sys\nif 's16le' in sys.argv: sys.exit(0)\n{body}"
    program.write_text(f"#!{interpreter}\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


async def heard(program, limits=SHORT):
    reader = Uploads(sample_rate_hz=RATE_HZ, channels=1, limits=limits, ffmpeg=program)
    return await reader.read(as_file(noise()), keep_seconds=10.0)


def left(folder):
    """Return leftover folders and processes that should have been deleted and ended."""
    folders = list(Path(folder).glob(f"{scratch_folder.FOLDER_PREFIX}*"))
    return folders + children()


@pytest.mark.parametrize(
    ("body", "interpreter", "sentence", "logged"),
    [
        (
            "import ctypes; ctypes.string_at(0)",
            sys.executable,
            str(ffmpeg_decoder.DAMAGED),
            "decoder_crashed signal=11",
        ),
        ("while :; do :; done", "/bin/sh", str(ffmpeg_decoder.TOO_LONG), "limit=processor"),
        (
            f"{WAV_HEAD}; while :; do head -c 1000000 /dev/zero; done",
            "/bin/sh",
            str(ffmpeg_decoder.TOO_LONG),
            "limit=output",
        ),
        (
            "import mmap; mmap.mmap(-1, 2**32)",
            sys.executable,
            str(ffmpeg_decoder.TOO_HUNGRY),
            "limit=memory",
        ),
        ("exit 0", "/bin/sh", str(NO_SOUND), ""),
        ("echo made of stone >&2; exit 3", "/bin/sh", str(ffmpeg_decoder.DAMAGED), ""),
        (f"{WAV_HEAD}; head -c 1000 /dev/zero; exit 0", "/bin/sh", "shorter than a tenth", ""),
        ("head -c 1000 /dev/zero; exit 0", "/bin/sh", str(NO_SOUND), ""),
        ("while :; do head -c 1000000 /dev/zero; done", "/bin/sh", str(ffmpeg_decoder.DAMAGED), ""),
        ("sleep 3600 & exit 0", "/bin/sh", str(NO_SOUND), ""),
    ],
)
async def test_a_decoder_failure_gives_a_sentence(
    place, caplog, body, interpreter, sentence, logged
):
    """It crashes, never ends, floods, takes all memory or prints nothing: one sentence."""
    caplog.set_level("INFO", logger="bot")
    with pytest.raises(SoundError, match=sentence):
        await heard(decoder(place, body, interpreter))
    assert logged in caplog.text
    assert "made of stone" not in caplog.text
    assert left(place) == []


@pytest.mark.parametrize("body", ["sleep 3600", "yes >&2", "yes made of stone >&2 & sleep 3600"])
async def test_a_hanging_decoder_is_killed(place, caplog, body):
    """After a time limit, with all processes it started; its output is discarded."""
    caplog.set_level("INFO", logger="bot")
    before = psutil.Process().memory_info().rss
    limits = Limits(cpu_seconds=60, wall_seconds=1.5)
    with pytest.raises(SoundError, match=str(ffmpeg_decoder.TOO_LONG)):
        await heard(decoder(place, body), limits)
    assert "limit=time" in caplog.text
    assert psutil.Process().memory_info().rss - before < 64 * 2**20
    assert left(place) == []


@pytest.mark.parametrize("spoil", ["missing", "not a program", "not to be run"])
async def test_a_decoder_that_can_not_be_started_is_not_the_file_s_fault(place, caplog, spoil):
    """The sentence says so, and an error is logged for the owner."""
    program = decoder(place, "exit 0")
    if spoil == "missing":
        program.unlink()
    elif spoil == "not a program":
        program.write_bytes(b"\x7fELF" + bytes(100))
    else:
        program.chmod(0o600)
    with pytest.raises(ResourceError) as caught:
        await heard(program)
    assert str(caught.value.sentence) == str(ffmpeg_decoder.CANT_READ)
    assert any(record.levelname == "ERROR" for record in caplog.records)
    assert left(place) == []


async def test_a_full_disk_is_not_the_file_s_fault(place, monkeypatch, caplog):
    """If the file can't be stored for decoding: the same sentence and log."""
    monkeypatch.setattr(tempfile, "tempdir", str(place / "full"))
    with pytest.raises(ResourceError, match="not your file's fault"):
        await heard(find_ffmpeg())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_the_first_upload_after_a_crash_removes_leftovers(place, caplog):
    """The new process sweeps before it decodes anything."""
    caplog.set_level("INFO", logger="bot")
    (place / f"{scratch_folder.FOLDER_PREFIX}old").mkdir()
    await heard(find_ffmpeg(), Limits())
    assert "upload.swept folders=1" in caplog.text
    assert left(place) == []


async def test_a_cancelled_decoding_leaves_no_process(place):
    """The decoder is killed and its folder deleted."""
    task = asyncio.create_task(heard(decoder(place, "sleep 3600")))
    async with asyncio.timeout(60):
        while not named("sleep"):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(place) == []


@pytest.mark.parametrize("body", ["yes", "yes & exec sleep 3600"])
async def test_cancelling_during_heavy_output_ends_the_decoder(place, body):
    """Unread output in the pipe, and processes that hold it, do not delay the cancellation."""
    decoding = ffmpeg_decoder.Decoding(demuxer="wav", max_seconds=9.0)
    async with asyncio.timeout(60):
        with pytest.raises(SoundError, match="enough"):
            async with ffmpeg_decoder.lend_decoded(
                b"", decoding, ffmpeg=decoder(place, body)
            ) as chunks:
                await anext(chunks)
                # More output arrives than the buffer holds, and reading is paused.
                await asyncio.sleep(0.2)
                raise SoundError(Sentence("enough"))
    assert left(place) == []


async def test_leftovers_of_a_killed_bot_are_removed(place):
    """Unlocked folders of uploads are deleted; one in use stays."""
    (place / f"{scratch_folder.FOLDER_PREFIX}old").mkdir()
    (place / f"{scratch_folder.FOLDER_PREFIX}old" / "sound").write_bytes(b"x")
    (place / "other").mkdir()
    outside = place / "outside"
    outside.mkdir()
    (place / f"{scratch_folder.FOLDER_PREFIX}link").symlink_to(outside)
    with scratch_folder.lend_folder() as used:
        assert scratch_folder.sweep() == 1
        assert used.exists()
    assert outside.exists()
    assert not (place / f"{scratch_folder.FOLDER_PREFIX}old").exists()


def test_a_sweep_keeps_folders_just_created_by_another_bot(place):
    """There is a moment between creating a folder and locking it."""
    done = threading.Event()

    def sweep():
        while not done.is_set():
            scratch_folder.sweep()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(1000):
            with scratch_folder.lend_folder() as folder:
                (folder / "sound").write_bytes(b"x")
    finally:
        done.set()
        sweeper.join()
    assert left(place) == []


async def test_the_real_decoder_returns_the_samples():
    """Inside all layers of the sandbox that this machine has."""
    sound = await Uploads(sample_rate_hz=RATE_HZ, channels=1).read(
        as_file(noise(2.0)), keep_seconds=10.0
    )
    assert np.abs(sound.samples[0] - noise(2.0)[:, 0]).max() < 1e-3
