"""The windows that the starter's language model is trained on: inputs and targets."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.starter.training.data.codebooks import BOOKS, CHORDS, CODES, DRUMS, PLAN
from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

START, NO_TARGET = CODES, -100
PAD, END, WORDS_UNKNOWN = 0, 1, 2
FRAMES = 256
OPENING = 64
PROMPTS = (60, 120)

# Batches of three kinds, from pieces of random codes in which every window is unique.
_DRAW = """
import sys, numpy as np, torch
from bot.starter.training.data.loader import PIECE_FRAMES, MAX_CAPTION_TOKENS, PieceBatch
from bot.starter.training.data.codebooks import BOOKS, CODES
from bot.starter.training.data.windows import RingBuffer, WindowSettings, draw
random = np.random.default_rng(0)
pieces = random.integers(1, CODES, (12, len(BOOKS), PIECE_FRAMES)).astype(np.int16)
words = np.zeros((12, 2, MAX_CAPTION_TOKENS), np.int16)
for row, length in enumerate(random.integers(3, 20, 24)):
    words.reshape(24, MAX_CAPTION_TOKENS)[row, :length] = random.integers(3, 900, length)
    words.reshape(24, MAX_CAPTION_TOKENS)[row, length - 1] = 1
ring = RingBuffer(8, 2, torch.device("cpu"))
for start in (0, 4, 8):
    ring.add(PieceBatch(pieces[start:start + 4], words[start:start + 4]))
kinds = {"begins": (1.0, 0.0), "goes on": (0.0, 0.0), "heard": (0.0, 1.0)}
found = {"pieces": pieces, "words": words}
for name, (begins, heard) in kinds.items():
    plan = WindowSettings(positions=256 * 40, lengths=(256,), shares=(1.0,), openings=0.0,
                      begins=begins, heard=heard, shortest_prompt=60, longest_prompt=120,
                      dropped_text=0.0, dropped_text_of_heard=1.0, unknown_words=0.3)
    batch = draw(ring, plan, torch.Generator().manual_seed(5))
    for part in ("tokens", "targets", "words", "mask", "dropped"):
        found[f"{name} {part}"] = getattr(batch, part).numpy()
