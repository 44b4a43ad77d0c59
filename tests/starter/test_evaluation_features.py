"""Features of one sound that the evaluation measures: tempo, key, defects, and similarity."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bot.starter.evaluation import (
    codec_fidelity,
    features,
    keys,
    sanity_checks,
    stem_fidelity,
    tuning,
)
from bot.starter.evaluation.classifier import Classifier, Scaler
from bot.starter.evaluation.feature_vector import augment, describe_clip
from bot.starter.evaluation.features import (
    SAMPLE_RATE_HZ,
    Key,
    Sanity,
    measure_sanity,
    measure_spectra,
)
from bot.starter.evaluation.sanity_checks import Ranges
from bot.starter.evaluation.similarity import compare_clips, measure_traces, self_similarity
from bot.starter.evaluation.tempo import Beats, TempoEstimator, find_pulse, list_candidates, verdict
from tests.support.evaluation_sounds import drums, melody, noise, sines


@pytest.mark.parametrize("bpm", [63, 90, 120, 171])
def test_the_tempo_of_a_steady_beat_is_among_the_candidates(bpm):
    """Within one percent: the resolution is well below the tolerance."""
    found = list_candidates(find_pulse(measure_spectra(drums(bpm)).mel))
    assert np.abs(found.bpm / bpm - 1).min() < 0.01


def test_an_estimator_learns_which_peak_is_the_beat():
    """A feature that marks the beat in the examples is used afterwards."""
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
    ("found", "wanted", "expected"),
    [(120, 120, "met"), (124, 120, "met"), (126, 120, "off"), (60, 120, "1/2"), (180, 120, "3/2")],
)
def test_octave_errors_are_distinguished_from_others(found, wanted, expected):
    """Half the requested tempo is another error than an unrelated tempo."""
    assert verdict(found, wanted) == expected


def test_chroma_distinguishes_notes_from_noise():
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
    """Everything else is measured at a common loudness."""
    loud, quiet = measure_sanity(drums(100)), measure_sanity(0.1 * drums(100))
    assert loud.level_db - quiet.level_db == pytest.approx(20, abs=0.1)
    assert quiet.onsets_per_second == pytest.approx(loud.onsets_per_second)
    assert quiet.flatness_db == pytest.approx(loud.flatness_db, abs=0.2)


def test_sanity_checks_detect_drones_silence_and_overload():
    """Each defect has a figure."""
    assert measure_sanity(drums(120)).onsets_per_second == pytest.approx(4, abs=0.5)
    assert measure_sanity(sines(220)).onsets_per_second < 0.5
    assert measure_sanity(noise()).flatness_db > measure_sanity(sines(220)).flatness_db + 10
    assert measure_sanity(np.zeros(64_000, np.float32)).silent_share == 1
    assert measure_sanity(np.clip(20 * noise(), -1, 1)).clipped_share > 0.3


def test_ranges_leave_out_what_is_unlike_all_pieces():
    """Only the figure that is far outside the range of the pieces fails."""

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


def test_the_distance_is_zero_for_the_same_sound_and_grows_with_the_damage():
    """It is larger for strong noise than for weak noise."""
    sound = drums(110)
    light, heavy = (sound + share * noise(seed=5) for share in (0.02, 0.5))
    none, little, much = (
        codec_fidelity.log_mel_distance_db(each, sound) for each in (sound, light, heavy)
    )
    assert none == 0
    assert 0 < little < much


def test_a_network_learns_classes():
    """Three clusters are separated on new points."""
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
    """Mean 0 and deviation 1; a constant feature stays finite."""
    rows = np.random.default_rng(1).normal(3, 20, size=(7, 5)).astype(np.float32)
    rows[:, 2] = 4
    scaled = Scaler.fit(rows)(rows)
    assert np.abs(scaled.mean(axis=0)).max() < 1e-5
    assert scaled.std(axis=0) == pytest.approx([1, 1, 0, 1, 1], abs=1e-5)
    far = Scaler.fit(rows)(rows + 1000)
    assert far.max() == 4


def test_features_are_finite_and_change_little_with_noise():
    """Noise moves a clip less than the distance to another clip."""
    random = np.random.default_rng(0)

    def row(shown):
        return describe_clip(shown, find_pulse(shown.mel), 120)

    beat, drone = measure_spectra(drums(120)), measure_spectra(sines(220, 277, 330))
    rows = [row(beat), row(augment(beat, random)), row(drone), row(measure_spectra(0 * noise(2)))]
    assert all(np.isfinite(each).all() for each in rows)
    assert np.linalg.norm(rows[0] - rows[1]) < np.linalg.norm(rows[0] - rows[2])


@pytest.mark.parametrize("shift_seconds", [0.0, 0.7, 2.0])
def test_the_same_recording_is_alike_however_shifted(shift_seconds):
    """A later start or a lower level gives the same piece."""
    sound = melody(1) + drums(100)
    later = np.roll(sound, round(shift_seconds * SAMPLE_RATE_HZ))
    found = compare_clips(
        measure_traces(measure_spectra(sound)), measure_traces(measure_spectra(0.3 * later))
    )
    assert found.is_alike
    assert found.distance < 0.15


def test_two_pieces_on_one_beat_are_not_alike():
    """Their drums agree, but their melodies do not."""
    one, other = (
        measure_traces(measure_spectra(melody(seed) + 0.3 * drums(100))) for seed in (1, 2)
    )
    found = compare_clips(one, other)
    assert not found.is_alike
    assert found.distance > 0.3


def test_a_loop_is_like_itself_a_lap_later():
    """A repeated melody scores high, a continuing one low."""
    lap = melody(3, 2)
    loop, tune = np.tile(lap, 5), melody(3, 10)
    assert self_similarity(measure_traces(measure_spectra(loop)), 1.5, 4) > 0.95
    assert self_similarity(measure_traces(measure_spectra(tune)), 1.5, 4) < 0.7


def test_a_key_and_its_relative_share_their_notes():
    """C major and A minor are relatives, C major and A major are not."""
    assert keys.is_related((9, "minor"), (0, "major"))
    assert keys.is_related((0, "major"), (0, "major"))
    assert not keys.is_related((9, "major"), (0, "major"))
    assert not keys.is_related(None, (0, "major"))


def test_notes_that_a_network_hears_decide_on_the_key():
    """Probabilities of held notes add up by pitch class; unlikely notes are ignored."""
    chances = np.full((1, 172, 88), 0.1, np.float32)
    for pitch, chance in ((57, 0.9), (60, 0.8), (64, 0.9), (62, 0.5), (65, 0.41)):
        chances[0, :, pitch - 21] = chance
    session = SimpleNamespace(
        get_inputs=lambda: [SimpleNamespace(name="sound")],
        run=lambda _, fed: [chances] if fed["sound"].shape == (2, 43_844, 1) else [],
    )
    estimator = keys.NoteTranscriber(session)
    assert estimator.key(noise(3)) == (9, "minor")


def test_a_leak_is_the_share_of_the_other_stems():
    """A tenth of another stem's amplitude is -20 dB."""
    played = {"bass": sines(100), "lead": sines(3000)}
    leaked = stem_fidelity.leak_db(played["bass"] + 0.1 * played["lead"], played, "bass")
    assert leaked == pytest.approx(-20, abs=0.5)
    assert stem_fidelity.leak_db(played["bass"], played, "bass") < -60


def test_a_note_is_in_tune_where_its_strongest_partial_is():
    """The fundamental or an overtone counts; a third of a tone or 50 Hz away does not."""
    assert tuning.is_in_tune(sines(440), 69)
    assert tuning.is_in_tune(sines(880), 69)
    assert not tuning.is_in_tune(sines(450), 69)
    assert not tuning.is_in_tune(sines(350), 66)
    assert not tuning.is_in_tune(0 * noise(), 69)


def test_non_negative_shares_are_never_below_nothing():
    """Where the unconstrained solution is negative, the share is 0."""
    columns = np.array([[1, 1], [0, 1], [1, 0]], np.float32)
    assert stem_fidelity.non_negative_shares(columns, 2 * columns[:, 0]) == pytest.approx(
        [2, 0], abs=1e-5
    )
    assert stem_fidelity.non_negative_shares(columns, np.array([0, -1, 1], np.float32)).min() == 0
