"""The evaluation of codes as music, on known notes."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation import (
    held_out_prompts,
    note_adherence,
    note_score,
    note_statistics,
    note_style,
    prompt_wordings,
)
from bot.starter.evaluation.held_out_prompts import PromptSpec
from bot.starter.evaluation.musicnn import Tagger, tags_of
from bot.starter.evaluation.note_score import Score
from bot.starter.evaluation.report_section import Share
from bot.starter.evaluation.tensorflow_bundle import read_bundle
from bot.starter.training.data.codebooks import (
    BASS,
    BASS_CODES,
    BOOKS,
    CHORDS,
    CLOCK,
    LEAD,
    LEAD_CODES,
    PLAN,
    Pitched,
    clock_codes,
    plan_code,
)
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.notes import CodedNote

BEAT = 24
BAR = 4 * BEAT
FRAMES = 8 * BAR


def silence():
    return np.zeros((len(BOOKS), FRAMES), np.int16)


def play(row, layout: Pitched, frame, pitch, frames=6, instrument=None):
    """Write a note into a codebook."""
    state = layout.state(instrument or layout.instruments[0], pitch)
    row[frame : frame + frames] = layout.code(state, 1)
    row[frame] = layout.code(state, 0)


def bass_line(pitches, frames):
    codes = silence()
    for frame, pitch in zip(frames, pitches, strict=True):
        play(codes[BASS], BASS_CODES, frame, pitch)
    return codes


@pytest.mark.parametrize("first", [0, 5])
def test_notes_on_sixteenths_and_triplets_are_on_the_grid(first):
    """Relative to the beat; one frame beside the grid is off."""
    steps = [0, BEAT // 4, BEAT // 3, BEAT // 2, 2 * BEAT, 3 * BEAT + 16]
    on = [first + step for step in steps]
    score = note_score.score_of(bass_line([40] * 6, on), BEAT, 4)
    assert score.first_beat % (BEAT // 12) == first % (BEAT // 12)
    assert all(note_score.on_grid(score))
    off = [*on[:-1], on[-1] + 1]
    assert sum(note_score.on_grid(note_score.score_of(bass_line([40] * 6, off), BEAT, 4))) == 5


def test_chance_is_on_the_grid_as_often_as_the_grid_is_dense():
    """The grid has six positions in a beat of 24 frames."""
    grid = note_score.grid_frames(BEAT, 0, FRAMES)
    assert sum(frame in grid for frame in range(FRAMES)) / FRAMES == 6 / BEAT


def test_the_clock_says_how_long_a_beat_is_where_nothing_is_asked():
    """A requested tempo takes precedence, and is reported separately."""
    codes = silence()
    beat_frames = BEAT_FRAMES[3]
    for start in range(0, 10 * beat_frames, beat_frames):
        codes[CLOCK, start : start + beat_frames] = clock_codes("verse", beat_frames)
    assert note_score.score_of(codes, None, 4).beat_frames == beat_frames
    asked = note_score.score_of(codes, BEAT, 4)
    assert (asked.beat_frames, asked.clock_frames) == (BEAT, beat_frames)
    assert note_score.score_of(silence(), None, 4).clock_frames is None


def test_bars_are_the_plan_s():
    """A bar begins at the plan's first beat, also in the middle of a clip."""
    codes = silence()
    for beat in range(12):
        start = 10 + beat * BEAT
        codes[PLAN, start : start + BEAT] = plan_code(0, "maj", (beat + 2) % 4, 0)
    assert note_score.score_of(codes, BEAT, 4).bars == (
        10 + 2 * BEAT,
        10 + 6 * BEAT,
        10 + 10 * BEAT,
    )
    assert note_score.score_of(silence(), BEAT, 4).bars == tuple(range(0, FRAMES + 1, BAR))


def test_a_bass_is_measured_against_the_plan():
    """C belongs to C major and F minor, E only to C major."""
    codes = silence()
    for bar in range(4):
        root, quality = ((0, "maj"), (5, "min"))[bar % 2]
        for beat in range(4):
            start = bar * BAR + beat * BEAT
            codes[PLAN, start : start + BEAT] = plan_code(root, quality, beat, bar)
    play(codes[BASS], BASS_CODES, 0, 36)
    play(codes[BASS], BASS_CODES, BEAT, 40)
    play(codes[BASS], BASS_CODES, BAR, 40)
    play(codes[BASS], BASS_CODES, 6 * BAR, 40)
    score = note_score.score_of(codes, BEAT, 4)
    own, other = note_score.in_plan(score, (BASS,))
    assert own == [True, True, False]
    assert other == [True, False, True]


def test_bars_that_come_again_are_counted_by_rhythm_and_by_notes():
    """The third bar equals the first, the fourth has only its rhythm."""
    codes = silence()
    for bar, (step, pitch) in enumerate([(0, 60), (6, 60), (0, 60), (0, 64)]):
        play(codes[LEAD], LEAD_CODES, bar * BAR + step, pitch)
    score = note_score.score_of(codes, BEAT, 4)
    assert note_score.repeated_bars(score, "lead") == [False, True, False]
    assert note_score.repeated_bars(score, "lead", rhythm_only=True) == [False, True, True]
    assert note_score.repeated_bars(score, "bass") == []
    assert note_score.whole_bars_repeated(score) == [False, True, False]


