"""The evaluation of the starter model: its classifier, its sections, and a whole run."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.starter import evaluate
from bot.starter.composer.compose import compose
from bot.starter.evaluation import (
    continuation,
    diversity,
    evaluation_set,
    listener,
    moods,
    note_statistics,
    prompt_adherence,
    remixes,
    tag_agreement,
)
from bot.starter.evaluation.clips import analyse_clip
from bot.starter.evaluation.features import SAMPLE_RATE_HZ
from bot.starter.evaluation.held_out_prompts import Prompt, PromptSpec
from bot.starter.evaluation.measurement import EvaluationTools
from bot.starter.evaluation.renders import Player, Render, TrainingExample
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import Sampler, Take
from tests.support.evaluation_sounds import drums, melody, noise, sines


class Recording:
    """Replaces a rendered sound in the cache."""

    def __init__(self, sound, *, style="rock", bpm=120.0, lead="piano", density="steady"):
        self.piece = SimpleNamespace(
            style=style, bpm=bpm, lead=lead, drum_density=density, tonic=0, mode="major"
        )
        self._sound = sound

    def sound(self):
        return self._sound

    def clip(self, seed=0):
        return self._sound

    def loop(self, seed=0):
        return self._sound


def recordings() -> Any:
    """Four pieces each of three styles, each style with another lead."""
    found = []
    for n in range(4):
        bpm = 80.0 + 20 * n
        beat, chord = drums(bpm), sines(220, 330 + n)
        found += [
            Recording(beat, style="rock", bpm=bpm, lead="flute"),
            Recording(chord, style="ambient", bpm=bpm, density="none"),
            Recording(noise(seed=n), style="techno", bpm=bpm, lead=None),
        ]
    return found


def test_a_lesson_can_be_heard_as_a_loop():
    """Ten seconds that repeat its first two bars, from a position that the seed decides."""
    piece: Any = SimpleNamespace(bpm=150.0, beats_per_bar=4)
    example = TrainingExample(piece, noise(12))
    lap = round(2 * 4 * 60 / 150 * SAMPLE_RATE_HZ)
    first, later = example.loop(), example.loop(seed=3)
    assert len(first) == len(later) == len(example.clip(seed=3)) == 10 * SAMPLE_RATE_HZ
    np.testing.assert_array_equal(first[:lap], example.sound[:lap])
    assert not np.array_equal(first, later)
    for sound in (first, later):
        np.testing.assert_array_equal(sound[lap:], sound[:-lap])


def test_a_piece_is_played_once_and_forgotten_after_a_week(tmp_path):
    """The second time its sound is read from the cache; unused entries are deleted."""
    played = []
    recordings = tmp_path / "recordings.npz"
    recordings.write_bytes(b"instruments")

    class Counting(Player):
        def stems(self, codes):
            played.append(codes)
            return {"drums": 0.5 * noise(4), "bass": np.full(4 * SAMPLE_RATE_HZ, 2, np.float32)}

    piece = compose(1, seconds=4)
    player = Counting(tmp_path, print, recordings)
    once, again = (player.renders([piece], "a piece")[0] for _ in range(2))
    assert len(played) == 1
    assert np.array_equal(once.sound(), again.sound())
    assert np.abs(once.sound()).max() == pytest.approx(0.99, abs=0.001)
    assert next(player.examples([piece])).sound == pytest.approx(once.sound(), abs=1e-4)
    os.utime(once.file, (0, 0))
    Player(tmp_path, print, recordings)
    assert not once.file.exists()


@pytest.fixture(scope="module")
def trained():
    """A classifier trained on a few pieces."""
    return listener.train_listener(recordings(), lambda _: None)


def test_a_listener_hears_the_same_after_being_stored(trained, tmp_path):
    """The second run loads it from the cache, without training."""
    pieces: Any = ["a piece"]
    player: Any = SimpleNamespace(name=str, examples=iter)

    def never(*_):
        raise AssertionError

    listener.load_or_train(tmp_path, player, pieces, print, lambda *_: trained)
    again = listener.load_or_train(tmp_path, player, pieces, print, never)
    sound = drums(100)
    one, other = trained.analyse(sound), again.analyse(sound)
    assert one.bpm == other.bpm
    assert np.array_equal(one.style.chances, other.style.chances)
    assert again.ranges.note == trained.ranges.note
    assert trained.distance(one, other) == 0
    assert trained.distance(one, trained.analyse(noise())) > 0.5


def test_a_listener_hears_style_lead_and_drums(trained):
    """Styles of the same tempo are distinguished by their sound."""
    beat, chord = trained.analyse(drums(110)), trained.analyse(sines(220, 331))
    assert (beat.style.first, beat.lead.first, beat.has_drums) == ("rock", "flute", True)
    assert (chord.style.first, chord.lead.first, chord.has_drums) == ("ambient", "piano", False)


def takes_of(trained, sounds, ask=None):
    prompt = Prompt(ask or PromptSpec(style="rock"), "some rock")
    return [analyse_clip(trained, prompt, sound) for sound in sounds]


def value(section, name, group=MODEL):
    """Return the figure of a row."""
    row = next(row for row in section.rows if row[0] == name)
    return row[section.headings.index(group)]


def test_takes_that_are_one_recording_are_counted(trained):
    """One of three pairs is a piece with itself; its distance is far below the others'."""
    one, other = melody(1), melody(2)
    model = [takes_of(trained, [one, one, other]), takes_of(trained, [one, one])]
    played = [takes_of(trained, [one, other]), takes_of(trained, [one, melody(5)])]
    section = diversity.build_section({MODEL: model, RENDERS: played}, trained)
    assert value(section, "pairs of takes that are alike") == Share(2, 4)
    assert value(section, "pairs of takes that are alike", RENDERS) == Share(0, 2)
    ratio = value(section, "over that of two renders of the prompt, by likeness (median)")
    assert 0 < ratio < 0.8