plan = WindowSettings(positions=64 * 40, openings=1.0, opening_frames=64, begins=0.0, heard=1.0)
found["openings"] = draw(ring, plan, torch.Generator().manual_seed(6)).targets.numpy()
np.savez(sys.argv[1], **found)
"""

# Real codes, with the errors of an encoder.
_HEAR = """
import sys, numpy as np, torch
from bot.starter.composer.compose import compose
from bot.starter.training.data.corruption import corrupt
from bot.starter.training.data.encoding import encode_piece
codes = np.stack([encode_piece(compose(seed, seconds=20.0), 600) for seed in range(60)])
heard = corrupt(torch.from_numpy(codes).long(), torch.Generator().manual_seed(1))
np.savez(sys.argv[1], codes=codes, heard=heard.numpy())
"""

# Codes that say their own frame, heard with the errors of an encoder.
_LATE = """
import json, torch
from bot.starter.training.data.corruption import corrupt
codes = torch.arange(1, 201).expand(60, 8, 200).clone()
heard = corrupt(codes, torch.Generator().manual_seed(1))
ahead = heard - codes
print(json.dumps([ahead.max().item(), int((ahead[:, 2:] == -1).sum())]))
"""


def results_of(script, tmp_path_factory):
    file = tmp_path_factory.mktemp("windows") / "drawn.npz"
    run_script(script, file)
    with np.load(file) as found:
        return dict(found)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return results_of(_DRAW, tmp_path_factory)


@pytest.fixture(scope="module")
def corrupted(tmp_path_factory):
    return results_of(_HEAR, tmp_path_factory)


def in_line(pattern, first):
    """Undo the delay pattern: return the codes [rows, books, frames] from frame `first` on.

    The last frame of the last codebook is missing from the tokens, as nothing follows it.
    """
    parts = [pattern[:, book, first + book :][:, :FRAMES] for book in range(len(BOOKS))]
    frames = min(part.shape[1] for part in parts)
    return np.stack([part[:, :frames] for part in parts], 1)


def windows_of(drawn, name):
    """Return tokens and targets without the delay, and the true codes, found by the targets."""
    tokens, targets = in_line(drawn[f"{name} tokens"], 1), in_line(drawn[f"{name} targets"], 0)
    places = {}
    for piece in range(len(drawn["pieces"])):
        for frame, column in enumerate(drawn["pieces"][piece].T):
            places[tuple(column)] = piece, frame
    true = []
    for row in targets:
        piece, last = places[tuple(row[:, -1])]
        true.append(drawn["pieces"][piece][:, last + 1 - FRAMES : last + 1])
    return tokens, targets, np.stack(true)


def prompts_of(targets):
    """Return how many frames of each row are no targets, the same in all codebooks."""
    is_asked = targets != NO_TARGET
    assert (is_asked == is_asked[:, :1]).all()
    lengths = (~is_asked[:, 0]).sum(1)
    np.testing.assert_array_equal(is_asked[:, 0], np.arange(FRAMES) >= lengths[:, None])
    return lengths


@pytest.mark.parametrize("name", ["begins", "goes on", "heard"])
def test_the_pattern_delays_each_codebook_by_one_more(drawn, name):
    """Before its start and after its end a codebook has the start token, and no targets."""
    tokens, targets = drawn[f"{name} tokens"], drawn[f"{name} targets"]
    assert tokens.shape == targets.shape == (40, len(BOOKS), FRAMES + len(BOOKS) - 1)
    for book in range(len(BOOKS)):
        assert (tokens[:, book, : 1 + book] == START).all()
        assert (tokens[:, book, 1 + book + FRAMES :] == START).all()
        assert (targets[:, book, :book] == NO_TARGET).all()
        assert (targets[:, book, book + FRAMES :] == NO_TARGET).all()
    inside = in_line(tokens, 1)
    assert inside.min() >= 0
    assert inside.max() < CODES


@pytest.mark.parametrize("name", ["begins", "goes on", "heard"])
def test_what_is_to_be_learnt_are_the_true_codes(drawn, name):
    """Whatever the input was; and only pieces still in the buffer are drawn."""
    _, targets, true = windows_of(drawn, name)
    is_asked = targets != NO_TARGET
    assert is_asked.any((1, 2)).all()
    np.testing.assert_array_equal(targets[is_asked], true[is_asked])
    gone = {tuple(column) for piece in drawn["pieces"][:4] for column in piece.T}
    assert not gone & {tuple(column) for row in true for column in row.T}


def test_a_window_from_the_start_is_asked_whole(drawn):
    """It begins with its piece, all its frames are targets, and its input is exact."""
    tokens, targets, true = windows_of(drawn, "begins")
    assert not prompts_of(targets).any()
    starts = {tuple(piece[:, 0]) for piece in drawn["pieces"]}
    assert all(tuple(row[:, 0]) in starts for row in true)
    np.testing.assert_array_equal(tokens, true[..., : tokens.shape[2]])


def test_openings_are_the_first_frames_of_pieces(drawn):
    """They are drawn separately, all their frames are targets, and a step has many of them."""
    openings = in_line(drawn["openings"], 0)[..., :OPENING]
    assert openings.shape == (40, len(BOOKS), OPENING)
    firsts = {piece[:, :OPENING].tobytes() for piece in drawn["pieces"]}
    assert {row.astype(np.int16).tobytes() for row in openings} <= firsts


def test_a_prompt_is_not_asked(drawn):
    """Targets start after 60 to 120 frames."""
    tokens, targets, true = windows_of(drawn, "goes on")
    lengths = prompts_of(targets)
    assert PROMPTS[0] <= lengths.min() < lengths.max() < PROMPTS[1]
    np.testing.assert_array_equal(tokens, true[..., : tokens.shape[2]])


def test_what_was_only_heard_has_no_clock_and_no_plan(drawn):
    """Other codebooks of the prompt have errors; all frames after it are exact."""
    tokens, targets, true = windows_of(drawn, "heard")
    lengths = prompts_of(targets)
    assert lengths.min() >= PROMPTS[0]
    wrong = 0
    for shown, own, length in zip(tokens, true, lengths, strict=True):
        assert not shown[: PLAN + 1, :length].any()
        wrong += (shown[DRUMS:, :length] != own[DRUMS:, :length]).any()
        np.testing.assert_array_equal(shown[:, length:], own[:, length : shown.shape[1]])
    assert len(lengths) / 2 < wrong < len(lengths)


def test_words_are_a_caption_of_the_piece(drawn):
    """Some words are replaced by the unknown token, never the end; the rest is masked."""
    words, mask = drawn["begins words"], drawn["begins mask"]
    known = [caption[caption != PAD] for piece in drawn["words"] for caption in piece]
    lost = 0
    for row, kept in zip(words, mask, strict=True):
        tokens = row[kept]
        assert (row[~kept] == PAD).all()
        assert tokens[-1] == END
        lost += (tokens == WORDS_UNKNOWN).sum()
        assert any(
            len(tokens) == len(caption) and ((tokens == caption) | (tokens == WORDS_UNKNOWN)).all()
            for caption in known
        )
    assert 0.2 < lost / mask.sum() < 0.4


def test_texts_are_dropped_as_planned(drawn):
    """In this batch always for encoded prompts, and never otherwise."""
    assert drawn["heard dropped"].all()
    assert not drawn["begins dropped"].any()
    assert not drawn["goes on dropped"].any()


def test_heard_codes_stay_in_range(corrupted):
    """Errors are codes of the same codebook or silence; clock and plan are unknown."""
    codes, heard = corrupted["codes"], corrupted["heard"]
    assert heard.shape == codes.shape
    assert not heard[:, : PLAN + 1].any()
    for book in range(DRUMS, len(BOOKS)):
        books = list(CHORDS) if book in CHORDS else [book]
        assert set(heard[:, book].ravel().tolist()) <= {0, *codes[:, books].ravel().tolist()}


def test_much_is_heard_wrong_but_not_all(corrupted):
    """Some pieces have no errors, most have some, and a codebook may be lost entirely."""
    sounding, heard = corrupted["codes"][:, DRUMS:], corrupted["heard"][:, DRUMS:]
    right = (sounding == heard).mean((1, 2))
    assert 0 < (right == 1).sum() < 20
    assert right.min() < 0.6
    assert 0.4 < right.mean() < 0.9
    is_lost = sounding.any(2) & ~heard.any(2)
    assert is_lost.any()


def test_an_encoder_is_late_and_never_early():
    """What is heard in a frame was played in it or before, in the first frame too."""
    ahead, late = json.loads(run_script(_LATE))
    assert ahead == 0
    assert late > 0