def test_a_score_names_who_plays_the_melody():
    """The instrument with the most notes; none if nothing is played."""
    codes = silence()
    first, second = LEAD_CODES.instruments[:2]
    for index, name in enumerate((first, second, second)):
        play(codes[LEAD], LEAD_CODES, index * BEAT, 72, instrument=name)
    assert note_score.score_of(codes, BEAT, 4).lead == second
    assert note_score.score_of(silence(), BEAT, 4).lead == "none"
    assert not note_score.score_of(codes, BEAT, 4).has_drums


def test_the_music_table_tells_the_grid_from_chance():
    """Codes without a note give an empty row, not an error."""
    empty = Score((), FRAMES, BEAT, 0, (0, BAR))
    assert note_score.on_grid(empty) == []
    assert note_statistics.build_section({"model": []}).rows[0][2].of == 0


def score_of_piece(seed, style, lead=None):
    piece = compose(seed, style=style, lead=lead, seconds=10)
    codes = encode_piece(piece, 500)
    return note_score.score_of(codes, piece.beat_frames, piece.beats_per_bar), piece


def test_styles_are_told_apart_by_their_notes():
    """By a classifier trained on other pieces of these styles."""
    styles = ["metal", "house", "waltz"]
    examples = [compose(seed, style=style, seconds=12) for seed in range(12) for style in styles]
    classifier = note_style.train(examples)
    new = [(style, score_of_piece(seed, style)[0]) for seed in (90, 91, 92) for style in styles]
    assert sum(note_style.style_of(classifier, score).first == style for style, score in new) >= 8


def test_the_classifier_of_notes_is_trained_once(tmp_path):
    """It is cached for the same pieces, and trained anew for others."""
    examples = [
        compose(seed, style=style, seconds=4) for seed in (0, 1) for style in ("rock", "folk")
    ]
    lines: list[str] = []
    one = note_style.load_or_train(tmp_path, examples, lines.append)
    again = note_style.load_or_train(tmp_path, examples, lines.append)
    score, _ = score_of_piece(3, "folk")
    assert len(lines) == 1
    assert np.array_equal(
        note_style.style_of(one, score).chances, note_style.style_of(again, score).chances
    )
    note_style.load_or_train(tmp_path, examples[:3], lines.append)
    assert len(lines) == 2


def test_what_is_asked_for_is_counted_by_the_codes():
    """One piece is exactly as requested; another has a different lead, tempo and drums."""
    score, piece = score_of_piece(5, "rock", lead="flute")
    key = (piece.tonic, piece.mode)
    right = PromptSpec(
        style="rock", lead="flute", beat_frames=piece.beat_frames, density="dense", key=key
    )
    other = BEAT_FRAMES[0] if piece.beat_frames != BEAT_FRAMES[0] else BEAT_FRAMES[1]
    wrong = PromptSpec(style="folk", lead="banjo", beat_frames=other, density="none")
    clips: Any = [
        SimpleNamespace(prompt=SimpleNamespace(ask=ask), score=score) for ask in (right, wrong)
    ]
    classifier = note_style.train(
        [compose(n, style=s, seconds=12) for n in range(6) for s in ("rock", "folk")]
    )
    rows = {
        row[0]: row[2] for row in note_adherence.build_section({"model": clips}, classifier).rows
    }
    assert rows["asked style first"] == Share(1, 2)
    assert rows["the clock has the asked tempo"] == Share(1, 2)
    assert rows["asked lead instrument plays the melody"] == Share(1, 2)
    assert rows["drums or none as asked"] == Share(1, 2)
    assert rows["the asked key, by the first chord"] == Share(1, 1)
    inside, outside = (rows[f"notes in the scale of {name}"] for name in
                       ("the asked key", "a key a tritone off"))  # fmt: skip
    assert isinstance(inside, Share) and isinstance(outside, Share)
    assert inside.percent > 85 > 50 > outside.percent


def test_the_key_of_notes_is_that_of_their_cadence():
    """Chords of D major, with the bass on its tonic."""
    notes = [(BASS, 38, 40), (CHORDS[0], 62, 20), (CHORDS[1], 66, 20), (CHORDS[2], 69, 20),
             (LEAD, 67, 5), (LEAD, 64, 5), (LEAD, 73, 5), (LEAD, 71, 5)]  # fmt: skip
    heard = tuple(CodedNote(book, 0, frames, "any", pitch) for book, pitch, frames in notes)
    assert note_adherence.key_of(Score(heard, FRAMES, BEAT, 0, (0, BAR))) == (2, "major")


