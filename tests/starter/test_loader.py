"""The input of the starter's training: pieces from composing processes, and the codec's loss."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress

import numpy as np
import psutil
import pytest

from bot.starter.composer.compose import compose
from bot.starter.training.data.codebooks import BOOKS
from bot.starter.training.data.encoding import encode_piece
from tests.support.training_environment import PYTHON, ROOT, needs_training, run_script

pytestmark = needs_training

_BATCH = """
import sys, numpy as np
from bot.starter.training.data import vocabulary
from bot.starter.training.data.crops import sound_numbers
from bot.starter.training.data.loader import LoaderSettings, make_crop_batch, make_piece_batch
tokenizer = vocabulary.learn(["piano and drums, 120 bpm", "very " * 60] * 5, 500)
batch, again = (make_piece_batch(range(40, 44), tokenizer, 3, 0.0) for _ in "ab")
wished = make_piece_batch(range(40, 60), tokenizer, 1, 0.5)
plan, numbers = LoaderSettings(crops=5, crop_frames=80), sound_numbers()
crops = make_crop_batch(range(40, 42), plan, numbers)
np.savez(sys.argv[1], codes=batch.codes, words=batch.words, words_again=again.words,
         wished=wished.codes,
         crops=crops.codes, counts=[len(each) for each in crops.plays],
         plays=np.concatenate(crops.plays), sounds=len(numbers.by_key))
"""

# Lots of two processes, by the first code of each piece; and whether processes are left.
_SUPPLY = """
import json, numpy as np
from bot.starter.training.data import vocabulary
from bot.starter.training.data.loader import PieceLoader, LoaderSettings, make_piece_batch
if __name__ == "__main__":
    tokenizer = vocabulary.learn(["piano"] * 5, 500)
    plan = LoaderSettings(first_seed=70, processes=2, pieces=2, captions=1, wishes=0.0)
    with PieceLoader(plan, tokenizer.to_str()) as supply:
        batches = []
        for batch in supply:
            batches.append(batch)
            if len(batches) == 6:
                break
        batches += supply.ready(lambda: False)
        started = supply._started
        alive = [process.is_alive() for process in started]
    wanted = {make_piece_batch(range(s, s + 2), tokenizer, 1, 0.0).codes.tobytes(): s
              for s in range(70, 110, 2)}
    print(json.dumps([[wanted.get(batch.codes.tobytes()) for batch in batches], alive,
                      [process.is_alive() for process in started]]))
"""

# How many batches come in one call, of a process that has just begun to compose them.
_NEXT = """
from bot.starter.training.data import vocabulary
from bot.starter.training.data.loader import PieceLoader, LoaderSettings
if __name__ == "__main__":
    tokenizer = vocabulary.learn(["piano"] * 5, 500)
    came = []
    with PieceLoader(LoaderSettings(pieces=2, next_seconds=60.0), tokenizer.to_str()) as supply:
        for each in supply.ready(lambda: len(came) < 4):
            came.append(each)
    print(len(came))
"""

_DEAD = """
import multiprocessing.connection
from bot.starter.training.data.loader import PieceLoader, LoaderSettings
if __name__ == "__main__":
    with PieceLoader(LoaderSettings(), "no tokenizer") as supply:
        for waiting in (lambda: next(iter(supply)), lambda: list(supply.ready(lambda: True))):
            try:
                multiprocessing.connection.wait([supply._started[0].sentinel])
                waiting()
            except RuntimeError as error:
                print(error)
"""

# Distances of a sound from itself, from louder ones, from another tone and from silence.
_DISTANCE = """
import json, torch
from bot.starter.training.codec.spectral_loss import SpectralDistance
distance = SpectralDistance(32000)
times = torch.arange(32000) / 32000
sound, other = (0.3 * torch.sin(6.2832 * hz * times)[None] for hz in (440, 660))
print(json.dumps([distance(each, sound).item()
                  for each in (sound, 1.2 * sound, 3 * sound, other, 0 * sound)]))
"""

# The vectors of codes, and the dimensions that music of some codebooks uses.
_STATES = """
import json, torch
from bot.starter.training.codec.latent_layout import SOUNDING
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from tests.support.synthetic_instruments import music
torch.manual_seed(0)
codec = StemCodec(codec_size())
tables = codec.tables()
codes = torch.from_numpy(music()).long()[None]
used = []
with torch.no_grad():
    for book in SOUNDING:
        alone = torch.zeros_like(codes)
        alone[:, book] = codes[:, book]
        used.append(codec.states(alone, tables)[0].any(0).nonzero()[:, 0].tolist())
    silent = codec.states(torch.zeros_like(codes), tables).any().item()
