"""The measurement of the starter model: its classifiers, on sound of which everything is known."""

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
    codec_fidelity,
    continuation,
    diversity,
    evaluation_set,
    features,
    keys,
    listener,
    moods,
    note_statistics,
    prompt_adherence,
    sanity_checks,
    stem_fidelity,
    tag_agreement,
    tempo,
    tuning,
)
from bot.starter.evaluation.classifier import Classifier, Scaler
from bot.starter.evaluation.clips import analyse_clip
from bot.starter.evaluation.feature_vector import augment, describe_clip
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Key, Sanity, measure_spectra, sanity
from bot.starter.evaluation.held_out_prompts import Prompt, PromptSpec
from bot.starter.evaluation.measurement import Instruments
from bot.starter.evaluation.renders import Player, Render, TrainingExample
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import Sampler, Take
from bot.starter.evaluation.sanity_checks import Ranges
from bot.starter.evaluation.similarity import compare_clips, self_similarity, traces
from bot.starter.evaluation.tempo import Beats, TempoEstimator, candidates, pulse, verdict

SECONDS = 6


def times(seconds=SECONDS):
    return np.arange(seconds * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def sines(*hz, seconds=SECONDS):
    return (0.2 * sum(np.sin(2 * np.pi * each * times(seconds)) for each in hz)).astype(np.float32)


def noise(seconds=SECONDS, seed=0):
    drawn = np.random.default_rng(seed).normal(0, 0.1, seconds * SAMPLE_RATE_HZ)
    return drawn.astype(np.float32)


def drums(bpm, seconds=SECONDS):
    """A low stroke on each beat and a high one, softer, between."""
    beats = times(seconds) * bpm / 60
    low = np.sin(2 * np.pi * 80 * times(seconds)) * np.exp(-12 * (beats % 1))
    high = noise(seconds) * np.exp(-30 * ((beats + 0.5) % 1))
    return (0.5 * low + high + 0.01 * noise(seconds)).astype(np.float32)


class Recording:
    """What stands in for a render in the cache."""

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
    """Four pieces each of three styles, every style with a lead of its own."""
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
    """Ten seconds of its first two bars over and over, from a place that the seed decides."""
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
    """The second time its sound is read; what nobody asks for goes."""
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
    """A listener trained by a few pieces."""
    return listener.train_listener(recordings(), lambda _: None)


def melody(seed, seconds=SECONDS):
    """Notes of drawn pitches at drawn times, over a bass."""
    random = np.random.default_rng(seed)
    sound = np.zeros(seconds * SAMPLE_RATE_HZ, np.float32)
    clock = times(1)[: SAMPLE_RATE_HZ // 2]
    for start in np.cumsum(random.uniform(0.1, 0.6, 4 * seconds)):
        at = int(start * SAMPLE_RATE_HZ)
        hz = 220 * 2 ** (random.integers(24) / 12)
        note = 0.2 * np.sin(2 * np.pi * hz * clock) * np.exp(-6 * clock)
        room = max(0, min(len(note), len(sound) - at))
        sound[at : at + room] += note[:room]
    return sound


@pytest.mark.parametrize("bpm", [63, 90, 120, 171])
def test_the_tempo_of_a_steady_beat_is_among_the_candidates(bpm):
    """Within one percent: the resolution is well below the tolerance."""
    found = candidates(pulse(measure_spectra(drums(bpm)).mel))
    assert np.abs(found.bpm / bpm - 1).min() < 0.01


def test_an_untrained_estimator_gives_a_moderate_tempo():
    """Of a beat, its half and its double, the one nearest to walking."""
    found = candidates(pulse(measure_spectra(drums(118)).mel))
    assert tempo.preferred_bpm(found) == pytest.approx(118, rel=0.02)


def test_an_estimator_learns_which_peak_is_the_beat():
    """The trait that marks the beat in the examples marks it later."""
    random = np.random.default_rng(0)

    def example():
        bpm = np.array([60, 90, 120, 180], np.float32)
        traits = random.normal(0, 1, (4, 5)).astype(np.float32)
        beat = int(random.integers(4))
        traits[beat, 2] += 4
        return Beats(bpm, traits), float(bpm[beat])

    heard, bpm = zip(*(example() for _ in range(200)), strict=True)
    estimator = TempoEstimator.fit(heard, bpm)
    right = [estimator.bpm(beats) == truth for beats, truth in (example() for _ in range(50))]
    assert np.mean(right) > 0.9


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [(120, 120, "met"), (124, 120, "met"), (126, 120, "off"), (60, 120, "1/2"), (180, 120, "3/2")],
)
def test_octave_errors_are_told_from_others(found, wanted, said):
    """Half time is another mistake than a tempo that has nothing to do with the asked one."""
    assert verdict(found, wanted) == said


def test_chroma_knows_notes_from_noise():
    """A tone has one pitch class, noise has all of them."""
    tone, hiss = (measure_spectra(sound).chroma.mean(axis=0) for sound in (sines(440), noise()))
    assert int(np.argmax(tone)) == 9
    assert features.entropy_bits(tone) < 1
    assert features.entropy_bits(hiss) > 3.3


def test_the_key_of_a_cadence_is_found():
    """The notes of D major, its tonic and dominant strongest."""
    chroma = np.zeros(12, np.float32)
    chroma[[2, 4, 6, 7, 9, 11, 1]] = 3, 1, 2, 1, 2.5, 1, 0.5
    assert features.key_of(chroma) == Key(2, is_minor=False)
    assert features.key_of(np.roll(chroma, 3)) == Key(5, is_minor=False)


def test_a_gain_changes_the_level_alone():
    """Everything else is measured at one loudness."""
    loud, quiet = sanity(drums(100)), sanity(0.1 * drums(100))
    assert loud.level_db - quiet.level_db == pytest.approx(20, abs=0.1)
    assert quiet.onsets_per_second == pytest.approx(loud.onsets_per_second)
    assert quiet.flatness_db == pytest.approx(loud.flatness_db, abs=0.2)


def test_sanity_tells_drones_silence_and_overload():
    """Each has its figure."""
    assert sanity(drums(120)).onsets_per_second == pytest.approx(4, abs=0.5)
    assert sanity(sines(220)).onsets_per_second < 0.5
    assert sanity(noise()).flatness_db > sanity(sines(220)).flatness_db + 10
    assert sanity(np.zeros(64_000, np.float32)).silent_share == 1
    assert sanity(np.clip(20 * noise(), -1, 1)).clipped_share > 0.3


def test_ranges_leave_out_what_is_unlike_all_pieces():
    """A figure far outside those of the pieces fails, and only that one."""

    def figures(onsets):
        return Sanity(
            level_db=-18,
            clipped_share=0,
            silent_share=0,
            onsets_per_second=onsets,
            flatness_db=-10,
            chroma_bits=3.2,
        )

    ranges = Ranges.of([figures(2 + 0.01 * n) for n in range(200)])
    assert all(sanity_checks.checks(figures(3), ranges).values())
    failed = [name for name, met in sanity_checks.checks(figures(9), ranges).items() if not met]
    assert failed == ["onsets_per_second"]


def test_distances_are_zero_for_the_same_sound_and_grow_with_the_damage():
    """Both distances order a light and a heavy noise."""
    sound = drums(110)
    light, heavy = (sound + share * noise(seed=5) for share in (0.02, 0.5))
    losses = [codec_fidelity.loss(each, sound) for each in (sound, light, heavy)]
    assert losses[0].log_mel_db == 0
    assert losses[0].stft == 0
    assert losses[0].log_mel_db < losses[1].log_mel_db < losses[2].log_mel_db
    assert losses[0].stft < losses[1].stft < losses[2].stft


def test_a_network_learns_classes():
    """Three clouds, told apart on new points."""
    random = np.random.default_rng(1)
    centres = random.normal(0, 1, (3, 8))

    def draw(count):
        answers = random.integers(3, size=count)
        return (centres[answers] + random.normal(0, 0.3, (count, 8))).astype(np.float32), answers

    rows, answers = draw(300)
    names = ["c", "a", "b"]
    classifier = Classifier.fit(rows, [names[answer] for answer in answers])
    new, wanted = draw(100)
    found = [classifier(row) for row in new]
    assert all(each.chances.sum() == pytest.approx(1) for each in found)
    right = [each.first == names[answer] for each, answer in zip(found, wanted, strict=True)]
    assert np.mean(right) > 0.95
    assert found[0].ordered[0] == found[0].first
    assert found[0].chance("never trained") == 0


def test_features_are_scaled_alike():
    """Each has mean 0 and deviation 1; one that never changes stays finite."""
    rows = np.random.default_rng(1).normal(3, 20, size=(7, 5)).astype(np.float32)
    rows[:, 2] = 4
    scaled = Scaler.fit(rows)(rows)
    assert np.abs(scaled.mean(axis=0)).max() < 1e-5
    assert scaled.std(axis=0) == pytest.approx([1, 1, 0, 1, 1], abs=1e-5)
    far = Scaler.fit(rows)(rows + 1000)
    assert far.max() == 4


def test_a_portrait_is_finite_and_changes_little_with_wear():
    """Wear moves a clip less than another clip is away."""
    random = np.random.default_rng(0)

    def row(shown):
        return describe_clip(shown, pulse(shown.mel), 120)

    beat, drone = measure_spectra(drums(120)), measure_spectra(sines(220, 277, 330))
    rows = [row(beat), row(augment(beat, random)), row(drone), row(measure_spectra(0 * noise(2)))]
    assert all(np.isfinite(each).all() for each in rows)
    assert np.linalg.norm(rows[0] - rows[1]) < np.linalg.norm(rows[0] - rows[2])


def test_a_listener_hears_the_same_after_being_stored(trained, tmp_path):
    """The second run takes it from the cache, and does not train again."""
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
    """What was never told apart by tempo is told apart by its sound."""
    beat, chord = trained.analyse(drums(110)), trained.analyse(sines(220, 331))
    assert (beat.style.first, beat.lead.first, beat.has_drums) == ("rock", "flute", True)
    assert (chord.style.first, chord.lead.first, chord.has_drums) == ("ambient", "piano", False)


@pytest.mark.parametrize("shift_seconds", [0.0, 0.7, 2.0])
def test_the_same_recording_is_alike_however_shifted(shift_seconds):
    """What begins later, or is softer, is the same piece."""
    sound = melody(1) + drums(100)
    later = np.roll(sound, round(shift_seconds * SAMPLE_RATE_HZ))
    found = compare_clips(traces(measure_spectra(sound)), traces(measure_spectra(0.3 * later)))
    assert found.is_alike
    assert found.distance < 0.15


def test_two_pieces_on_one_beat_are_not_alike():
    """The onsets of the drums agree; the tunes do not."""
    one, other = (traces(measure_spectra(melody(seed) + 0.3 * drums(100))) for seed in (1, 2))
    found = compare_clips(one, other)
    assert not found.is_alike
    assert found.distance > 0.3


def test_a_loop_is_like_itself_a_lap_later():
    """A tune over and over, against a tune that goes on."""
    lap = melody(3, 2)
    loop, tune = np.tile(lap, 5), melody(3, 10)
    assert self_similarity(traces(measure_spectra(loop)), 1.5, 4) > 0.95
    assert self_similarity(traces(measure_spectra(tune)), 1.5, 4) < 0.7


def takes_of(trained, sounds, ask=None):
    prompt = Prompt(ask or PromptSpec(style="rock"), "some rock")
    return [analyse_clip(trained, prompt, sound) for sound in sounds]


def value(section, name, group=MODEL):
    """Return the figure of a row."""
    row = next(row for row in section.rows if row[0] == name)
    return row[section.headings.index(group)]


def test_takes_that_are_one_recording_are_counted(trained):
    """Of three pairs, the one of a piece with itself; its distance is far below the renders'."""
    one, other = melody(1), melody(2)
    model = [takes_of(trained, [one, one, other]), takes_of(trained, [one, one])]
    played = [takes_of(trained, [one, other]), takes_of(trained, [one, melody(5)])]
    section = diversity.section({MODEL: model, RENDERS: played}, trained)
    assert value(section, "pairs of takes that are alike") == Share(2, 4)
    assert value(section, "pairs of takes that are alike", RENDERS) == Share(0, 2)
    ratio = value(section, "over that of two renders of the prompt, by likeness (median)")
    assert 0 < ratio < 0.8


def test_following_counts_what_was_asked_for(trained):
    """One clip is all that was asked for, the other nothing of it; what is open does not count."""
    ask = PromptSpec(style="rock", beat_frames=30, density="steady", lead="flute")
    wrong = PromptSpec(
        style="techno", beat_frames=43, key=(6, "major"), density="none", lead="piano"
    )
    asked = takes_of(trained, [drums(100)], ask) + takes_of(trained, [drums(100)], wrong)
    section = prompt_adherence.section({MODEL: asked}, None, judged_keys=4)
    assert value(section, "asked style heard first") == Share(1, 2)
    assert value(section, "asked lead instrument heard first") == Share(1, 2)
    assert value(section, "drums or none as asked") == Share(1, 2)
    assert value(section, "asked key, key profiles").of == 1
    assert prompt_adherence.confusion_section(asked).rows[1][3] == "rock 1"


def test_a_key_and_its_relative_share_their_notes():
    """C major and A minor are related, C and A major are not."""
    assert keys.is_related((9, "minor"), (0, "major"))
    assert keys.is_related((0, "major"), (0, "major"))
    assert not keys.is_related((9, "major"), (0, "major"))
    assert not keys.is_related(None, (0, "major"))


def test_notes_that_a_network_hears_decide_on_the_key():
    """The chances of held notes are added up by pitch class; what is unlikely is none."""
    chances = np.full((1, 172, 88), 0.1, np.float32)
    for pitch, chance in ((57, 0.9), (60, 0.8), (64, 0.9), (62, 0.5), (65, 0.41)):
        chances[0, :, pitch - 21] = chance
    session = SimpleNamespace(
        get_inputs=lambda: [SimpleNamespace(name="sound")],
        run=lambda _, fed: [chances] if fed["sound"].shape == (2, 43_844, 1) else [],
    )
    estimator = keys.NoteTranscriber(session)
    assert estimator.key(noise(3)) == (9, "minor")


@pytest.mark.parametrize(("mood", "is_met"), [("energetic", True), ("calm", False)])
def test_a_mood_counts_where_it_moves_what_it_names(trained, mood, is_met):
    """More onsets are right for an energetic clip and wrong for a calm one."""
    prompt = Prompt(PromptSpec(style="rock"), "some rock")
    pair = moods.Pair(mood, prompt, prompt)
    plain, moody = (takes_of(trained, [drums(bpm)]) for bpm in (70, 140))
    section = moods.section({MODEL: [(pair, plain, moody)]})
    assert section.rows[0][2] == Share(int(is_met), 1)


def test_mood_pairs_differ_by_the_mood_alone():
    """The plain wording has no word for a mood, and asks for the same style."""
    for pair in moods.pairs(["rock", "house", "folk"], 12):
        assert pair.moody.ask.mood == pair.mood
        assert pair.plain.ask.mood is None
        assert pair.plain.ask.style == pair.moody.ask.style
        assert pair.plain.words != pair.moody.words


def test_form_tells_loops_from_music(trained):
    """One of two clips is a lap over and over."""
    loop, tune = np.tile(melody(3, 2), 6), melody(3, 12)
    section = note_statistics.form_section({MODEL: takes_of(trained, [loop, tune])})
    assert value(section, "clips that are one loop") == Share(1, 2)


def test_a_judge_s_tags_count_by_comparison():
    """A tag that is likelier in clips of its style than in others tells, however unlikely it is."""
    tagged = [("jazz", {"jazz": 0.02}), ("jazz", {"jazz": 0.03}), ("rock", {"jazz": 0.01})]
    assert tag_agreement.area(tagged, "jazz") == 1
    assert tag_agreement.area(tagged, "folk") is None
    section = tag_agreement.section({MODEL: tagged, RENDERS: tagged})
    assert value(section, "jazz (jazz)") == 100


def test_a_leak_is_the_share_of_the_other_stems():
    """A tenth of the amplitude of another stem is 20 dB below it."""
    played = {"bass": sines(100), "lead": sines(3000)}
    leaked = stem_fidelity.leak_db(played["bass"] + 0.1 * played["lead"], played, "bass")
    assert leaked == pytest.approx(-20, abs=0.5)
    assert stem_fidelity.leak_db(played["bass"], played, "bass") < -60


def test_a_note_is_in_tune_where_its_strongest_partial_is():
    """A fundamental, an overtone; what is a third of a tone or 50 Hz off is another note."""
    assert tuning.is_in_tune(sines(440), 69)
    assert tuning.is_in_tune(sines(880), 69)
    assert not tuning.is_in_tune(sines(450), 69)
    assert not tuning.is_in_tune(sines(350), 66)
    assert not tuning.is_in_tune(0 * noise(), 69)


def test_non_negative_shares_are_never_below_nothing():
    """Where the plain solution would subtract a column, it is left out."""
    columns = np.array([[1, 1], [0, 1], [1, 0]], np.float32)
    assert stem_fidelity.non_negative_shares(columns, 2 * columns[:, 0]) == pytest.approx(
        [2, 0], abs=1e-5
    )
    assert stem_fidelity.non_negative_shares(columns, np.array([0, -1, 1], np.float32)).min() == 0


def test_going_on_is_compared_with_the_piece_itself(trained):
    """A continuation that is the piece's own second half scores what that does."""
    pieces: Any = [Recording(drums(bpm, 20), bpm=float(bpm)) for bpm in (80, 100, 120)]
    own = [each.sound()[len(each.sound()) // 2 :] for each in pieces]
    section = continuation.section(pieces, own, trained, by_codes=True)
    assert all(row[2] == row[3] for row in section.rows)
    remixes = continuation.remix_section(pieces, own, trained, by_codes=False)
    assert value(remixes, "keeps the tempo") == value(section, "tempo within 4 %")


def test_a_section_is_read_by_people_and_programs():
    """Shares have their counts in both, and what a group has no figure for is a dash."""
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
    """Makes noise of the right length, and codes that say nothing."""

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
    """Plays noise in place of instruments."""

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
    """With a model that makes noise, every table is there and none is empty."""
    few = evaluation_set.Extent(
        prompts=2, takes=2, examples=1, note_examples=1, mood_pairs=1, mood_takes=1,
        half_minutes=1, minutes=1, codec_pieces=1, continued=1, judged_takes=1,
    )  # fmt: skip
    instruments = Instruments(
        sampler=NoiseSampler,
        player=Band,
        load_listener=lambda *_: trained,
        measure_pace=lambda *_: 9.5,
        find_taggers=lambda: (lambda _: {"rock": 0.5},),
        quick=few,
    )
    out = tmp_path / "measured.json"
    arguments = ["--quick", "--cache", str(tmp_path), "--out", str(out)]
    assert evaluate.main([*arguments, "--pictures", str(tmp_path / "seen")], instruments) == 0
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
    """Nothing else is made; an unknown name is refused."""
    instruments = Instruments(measure_pace=lambda *_: 9.5)
    assert evaluate.main(["--sections", "speed", "--cache", str(tmp_path)], instruments) == 0
    assert capsys.readouterr().out.count("## ") == 1
    with pytest.raises(SystemExit):
        evaluate.main(["--sections", "speed,beauty"])
    assert "'beauty' is none of speed," in capsys.readouterr().err
