"""Unusable uploads: the sentence that the person reads, and that nothing is charged."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from functools import partial

import numpy as np
import pytest
from aiohttp import web
from simcord.backend.models import EPHEMERAL_FLAG

from bot.app import attachment_fetch
from bot.app.attachment_fetch import too_large
from bot.audio.untrusted import ffmpeg_decoder, reading, sniff
from bot.audio.untrusted.sandbox import Limits
from bot.audio.untrusted.uploads import Uploads
from bot.pipeline.uploads import UploadIntake
from bot.store.database import FILE
from cogs.requests.draft import MAX_UPLOAD_BYTES
from tests.app.test_attachment_fetch import served
from tests.support.simulated_server import limited, open_server
from tests.support.sound_files import (
    RATE_HZ,
    as_file,
    from_ffmpeg,
    lying_flac,
    noise,
    playlist,
    wav_header,
)

OURS = {"bot", "cogs"}


MARK = "zaunkoenig"


NAMES = [
    f"../../{MARK}.wav",
    f"/etc/{MARK}.wav",
    f"..\\{MARK}.wav",
    f"{MARK}\0.wav",
    f"{MARK}\n[ERROR] all is lost.wav",
    f"{MARK}\r\nX-Header: 1.wav",
    f'\'"`$({MARK})`";touch {MARK};.wav',
    f"{MARK}{'x' * 300}.wav",
    f"\u202evaw.{MARK}.wav",
    f"a:{MARK}.wav",
    f"http://127.0.0.1/{MARK}.wav",
    f"-y -f {MARK}.wav",
    f"\x1b[31m{MARK}.wav",
    f"@everyone {MARK}.wav",
    "\U0001f3b5知音.wav",
    "CON.wav",
]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder for temporary folders that no other test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def refused(server, data, name="a.mp3"):
    """Send an unusable file, and return the private answer."""
    result = await server.alice.slash(server.channel, "music", prompt="jazz", clip=(name, data))
    await server.idle()
    assert [each for each in server.messages() if not each.flags & EPHEMERAL_FLAG] == []
    assert await server.store.jobs.unfinished() == []
    assert await server.store.clips.of_user(server.alice.id, 5) == []
    assert (await server.store.ledger.quota(server.alice.id, 600.0)).used_seconds == 0
    assert list(server.store.uploads_folder.iterdir()) == []
    (notice,) = [each for each in (result.response, *result.followups) if each and each.ephemeral]
    return notice.content


def film_without_sound():
    return from_ffmpeg(
        "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", "-c:v", "mpeg4", "-f", "mp4"
    )


def not_numbers(value):
    return as_file(np.full(RATE_HZ, value, np.float32), subtype="FLOAT")


BAD_FILES = {
    "a playlist of a local file": (lambda: playlist("/etc/hostname"), str(sniff.NOT_SOUND)),
    "a list to join": (
        lambda: b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        str(sniff.NOT_SOUND),
    ),
    "a playlist of an address": (lambda: playlist("http://127.0.0.1/a.ts"), str(sniff.NOT_SOUND)),
    "a header that lies": (lying_flac, str(ffmpeg_decoder.NO_TRACK)),
    "minutes of silence": (
        lambda: as_file(np.zeros(2**21, np.int16), "FLAC", 8000),
        str(reading.SILENT),
    ),
    "empty": (lambda: b"", str(sniff.EMPTY)),
    "one byte": (lambda: b"x", str(sniff.NOT_SOUND)),
    "an archive": (lambda: b"PK\x03\x04" + bytes(100), str(sniff.NOT_SOUND)),
    "cut off in the header": (lambda: as_file(noise(), "FLAC")[:60], str(ffmpeg_decoder.DAMAGED)),
    "a film without sound": (film_without_sound, str(ffmpeg_decoder.NO_TRACK)),
    "1,024 channels": (
        lambda: wav_header(1024, 32_000),
        str(sniff.MANY_CHANNELS.fill(channels=1024)),
    ),
    "2^32 - 1 Hz": (lambda: wav_header(1, 2**32 - 1), str(sniff.ODD_RATE.fill(rate_hz=2**32 - 1))),
    "no numbers": (lambda: not_numbers(np.nan), str(reading.NOT_NUMBERS)),
    "infinite": (lambda: not_numbers(np.inf), str(reading.NOT_NUMBERS)),
    "a constant": (lambda: as_file(np.ones(RATE_HZ)), str(reading.SILENT)),
    "too short": (lambda: as_file(noise(0.05)), str(reading.TOO_SHORT)),
    "too large": (lambda: bytes(MAX_UPLOAD_BYTES + 1), str(too_large(MAX_UPLOAD_BYTES).sentence)),
}


FAILING_DECODERS = {
    "crash": ("import ctypes; ctypes.string_at(0)", str(ffmpeg_decoder.DAMAGED)),
    "it never ends": ("while True: pass", str(ffmpeg_decoder.TOO_LONG)),
    "balloon": ("import mmap; mmap.mmap(-1, 2**32)", str(ffmpeg_decoder.TOO_HUNGRY)),
    "flood": ("while True: sys.stdout.buffer.write(bytes(2**20))", str(ffmpeg_decoder.DAMAGED)),
    "nothing comes out": ("sys.exit(0)", str(ffmpeg_decoder.NO_TRACK)),
    "126": ("sys.exit(126)", str(ffmpeg_decoder.CANT_READ)),
    "127": ("sys.exit(127)", str(ffmpeg_decoder.CANT_READ)),
}


@pytest.mark.parametrize("what", BAD_FILES)
async def test_a_file_that_can_not_be_used_costs_nothing(tmp_path, what):
    """One private sentence to the sender; nothing is public, and nothing is charged."""
    make, sentence = BAD_FILES[what]
    data = make()
    async with open_server(tmp_path) as server:
        assert await refused(server, data) == sentence


@pytest.mark.parametrize("what", FAILING_DECODERS)
async def test_a_decoder_that_fails_costs_nothing(tmp_path, place, what):
    """The person reads the reason, and the next file is decoded."""
    body, sentence = FAILING_DECODERS[what]
    limits = Limits(cpu_seconds=1)
    async with open_server(tmp_path) as server:
        working = server.pipeline.uploads
        server.pipeline.uploads = intake(server, limits=limits, ffmpeg=failing(place, body))
        assert await refused(server, as_file(noise())) == sentence
        server.pipeline.uploads = working
        await server.music(clip=("a.wav", as_file(noise())), seconds=1.0)
        assert len(await server.store.clips.of_user(server.alice.id, 5)) == 1


def intake(server, **options):
    """An intake of uploads with another decoder or other limits."""
    reader = Uploads(sample_rate_hz=RATE_HZ, channels=1, **options)
    return UploadIntake(server.store, reader, server.pipeline.stems)


def failing(folder, body):
    """A decoder that passes the check at the start, and then fails in a given way."""
    program = folder / "decoder"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nif 's16le' in sys.argv: sys.exit(0)\n{body}\n"
    )
    program.chmod(0o700)
    return program


async def endless(request):
    """A response without a declared length that never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(bytes(2**20))