def test_following_counts_what_was_asked_for(trained):
    """One clip is exactly as requested, the other not at all; open attributes do not count."""
    ask = PromptSpec(style="rock", beat_frames=30, density="steady", lead="flute")
    wrong = PromptSpec(
        style="techno", beat_frames=43, key=(6, "major"), density="none", lead="piano"
    )
    asked = takes_of(trained, [drums(100)], ask) + takes_of(trained, [drums(100)], wrong)
    section = prompt_adherence.build_section({MODEL: asked}, None, judged_keys=4)
    assert value(section, "asked style heard first") == Share(1, 2)
    assert value(section, "asked lead instrument heard first") == Share(1, 2)
    assert value(section, "drums or none as asked") == Share(1, 2)
    assert value(section, "asked key, key profiles").of == 1
    assert prompt_adherence.build_confusion_section(asked).rows[1][3] == "rock 1"


@pytest.mark.parametrize(("mood", "is_met"), [("energetic", True), ("calm", False)])
def test_a_mood_counts_where_it_moves_what_it_names(trained, mood, is_met):
    """For an energetic prompt more onsets are right, and for a calm one wrong."""
    prompt = Prompt(PromptSpec(style="rock"), "some rock")
    pair = moods.Pair(mood, prompt, prompt)
    plain, moody = (takes_of(trained, [drums(bpm)]) for bpm in (70, 140))
    section = moods.build_section({MODEL: [(pair, plain, moody)]})
    assert section.rows[0][2] == Share(int(is_met), 1)


def test_mood_pairs_differ_by_the_mood_alone():
    """The plain wording has no mood, and asks for the same style."""
    for pair in moods.pairs(["rock", "house", "folk"], 12):
        assert pair.moody.ask.mood == pair.mood
        assert pair.plain.ask.mood is None
        assert pair.plain.ask.style == pair.moody.ask.style
        assert pair.plain.words != pair.moody.words


def test_form_tells_loops_from_music(trained):
    """One of two clips is a loop."""
    loop, tune = np.tile(melody(3, 2), 6), melody(3, 12)
    section = note_statistics.build_form_section({MODEL: takes_of(trained, [loop, tune])})
    assert value(section, "clips that are one loop") == Share(1, 2)


def test_a_judge_s_tags_count_by_comparison():
    """A tag counts if it is likelier in clips of its style than in others."""
    tagged = [("jazz", {"jazz": 0.02}), ("jazz", {"jazz": 0.03}), ("rock", {"jazz": 0.01})]
    assert tag_agreement.area(tagged, "jazz") == 1
    assert tag_agreement.area(tagged, "folk") is None
    section = tag_agreement.build_section({MODEL: tagged, RENDERS: tagged})
    assert value(section, "jazz (jazz)") == 100


