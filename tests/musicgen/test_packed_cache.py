"""The cache of packed weights: what is stored, refused and deleted."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from bot.domain.generation import Finished, GenerationRequest
from bot.musicgen.checkpoint import packed_cache, packed_file
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.load import load
from bot.musicgen.checkpoint.packed_file import DamagedFileError, PackedFile
from bot.musicgen.checkpoint.tokenizer import StoredTokenizer, stored_tokenizer
from bot.musicgen.engine.engine import Engine
from bot.musicgen.kernels.packed_weights import PackedWeights
from bot.musicgen.model import load_model

ROOT = Path(__file__).parents[2]

# A second start, in a process that has not seen the first.
START = """
import hashlib, sys
from pathlib import Path
from tests.musicgen.test_packed_cache import clip
print(hashlib.sha256(clip(Path(sys.argv[1]), Path(sys.argv[2])).tobytes()).hexdigest())
print([name for name in ("mindnlp", "transformers") if name in sys.modules])
"""


def clip(folder, cache, precision="int8"):
    """Load a model and return the samples of a short clip."""
    model = load_model(folder, cache=cache, threads=1, precision=precision)
    engine = Engine(model, max_seconds=10)
    engine.submit(GenerationRequest(seconds=0.5, seed=3, prompt="90s rock"))
    events = []
    while engine.busy:
        events += engine.step()
    (done,) = [event for event in events if isinstance(event, Finished)]
    return done.sound.samples


@pytest.fixture
def cache(tmp_path, kernel_library):
    """A cache with the compiled kernels and no packed weights."""
    folder = tmp_path / "cache"
    (folder / "kernels").mkdir(parents=True)
    (folder / "kernels" / kernel_library.name).symlink_to(kernel_library)
    return folder


def kept(cache):
    return [entry.path for entry in packed_cache.entries(cache)]


CONTENT = PackedFile(
    arrays={
        "matrix": np.arange(300_000, dtype=np.float32).reshape(3, -1),
        "half": np.arange(5, dtype=np.float16),
        "bytes": np.arange(256, dtype=np.uint8),
        "bits": np.arange(7, dtype=np.uint16),
        "ids": np.arange(3, dtype=np.int64),
        "none": np.zeros((0, 4), np.float32),
    },
    tokenizer='{"of": "words"}',
)


def test_a_cached_start_is_equal_and_imports_no_model_library(tiny_mono, cache):
    """The samples are equal, and neither MindNLP nor transformers is imported."""
    first = clip(tiny_mono, cache)
    assert len(kept(cache)) == 1
    run = subprocess.run(
        [sys.executable, "-c", START, str(tiny_mono), str(cache)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    digest, imported = run.stdout.split("\n")[:2]
    assert digest == hashlib.sha256(first.tobytes()).hexdigest()
    assert imported == "[]"


@pytest.mark.parametrize(
    ("name", "precision"),
    [("tiny_mono", "fp32"), ("tiny_mono", "bf16"), ("tiny_stereo", "int8"), ("tiny_stems", "int4")],
)
def test_every_precision_and_shape_round_trips(name, precision, cache, request):
    """The second start gives the same clip as the first."""
    folder = request.getfixturevalue(name)
    assert np.array_equal(clip(folder, cache, precision), clip(folder, cache, precision))
    assert len(kept(cache)) == 1


def test_the_stored_tokenizer_is_the_checkpoint_s(tiny_mono):
    """It gives the same tokens, also for unknown words and for an empty prompt."""
    tokenizer = load(tiny_mono).tokenizer
    kept = stored_tokenizer(tokenizer)
    assert kept is not None
    stored = StoredTokenizer(kept)
    for text in (
        "90s rock song with loud guitars",
        "",
        "  Two  spaces ",
        "知音 ünïcode ☂",
        "a" * 999,
    ):
        assert stored.encode(text) == tokenizer.encode(text)


def test_a_tokenizer_written_in_python_is_not_stored():
    """It has no serialized form."""
    assert stored_tokenizer(object()) is None


@pytest.mark.parametrize("sparse", [(), ("matrix", "half")])
def test_a_packed_file_round_trips(tmp_path, sparse):
    """Every type, and an empty array; mapped or read."""
    packed_file.write(tmp_path / "x", CONTENT, sparse=sparse)
    found = packed_file.read(tmp_path / "x")
    assert found.tokenizer == CONTENT.tokenizer
    assert found.arrays.keys() == CONTENT.arrays.keys()
    for name, array in CONTENT.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert np.array_equal(found.arrays[name], array)
        assert isinstance(found.arrays[name], np.memmap) == (name in sparse)


def test_the_cache_is_readable_by_other_users(tmp_path):
    """The safetensors library reads it, too."""
    from safetensors.numpy import load_file

    content = PackedFile(
        arrays={name: array for name, array in CONTENT.arrays.items() if name != "none"},
        tokenizer="{}",
    )
    packed_file.write(tmp_path / "x.safetensors", content)
    found = load_file(tmp_path / "x.safetensors")
    assert all(np.array_equal(found[name], array) for name, array in content.arrays.items())


def damaged(data):
    """The bytes of a file, each time with another defect."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    yield b""
    yield data[:5]
    yield data[:100]
    yield data[:-1]
    yield bytes(8) + data[8:]
    yield b"\xff" * 8 + data[8:]
    yield data[:8] + b"[" + data[9:]
    for place in (8 + length, 8 + length + 500_000, len(data) - 1):
        yield data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    changes: tuple[dict[str, object], ...] = (
        {"matrix": {**header["matrix"], "shape": [1 << 40]}},
        {"matrix": {**header["matrix"], "shape": [1 << 40], "data_offsets": [0, 4 << 40]}},
        {"matrix": {**header["matrix"], "shape": [-1]}},
        {"matrix": {**header["matrix"], "dtype": "F8"}},
        {"matrix": []},
        {"__metadata__": {}},
        {"__metadata__": None},
        # Damage to the description of the arrays, not to themselves.
        {"__metadata__": {**header["__metadata__"], "tokenizer": '{"of": "sword"}'}},
        {"__metadata__": {**header["__metadata__"], "sparse": '["matrix"]'}},
        {"half": None, "hulf": header["half"]},
    )
    for change in changes:
        changed = {name: entry for name, entry in {**header, **change}.items() if entry is not None}
        text = json.dumps(changed).encode()
        yield len(text).to_bytes(8, "little") + text + data[8 + length :]