async def half(request):
    """A response that declares a thousand bytes and breaks off after four."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    request.transport.close()
    return response


async def gone(request):
    """An address that has expired, or whose message was deleted."""
    return web.Response(status=404)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (endless, str(too_large(MAX_UPLOAD_BYTES).sentence)),
        (half, str(attachment_fetch.NOT_FETCHED)),
        (gone, str(attachment_fetch.NOT_FETCHED)),
    ],
)
async def test_a_file_that_can_not_be_fetched_costs_nothing(tmp_path, answer, sentence):
    """Discord declared nine bytes, and the response is something else."""
    async with open_server(tmp_path) as server, served(answer) as url:
        server.bot.fetch = partial(fetched_instead, url)
        assert await refused(server, bytes(9)) == sentence


async def fetched_instead(url, _, max_bytes):
    return await attachment_fetch.fetch(url, max_bytes)


async def test_a_file_s_name_is_only_on_the_card(tmp_path, monkeypatch, caplog):
    """It is in no command line, file or log, and escaped on the card."""
    for ours in OURS:
        caplog.set_level("DEBUG", logger=ours)
    starts = watched_starts(monkeypatch)
    async with open_server(tmp_path, config=limited(daily_seconds=1000)) as server:
        for number, name in enumerate(NAMES, 1):
            result = await server.bob.slash(
                server.channel, "music", prompt="jazz", seconds=1.0, clip=(name, as_file(noise()))
            )
            await server.idle()
            made = await server.store.clips.of_user(server.bob.id, 100)
            assert len(made) == number
            assert len(starts) == number
            _, _, files = starts[-1]
            assert files == ["sound"]
            answer = result.response
            shown = answer.content + "".join(each.filename for each in answer.attachments)
            for text in (repr(starts[-1]), shown, made[0].file):
                assert MARK not in text
            bare = made[0].upload_name
            assert not set(bare) & set("/\\\0\n\r\x1b\u202e")
            assert len(bare) <= 80
            (card,) = answer.embeds
            assert "@everyone" not in card.description
        kept = [each for each in server.folder.rglob("*") if each.is_file()]
        assert len(kept) > len(NAMES)
        assert [
            each
            for each in kept
            if MARK in str(each) or (FILE not in each.name and MARK.encode() in each.read_bytes())
        ] == []
    logged = [each.getMessage() for each in caplog.records if each.name.split(".")[0] in OURS]
    assert logged
    assert [each for each in logged if MARK in each] == []


def watched_starts(monkeypatch):
    """The arguments and environment of every started program, and the files in its folder."""
    starts, start = [], asyncio.create_subprocess_exec

    async def watched(*command, **options):
        if "file:sound" in command:
            starts.append((command, options["env"], os.listdir(options["cwd"])))
        return await start(*command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    return starts
