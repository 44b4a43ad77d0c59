"""The measurement of the starter model: its ear, on sound of which everything is known."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.starter import measure
from bot.starter.composer.styles import STYLES
from bot.starter.measuring import (
    classifier,
    continuation,
    features,
    fidelity,
    following,
    renders,
    soundness,
    tempo,
    wordings,
)
from bot.starter.measuring.classifier import Classifier, Listener
from bot.starter.measuring.features import SAMPLE_RATE_HZ, Key, Sanity, picture, sanity
from bot.starter.measuring.network import Network, Normalizer, softmax
from bot.starter.measuring.portrait import portrait, worn
from bot.starter.measuring.renders import Render, Truth
from bot.starter.measuring.section import Section, Share
from bot.starter.measuring.soundness import Ranges
from bot.starter.measuring.tempo import Beats, TempoEar, candidates, pulse, verdict
from bot.starter.training import sounds

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


def truth(style="rock", bpm=120.0):
    return Truth(style, bpm, tonic=0, is_minor=False, has_drums=True, is_usual_tempo=True)


class Recording:
    def __init__(self, known, sound):
        self.truth, self._sound = known, sound

    def sound(self):
        return self._sound

    def clip(self, seed=0):
        return self._sound

    def loop(self, seed=0):
        return self._sound


def piece(known, sound) -> Any:
    """What stands in for a render in the cache."""
    return Recording(known, sound)


def test_a_render_can_be_heard_as_a_loop(tmp_path):
    """Ten seconds of its first two bars over and over, from a place that the seed decides."""
    render = Render(truth(bpm=150.0), tmp_path / "render.npy")
    sounds.save(render.file, noise(12))
    lap = round(2 * 4 * 60 / 150 * SAMPLE_RATE_HZ)
    first, later = render.loop(), render.loop(seed=3)
    assert len(first) == len(later) == 10 * SAMPLE_RATE_HZ
    np.testing.assert_array_equal(first[:lap], render.sound()[:lap])
    assert not np.array_equal(first, later)
    for sound in (first, later):
        np.testing.assert_array_equal(sound[lap:], sound[:-lap])


@pytest.fixture(scope="module")
def listener():
    """A listener taught by a piece each of a few styles."""
    styles = ["rock", "ambient", "techno"]
    makers = [lambda n: drums(80 + 20 * n), lambda n: sines(220, 330 + n), lambda n: noise(seed=n)]
    pieces = [
        piece(truth(style, 80.0 + 20 * n), make(n))
        for n in range(4)
        for style, make in zip(styles, makers, strict=True)
    ]
    return classifier.teach(pieces, lambda sound: sound, 3, lambda _: None)


@pytest.mark.parametrize("bpm", [63, 90, 120, 171])
def test_the_tempo_of_a_steady_beat_is_among_the_candidates(bpm):
    """Within one percent: the resolution is well below the tolerance."""
    found = candidates(pulse(picture(drums(bpm)).mel))
    assert np.abs(found.bpm / bpm - 1).min() < 0.01


def test_an_untaught_ear_taps_a_moderate_tempo():
    """Of a beat, its half and its double, the one nearest to walking."""
    found = candidates(pulse(picture(drums(118)).mel))
    assert tempo.preferred_bpm(found) == pytest.approx(118, rel=0.02)


def test_an_ear_can_be_taught_which_peak_is_the_beat():
    """The trait that marks the beat in the lessons marks it later."""
    random = np.random.default_rng(0)

    def lesson():
        bpm = np.array([60, 90, 120, 180], np.float32)
        traits = random.normal(0, 1, (4, 5)).astype(np.float32)
        beat = int(random.integers(4))
        traits[beat, 2] += 4
        return Beats(bpm, traits), float(bpm[beat])

    heard, bpm = zip(*(lesson() for _ in range(200)), strict=True)
    ear = TempoEar.taught(heard, bpm)
    right = [ear.bpm(beats) == truth for beats, truth in (lesson() for _ in range(50))]
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
    tone, hiss = (picture(sound).chroma.mean(axis=0) for sound in (sines(440), noise()))
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
    assert all(soundness.checks(figures(3), ranges).values())
    failed = [name for name, met in soundness.checks(figures(9), ranges).items() if not met]
    assert failed == ["onsets_per_second"]


def test_distances_are_zero_for_the_same_sound_and_grow_with_the_damage():
    """Both distances order a light and a heavy noise."""
    sound = drums(110)
    light, heavy = (sound + share * noise(seed=5) for share in (0.02, 0.5))
    losses = [fidelity.loss(each, sound) for each in (sound, light, heavy)]
    assert losses[0].log_mel_db == 0
    assert losses[0].stft == 0
    assert losses[0].log_mel_db < losses[1].log_mel_db < losses[2].log_mel_db
    assert losses[0].stft < losses[1].stft < losses[2].stft


@pytest.mark.parametrize("delay", [-700, 0, 1105])
def test_a_codec_s_delay_is_taken_off(delay):
    """The aligned sound is the original but for the ends."""
    sound = noise(2)
    late = np.pad(sound, (delay, 0)) if delay >= 0 else sound[-delay:]
    middle = slice(2000, -2000)
    assert np.array_equal(fidelity.aligned(late, sound)[middle], sound[middle])


def test_a_network_learns_classes():
    """Three clouds, told apart on new points."""
    random = np.random.default_rng(1)
    centres = random.normal(0, 1, (3, 8))

    def draw(count):
        answers = random.integers(3, size=count)
        return (centres[answers] + random.normal(0, 0.3, (count, 8))).astype(np.float32), answers

    rows, answers = draw(300)
    taught = Classifier.taught(rows, answers.tolist())
    new, wanted = draw(100)
    chances = taught(new)
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (chances.argmax(axis=1) == wanted).mean() > 0.95


def test_a_network_survives_being_stored():
    """The arrays hold everything."""
    network = Network.drawn((5, 4, 3), np.random.default_rng(0))
    rows = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    assert np.array_equal(Network.of_arrays(network.arrays())(rows), network(rows))
    assert softmax(network(rows)).sum(axis=1) == pytest.approx(1)
    assert np.abs(Normalizer.of(rows)(rows).mean(axis=0)).max() < 1e-5


def test_a_portrait_is_finite_and_changes_little_with_wear():
    """Wear moves a clip less than another clip is away."""
    random = np.random.default_rng(0)

    def row(shown):
        return portrait(shown, pulse(shown.mel), 120)

    beat, drone = picture(drums(120)), picture(sines(220, 277, 330))
    rows = [row(beat), row(worn(beat, random)), row(drone), row(picture(0 * noise(2)))]
    assert all(np.isfinite(each).all() for each in rows)
    assert np.linalg.norm(rows[0] - rows[1]) < np.linalg.norm(rows[0] - rows[2])


def test_a_listener_hears_the_same_after_being_stored(listener, tmp_path):
    """The second run takes it from the cache, and does not teach again."""

    def never():
        raise AssertionError

    classifier.load_or_teach(tmp_path, "some", lambda: listener)
    again = classifier.load_or_teach(tmp_path, "some", never)
    sound = drums(100)
    one, other = listener.hear(sound), again.hear(sound)
    assert one.bpm == other.bpm
    assert np.array_equal(one.chances, other.chances)
    assert again.ranges.note == listener.ranges.note
    assert listener.hear(sound).ranking[0] == "rock"
    assert listener.distance(one, other) == 0
    assert listener.distance(one, listener.hear(noise())) > 0.5


def test_every_style_has_wordings_in_both_languages_and_no_tempo():
    """The style is asked for alone; the tempo test names one in its range."""
    assert list(wordings.ASKED) == list(STYLES)
    for words in wordings.ASKED.values():
        assert len(set(words)) >= 6
        assert any(not word.isascii() and "é" not in word for word in words)
        assert not any("bpm" in word.lower() for word in words)
    for prompt, bpm in wordings.with_tempo(30, seed=1):
        assert 65 <= bpm <= 175
        assert prompt.endswith(f", {bpm:.0f} BPM")


def test_a_section_is_read_by_people_and_programs():
    """Shares have their counts in both."""
    table = Section("Style", ("", "first"), (("clips", Share(9, 12)), ("mean", 1.234)), "A note.")
    assert "| clips | 75.0 % (9 of 12) |" in table.markdown()
    assert "| mean | 1.23 |" in table.markdown()
    rows = json.loads(json.dumps(table.plain()))["rows"]
    assert rows[0]["first"] == {"percent": 75.0, "met": 9, "of": 12}


class Studio:
    """Makes noise of the right length."""

    def __init__(self, *_):
        codec = SimpleNamespace(bandwidth_kbps=2.0)
        self.model = SimpleNamespace(shape=SimpleNamespace(codec=codec))

    def make(self, orders, what):
        return [noise(2, seed=order.seed) for order in orders]

    def through_codec(self, sound):
        return sound


def test_the_whole_measurement_prints_and_writes_its_tables(
    listener, tmp_path, monkeypatch, capsys
):
    """With a model that makes noise, every table is there and none is empty."""
    pieces = tuple(piece(truth(), drums(120, 2)) for _ in range(2))
    long = tuple(piece(truth(), drums(bpm, 20)) for bpm in (120, 90))
    loaded = SimpleNamespace(teaching=(), held_out=pieces, long=long)
    monkeypatch.setattr(renders, "load", lambda *_, **__: loaded)
    monkeypatch.setattr(measure, "Studio", Studio)
    monkeypatch.setattr(measure, "pace", lambda *_: 9.5)
    monkeypatch.setattr(measure, "MP3S", ())
    monkeypatch.setattr(classifier, "load_or_teach", lambda *_: listener)
    out = tmp_path / "measured.json"
    arguments = ["--quick", "--cache", str(tmp_path), "--out", str(out)]
    assert measure.main(arguments) == 0
    titles = [section["title"] for section in json.loads(out.read_text(encoding="utf-8"))]
    printed = capsys.readouterr().out
    assert titles == [line[3:] for line in printed.splitlines() if line.startswith("## ")]
    assert "| 10 s | 9.50 |" in printed
    assert len(titles) == 10


def test_continuations_are_compared_with_the_piece_s_own_second_half(listener):
    """A continuation that is the second half itself scores what the second half does."""
    pieces = [piece(truth(bpm=bpm), drums(bpm, 20)) for bpm in (80, 100, 120)]
    own = [each.sound()[len(each.sound()) // 2 :] for each in pieces]
    made, ceiling, _ = continuation.section(pieces, own, listener).rows
    assert made[1:] == ceiling[1:]


def test_prompt_and_seed_are_compared_style_by_style(listener):
    """Clips that only the prompt changes are farther apart than any two seeds."""
    first = [listener.hear(sound) for sound in (drums(100), sines(220), noise())]
    rows = following.variety_section(listener, first, first).rows
    assert rows[1][1] == 0
    assert rows[2][1] == Share(6, 6)
    assert isinstance(listener, Listener)
