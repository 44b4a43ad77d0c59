"""Notes read from codes, and written as MIDI: those of the piece, to the frame."""

from __future__ import annotations

import io
import json

import mido
import numpy as np
import pytest

from bot.audio.files.midi import write_midi
from bot.audio.notation import FILE, load_notation
from bot.audio.score import read_score
from bot.models.registry import starter_folder
from bot.starter.composer.compose import compose
from bot.starter.training.data.codebooks import DRUMS, FRAMES_PER_SECOND
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.notes import decode_notes, stem_name
from bot.starter.training.notation import write_notation

FRAMES = 1000
STYLES = ("funk", "jazz", "techno", "classical", "metal", "waltz")


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


@pytest.fixture(scope="module", params=STYLES)
def piece(request):
    return compose(STYLES.index(request.param), style=request.param, seconds=20.0)


def test_the_shipped_notation_matches_the_codebooks(tmp_path):
    """If the codebooks change without it, notes would be read wrongly."""
    write_notation(tmp_path)
    assert (tmp_path / FILE).read_text() == (starter_folder() / FILE).read_text()


def test_notes_are_decoded_as_by_the_composer(notation, piece):
    """Every note with its part, pitch, start and length; and the tempo."""
    codes = encode_piece(piece, FRAMES)
    score = read_score(codes.astype(np.int32), notation)
    assert {(n.part, n.frame, n.frames, n.pitch, n.is_soft) for n in score.notes} == {
        (stem_name(n.book), n.frame, n.frames, n.pitch, n.is_ghost) for n in decode_notes(codes)
    }
    assert score.beat_frames == piece.beat_frames


def test_a_midi_file_has_all_notes(notation, piece):
    """Within half a millisecond of their frame, at the tempo of the piece, drums on channel 10."""
    codes = encode_piece(piece, FRAMES)
    score = read_score(codes.astype(np.int32), notation)
    file = mido.MidiFile(file=io.BytesIO(write_midi(score, title="慢 blues")))
    found = set()
    for track in file.tracks:
        now, open_notes = 0.0, 0
        for message in track:
            now += mido.tick2second(message.time, file.ticks_per_beat, tempo_of(file))
            if message.type == "note_on":
                open_notes += 1
                frame = now * FRAMES_PER_SECOND
                assert abs(frame - round(frame)) < 0.025
                found.add((message.channel == 9, round(frame), message.note))
            open_notes -= message.type == "note_off"
        assert open_notes == 0
    assert found == {(n.book == DRUMS, n.frame, n.pitch) for n in decode_notes(codes)}
    assert tempo_of(file) == pytest.approx(piece.beat_frames / FRAMES_PER_SECOND * 1e6, abs=1)


def tempo_of(file):
    return next(each.tempo for each in file.tracks[0] if each.type == "set_tempo")


@pytest.mark.parametrize("text", ["{}", "[]", "no json", json.dumps({"clock": 1})])
def test_an_unreadable_notation_is_none(tmp_path, text):
    """The model still generates music."""
    (tmp_path / FILE).write_text(text)
    assert load_notation(tmp_path) is None
    assert load_notation(tmp_path / "nowhere") is None