print(json.dumps([used, silent, [torch.equal(tables[one], tables[one + 1])
                                 for one in (2, 3, 1)]]))
"""


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    file = tmp_path_factory.mktemp("supply") / "batch.npz"
    run_script(_BATCH, file)
    with np.load(file) as found:
        return dict(found)


def test_a_batch_is_pieces_of_consecutive_seeds(batch):
    """Pieces composed in the test have the same codes."""
    frames = batch["codes"].shape[2]
    for row, seed in enumerate(range(40, 44)):
        own = encode_piece(compose(seed, seconds=40.0), frames)
        np.testing.assert_array_equal(batch["codes"][row], own)


def test_a_share_of_the_pieces_is_composed_to_a_wish(batch):
    """The others are determined by their seed alone."""
    frames = batch["wished"].shape[2]
    alone = [
        np.array_equal(codes, encode_piece(compose(seed, seconds=40.0), frames))
        for seed, codes in zip(range(40, 60), batch["wished"], strict=True)
    ]
    assert 4 < sum(alone) < 16


def test_captions_fit_and_end(batch):
    """Each has an end token, followed by padding; a piece always has the same captions."""
    np.testing.assert_array_equal(batch["words"], batch["words_again"])
    for caption in batch["words"].reshape(-1, batch["words"].shape[2]):
        (ends,) = np.flatnonzero(caption == 1)
        assert not caption[ends + 1 :].any()
        assert caption[:ends].all()


def test_crops_come_with_what_is_played_in_them(batch):
    """As a table of stems and sounds; a crop with any note or stroke has rows."""
    codes, plays = batch["crops"], batch["plays"]
    assert codes.shape == (10, len(BOOKS), 80)
    assert len(batch["counts"]) == 10
    assert set(plays[:, 0].tolist()) <= {0, 1, 2, 3}
    assert plays[:, 1].min() >= 0
    assert plays[:, 1].max() < batch["sounds"]
    assert plays[:, 2].max() < 80 * 640
    assert all(
        count > 0 for crop, count in zip(codes, batch["counts"], strict=True) if crop[2:].any()
    )


def test_processes_compose_in_turn_and_end():
    """No piece comes twice, and both processes take part; they end with the context."""
    seeds, alive, afterwards = json.loads(run_script(_SUPPLY))
    assert len(set(seeds)) == len(seeds) == 6
    assert None not in seeds
    assert alive == [True, True]
    assert afterwards == [False, False]


def test_as_many_batches_come_at_once_as_are_wanted():
    """The next one is waited for a moment: it can't be there as soon as one has been taken."""
    assert run_script(_NEXT).strip() == "4"


def test_a_process_that_dies_is_reported():
    """The training fails instead of waiting for ever."""
    assert run_script(_DEAD).strip().startswith("A composing process has died (exit code 1)")


def test_the_codec_s_distance_grows_with_the_difference():
    """0 for the same sound; silence and another tone are far away."""
    same, louder, loudest, other, silent = json.loads(run_script(_DISTANCE))
    assert same == pytest.approx(0, abs=1e-6)
    assert 0 < louder < loudest < silent
    assert other > 4 * louder


def test_each_codebook_has_its_own_part_of_the_latent_space():
    """Of vectors and keys; what the decoder adds up is shared, and silence is zero.

    The voices of a chord sound alike, unlike the bass.
    """
    used, silent, shared = json.loads(run_script(_STATES))
    noise = 16 + 9 * (len(used) - 1)
    vectors = noise + 10 + 29
    for number, dimensions in enumerate(used):
        own = [*range(16), *range(noise, noise + 10)]
        if number:
            own = [*range(7 + 9 * number, 16 + 9 * number), *range(noise, vectors)]
        first = vectors + 16 * number
        assert dimensions == [*own, *range(first, first + 16)]
    assert silent is False
    assert shared == [True, True, False]


# A training that is killed while its composing process waits for room in the queue.
_KILLED = """
import os, signal, sys
from multiprocessing import active_children
from pathlib import Path
from bot.starter.training.data.loader import PieceLoader, LoaderSettings
with PieceLoader(LoaderSettings(processes=1, pieces=1, crops=1, waiting=1), None) as supply:
    next(iter(supply))
    (composing,) = active_children()
    Path(sys.argv[1]).write_text(str(composing.pid))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_composing_ends_with_the_training_however_it_ends(tmp_path):
    """If the training is killed, its processes notice and stop."""
    file = tmp_path / "pid"
    killed = subprocess.run([PYTHON, "-c", _KILLED, file], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):  # it may have ended already
        psutil.Process(int(file.read_text())).wait(timeout=60)
