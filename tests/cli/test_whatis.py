"""How a clip was made, read from its file: by the command, and of untrusted files."""

from __future__ import annotations

import os

import numpy as np
import pytest

from bot.audio.files import encode
from bot.audio.files.codes import pack_codes
from bot.audio.files.formats import BY_SUFFIX
from bot.audio.files.id3 import build_tag
from bot.audio.files.tags import MADE_BY
from bot.audio.untrusted import ffmpeg_decoder, tags
from bot.audio.untrusted.sandbox import Limits
from bot.cli.app import main
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.errors import ResourceError
from tests.support.leftover_processes import children

TAGS = Tags(
    prompt="90s rock 摇滚", seed=7, model="starter", kind="remix", parent_ids=(3, 4), clip_id=9,
    guidance=3.0, temperature=1.0, top_k=250, bpm=120.0, key="F# minor", loops=True,
)  # fmt: skip


SEED = '{"model": "starter", "kind": "music", "seed": ' + "9" * 4_000 + "}"


def with_tag(text):
    return build_tag({"ZHIYIN": text})


def clip(path, tags=TAGS):
    samples = np.sin(np.arange(32_000) / 20).astype(np.float32)[None]
    encode.write(path, Sound(samples=samples, sample_rate_hz=32_000), tags)
    return path


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_a_file_tells_how_it_was_made(tmp_path, capsys, suffix):
    """In every format: prompt, seed, model, settings, parents, and the mark of generated sound."""
    assert main(["whatis", str(clip(tmp_path / f"a{suffix}"))]) == 0
    output = capsys.readouterr().out
    for fact in (MADE_BY, "90s rock 摇滚", "7", "starter", "clip 3, clip 4", "120 BPM", "F# minor"):
        assert fact in output


@pytest.mark.parametrize(
    ("name", "contents", "sentence"),
    [
        ("missing.mp3", None, "There is no file"),
        ("empty.mp3", b"", "Nothing in empty.mp3 says how it was made"),
        ("noise.mp3", bytes(range(256)) * 40, "Nothing in noise.mp3 says how it was made"),
        ("deep.mp3", with_tag("[" * 100_000), "Nothing in deep.mp3 says how it was made"),
        ("seed.mp3", with_tag(SEED), "Nothing in seed.mp3 says how it was made"),
        ("cut.mp3", with_tag(SEED)[:-30], "Nothing in cut.mp3 says how it was made"),
    ],
)
def test_other_files_give_one_error_sentence(tmp_path, capsys, name, contents, sentence):
    """With odd and damaged tags, too: nothing is known, rather than an error."""
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    assert main(["whatis", str(tmp_path / name)]) == 1
    assert sentence in capsys.readouterr().err


async def test_untrusted_tags_are_read_in_a_separate_process(tmp_path):
    """With the same result."""
    assert await tags.read_untrusted_tags(clip(tmp_path / "a.mp3").read_bytes()) == TAGS
    assert await tags.read_untrusted_tags(b"nothing") is None


async def test_untrusted_codes_are_read_in_a_separate_process(tmp_path):
    """Also codes of minutes; a file without codes has none."""
    tokens = np.random.default_rng(1).integers(0, 2048, (8, 6_000), dtype=np.int32)
    packed = pack_codes(Codes(tokens=tokens, fingerprint="0a" * 8))
    sound = Sound(samples=np.zeros((1, 32_000), np.float32), sample_rate_hz=32_000)
    encode.write(tmp_path / "with.mp3", sound, TAGS, packed)
    found = await tags.read_untrusted_codes((tmp_path / "with.mp3").read_bytes())
    assert found is not None
    assert np.array_equal(found.tokens, tokens)
    assert await tags.read_untrusted_codes(clip(tmp_path / "a.mp3").read_bytes()) is None
    assert await tags.read_untrusted_codes(b"nothing") is None


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "x = bytearray(2**31)",
        "import os; os.abort()",
        "print('{' * 10**6)",
        "while True: print('{' * 10**6)",
        "import os; os.fork(); print('{' * 10**6)",
        "raise SystemExit(3)",
    ],
)
async def test_a_malicious_file_only_crashes_the_reader(tmp_path, body):
    """Endless work, all memory, a crash, a flood: the reader is killed, with no result."""
    reader = reader_that_does(body, tmp_path)
    limits = Limits(cpu_seconds=1, memory_bytes=2**30, processes=16, wall_seconds=30.0)
    # More than a pipe holds, which a malicious reader may leave unread.
    assert await tags.read_untrusted_tags(bytes(2**20), limits, reader) is None
    assert await tags.read_untrusted_codes(bytes(2**20), limits, reader) is None
    assert not [line for line in os.listdir(tmp_path) if line != "trap"]
    assert children() == []


async def test_a_reader_that_hangs_midway_is_killed(tmp_path):
    """After a time limit."""
    reader = reader_that_does(
        "import time; print('{' * 60_000, flush=True); time.sleep(3600)", tmp_path
    )
    limits = Limits(cpu_seconds=60, memory_bytes=2**30, processes=16, wall_seconds=1.5)
    assert await tags.read_untrusted_tags(b"x", limits, reader) is None
    assert children() == []


async def test_a_reader_that_can_not_be_started_is_a_fault_of_the_machine(tmp_path):
    """The file is not to blame, and that is what the person is told."""
    reader = tags.ReaderProgram(root=tmp_path / "gone")
    with pytest.raises(ResourceError) as refused:
        await tags.read_untrusted_tags(b"x", reader=reader)
    assert refused.value.sentence == ffmpeg_decoder.CANT_READ


def reader_that_does(body, folder):
    """Write a program that is run in place of the tag reader."""
    package = folder / "trap"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "reader.py").write_text(body)
    return tags.ReaderProgram("trap.reader", folder)