@pytest.mark.parametrize("number", [6, 40])
def test_held_out_prompts_say_what_they_ask_for(number):
    """A requested tempo is in the words, and in English ones so is the lead."""
    found = held_out_prompts.held_out(number, seed=1)
    assert len({prompt.words for prompt in found}) == number
    assert found == held_out_prompts.held_out(number, seed=1)
    for prompt in found:
        ask = prompt.ask
        assert ask.style in STYLES
        if ask.bpm is not None:
            assert str(round(ask.bpm)) in prompt.words
        if ask.lead is not None and prompt.words.isascii():
            assert ask.lead in prompt.words
    is_chinese = [not prompt.words.replace("é", "").isascii() for prompt in found]
    assert 0 < sum(is_chinese) <= number / 3


def test_a_composed_piece_is_what_is_asked_for():
    """It has every attribute that a prompt names, for a prompt of each style."""
    for index, prompt in enumerate(held_out_prompts.held_out(len(STYLES), seed=2)):
        ask, piece = prompt.ask, held_out_prompts.compose_prompt(prompt.ask, index, seconds=4)
        assert piece.style == ask.style
        assert ask.beat_frames in (None, piece.beat_frames)
        assert ask.key in (None, (piece.tonic, piece.mode))
        assert ask.density in (None, piece.drum_density)
        assert ask.lead in (None, piece.lead)


def test_every_style_can_be_asked_for_in_both_languages():
    """By special wordings or by its name; no wording names a tempo."""
    for style in [*STYLES, "a style of tomorrow"]:
        for is_chinese in (False, True):
            assert all(prompt_wordings.asked_styles(style, is_chinese=is_chinese))
    assert prompt_wordings.asked_styles("a style of tomorrow", is_chinese=False) == (
        "some a style of tomorrow",
    )
    for words in prompt_wordings.ASKED.values():
        assert not any("bpm" in word.lower() for word in words)


def number(value):
    """Return a number in groups of seven bits."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def block(entries):
    body = b"".join(
        number(0) + number(len(key)) + number(len(stored)) + key + stored for key, stored in entries
    )
    return body + struct.pack("<II", 0, 1)


def field(tag, kind, value):
    return number(tag << 3 | kind) + (number(value) if kind == 0 else number(len(value)) + value)


def checkpoint(folder, tensors):
    """Write tensors as TensorFlow does, without checksums."""
    data, entries = b"", [(b"", b"")]
    for name, values in sorted(tensors.items()):
        sizes = b"".join(field(2, 2, field(1, 0, size)) for size in values.shape)
        entry = field(1, 0, 1) + field(2, 2, sizes) + field(4, 0, len(data))
        entries.append((name.encode(), entry + field(5, 0, 4 * values.size)))
        data += values.astype("<f4").tobytes()
    blocks = block(entries)
    index = block([(b"z", number(0) + number(len(blocks)))])
    footer = number(0) * 2 + number(len(blocks) + 5) + number(len(index))
    (folder / ".index").write_bytes(blocks + bytes(5) + index + bytes(5) + footer.ljust(48, b"\0"))
    (folder / ".data-00000-of-00001").write_bytes(data)


def test_a_tensorflow_checkpoint_is_read(tmp_path):
    """Shapes and values; the optimizer's tensors are left out."""
    random = np.random.default_rng(0)
    kept = {"dense/kernel": random.normal(size=(3, 400)), "dense/bias": random.normal(size=5)}
    checkpoint(tmp_path, kept | {"dense/bias/Adam": np.ones(5)})
    found = read_bundle(tmp_path)
    assert set(found) == set(kept)
    for name, values in kept.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    """With a ValueError that names the folder."""
    with pytest.raises(ValueError, match="no checkpoint in"):
        read_bundle(tmp_path)


def tagger(random):
    """A network of musicnn's form with random weights."""
    shapes = {
        "conv2d": (7, 38, 1, 204), "conv2d_1": (7, 67, 1, 204), "conv2d_2": (128, 1, 1, 51),
        "conv2d_3": (64, 1, 1, 51), "conv2d_4": (32, 1, 1, 51), "conv2d_5": (7, 561, 1, 64),
        "conv2d_6": (7, 64, 1, 64), "conv2d_7": (7, 64, 1, 64), "dense": (1506, 200),
        "dense_1": (200, 2),
    }  # fmt: skip
    weights = {}
    for name, shape in shapes.items():
        scale = 1 / np.sqrt(np.prod(shape[:-1]))
        weights[f"{name}/kernel"] = random.normal(0, scale, shape).astype(np.float32)
        weights[f"{name}/bias"] = np.zeros(shape[-1], np.float32)
    widths = (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)
    for index, width in enumerate(widths):
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        for part, value in (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 1)):
            weights[f"{name}/{part}"] = np.full(width, value, np.float32)
    return Tagger(weights, ("loud", "soft"))


def test_a_judge_gives_each_tag_a_chance():
    """Between 0 and 1, the mean of both networks if both know a tag; reproducible."""
    random = np.random.default_rng(0)
    one, other = tagger(random), tagger(random)
    sound = random.normal(0, 0.1, 4 * 32_000).astype(np.float32)
    both = tags_of((one, other), sound)
    assert all(0 < chance < 1 for chance in both.values())
    assert both["loud"] == pytest.approx((one(sound)["loud"] + other(sound)["loud"]) / 2)
    assert tags_of((one,), sound) == one(sound)