def test_corruption_is_detected(tmp_path):
    """Each defect is reported; none is read wrongly, crashes the process or allocates memory."""
    packed_file.write(tmp_path / "x", CONTENT)
    for number, data in enumerate(damaged((tmp_path / "x").read_bytes())):
        (tmp_path / "y").write_bytes(data)
        with pytest.raises(DamagedFileError):
            packed_file.read(tmp_path / "y")
        assert packed_cache.read(tmp_path / "y") is None, number


def test_a_corrupt_file_is_rebuilt(tiny_mono, cache, caplog):
    """It costs as much time as a first start."""
    first = clip(tiny_mono, cache)
    (file,) = kept(cache)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1000])
    with caplog.at_level(logging.WARNING, logger="bot"):
        assert np.array_equal(clip(tiny_mono, cache), first)
    assert "packed.unreadable" in caplog.text
    assert file.read_bytes() == whole


def test_an_unwritable_cache_only_costs_time(tiny_mono, cache, caplog):
    """A clip is generated, and the log says why the next start will be slow."""
    (cache / packed_cache.FOLDER).write_text("not a folder")
    with caplog.at_level(logging.WARNING, logger="bot"):
        assert clip(tiny_mono, cache).size
    assert "packed.not_written" in caplog.text


def test_concurrent_reads_see_a_complete_file(tmp_path):
    """While two processes write the same file repeatedly."""
    path = tmp_path / "x"
    contents = [
        PackedFile(arrays={"x": np.full(50_000, value, np.float32)}, tokenizer=str(value))
        for value in (1, 2)
    ]
    packed_file.write(path, contents[0])
    done = threading.Event()

    def write(content):
        for _ in range(20):
            packed_file.write(path, content)
        done.set()

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    while not done.is_set():
        found = packed_file.read(path)
        assert (found.arrays["x"] == float(found.tokenizer)).all()
    for writer in writers:
        writer.join()
    assert list(tmp_path.iterdir()) == [path]


def test_different_content_has_another_file(tiny_mono, tmp_path):
    """It depends on weights, settings, tokenizer, precision and kernels."""
    kernels = Path("kernels-1.so")
    names = set()

    def add(folder, precision="int8", kernels=kernels):
        names.add(packed_cache.locate(tmp_path, inspect(folder), precision, kernels))

    add(tiny_mono)
    add(tiny_mono)
    assert len(names) == 1
    add(tiny_mono, precision="fp32")
    add(tiny_mono, kernels=Path("kernels-2.so"))
    copy = shutil.copytree(tiny_mono, tmp_path / tiny_mono.name)
    add(copy)
    assert len(names) == 3
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    add(copy)
    settings = json.loads((copy / "generation_config.json").read_text())
    (copy / "generation_config.json").write_text(json.dumps({**settings, "top_k": 7}))
    add(copy)
    assert len(names) == 5


def test_unused_files_are_deleted(tmp_path):
    """After a month without reads, and temporary files of killed processes; used ones stay."""
    folder = tmp_path / packed_cache.FOLDER
    folder.mkdir()
    packed = PackedWeights()
    packed.array("x", lambda: np.zeros(3, np.float32))
    old, used, left = folder / "old.safetensors", folder / "used.safetensors", folder / ".x.1.part"
    packed_cache.write(old, packed, "{}")
    packed_cache.write(used, packed, "{}")
    left.write_text("half")
    long_ago = time.time() - packed_cache.UNUSED_SECONDS - 60
    for path in (old, used, left):
        os.utime(path, (long_ago, long_ago))
    assert packed_cache.read(used) is not None
    packed_cache.write(folder / "new.safetensors", packed, "{}")
    assert [path.name for path in kept(tmp_path)] == ["new.safetensors", "used.safetensors"]
    assert not left.exists()
    assert packed_cache.clear(tmp_path) > 0
    assert kept(tmp_path) == []


def test_a_model_s_name_is_looked_up_once():
    """Two parts of a model with the same name are an error."""
    packed = PackedWeights()
    packed.array("x", lambda: np.zeros(3))
    with pytest.raises(AssertionError):
        packed.array("x", lambda: np.ones(3))