def test_going_on_is_compared_with_the_piece_itself(trained):
    """A continuation that is the piece's second half gets the same score."""
    pieces: Any = [Recording(drums(bpm, 20), bpm=float(bpm)) for bpm in (80, 100, 120)]
    own = [each.sound()[len(each.sound()) // 2 :] for each in pieces]
    section = continuation.build_section(pieces, own, trained, by_codes=True)
    assert all(row[2] == row[3] for row in section.rows)
    remixed = remixes.build_section(pieces, own, own, trained, by_codes=False, written={})
    assert value(remixed, "keeps the tempo") == value(section, "tempo within 4 %")
    assert all(row[2] == row[3] for row in remixed.rows)


def test_a_section_is_read_by_people_and_programs():
    """Shares have their counts in both forms; missing figures are shown as dashes."""
    rows = [
        Row("clips", "≥ 70 %", {MODEL: Share(9, 12), RENDERS: Share(12, 12)}),
        Row("mean", "", {MODEL: 1.234}),
    ]
    table = Section.compared("Style", rows, "A note.")
    assert "| clips | ≥ 70 % | 75.0 % (9 of 12) | 100.0 % (12 of 12) |" in table.markdown()
    assert "| mean |  | 1.23 | – |" in table.markdown()
    plain = json.loads(json.dumps(table.plain()))["rows"]
    assert plain[0]["model"] == {"percent": 75.0, "met": 9, "of": 12}


class NoiseSampler(Sampler):
    """Generates noise of the right length, and codes without meaning."""

    def __init__(self, *_, **__):
        pass

    @property
    def has_stems(self):
        return True

    def make(self, sample_requests, what):
        return [
            Take(noise(round(order.seconds), seed=order.seed), np.zeros((8, 500), np.int32))
            for order in sample_requests
        ]

    def decoded(self, codes):
        return noise(12, seed=1)[: codes.shape[1] * 640]


class Band(Player):
    """Renders noise in place of instruments."""

    def renders(self, pieces, what):
        found = []
        for index, piece in enumerate(pieces):
            file = self._folder / f"{what}-{index}.npy"
            np.save(file, (3000 * noise(round(piece.seconds), seed=index)).astype(np.int16))
            found.append(Render(piece, file))
        return found

    def stems(self, codes):
        return {name: noise(12)[: codes.shape[1] * 640] for name in ("drums", "bass")}


def test_the_whole_measurement_prints_and_writes_its_tables(trained, tmp_path, capsys):
    """For a model that generates noise, every table exists and has content."""
    few = evaluation_set.Extent(
        prompts=2, takes=2, examples=1, note_examples=1, mood_pairs=1, mood_takes=1,
        half_minute_clips=1, minute_clips=1, codec_pieces=1, continued=1, judged_takes=1,
    )  # fmt: skip
    tools = EvaluationTools(
        sampler=NoiseSampler,
        player=Band,
        load_listener=lambda *_: trained,
        measure_pace=lambda *_: 9.5,
        find_taggers=lambda: (lambda _: {"rock": 0.5},),
        quick=few,
    )
    out = tmp_path / "measured.json"
    arguments = ["--quick", "--cache", str(tmp_path), "--out", str(out)]
    assert evaluate.main([*arguments, "--pictures", str(tmp_path / "seen")], tools) == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    titles = [section["title"] for section in written]
    printed = capsys.readouterr().out
    assert titles == [line[3:] for line in printed.splitlines() if line.startswith("## ")]
    assert "| seconds of sound a second, 10 s | ≥ 8 | 9.50 |" in printed
    assert len(titles) == 17
    assert all(section["rows"] for section in written)
    assert {file.name for file in (tmp_path / "seen").iterdir()} == {
        "00-model.png",
        "00-renders.png",
    }


def test_some_sections_can_be_measured_alone(tmp_path, capsys):
    """Nothing else is generated; an unknown name is refused."""
    tools = EvaluationTools(measure_pace=lambda *_: 9.5)
    assert evaluate.main(["--sections", "speed", "--cache", str(tmp_path)], tools) == 0
    assert capsys.readouterr().out.count("## ") == 1
    with pytest.raises(SystemExit):
        evaluate.main(["--sections", "speed,beauty"])
    assert "'beauty' is none of speed," in capsys.readouterr().err
