"""The sound that the starter is trained on: codes rendered with a few simple instruments."""

from __future__ import annotations

import numpy as np
import pytest

from bot.starter.training.data import samples
from bot.starter.training.data.codebooks import BASS, CHORDS, DRUMS, LEAD, STEMS
from bot.starter.training.data.mixing import HOP, STEM_NAMES, loudness, render_stems
from bot.starter.training.data.samples import SAMPLE_RATE_HZ
from tests.support.synthetic_instruments import bank, hold, hz_of, music, silence, strike, tone

FRAMES = 100
# The reverb's Fourier transforms leave rounding errors in silence.
QUIET = 1e-6


@pytest.fixture(scope="module")
def band():
    return bank()


def render_mix(codes, instruments):
    return render_stems(codes, instruments).sum(0)


def loud_hz(sound):
    """Return the frequency at which a sound is loudest, to about a hertz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * len(sound)))
    return np.argmax(spectrum) * SAMPLE_RATE_HZ / (4 * len(sound))


def test_stems_sound_alone_as_they_do_together(band):
    """Codes of one stem render that stem of the mix, and all stems add up to the mix."""
    codes = music()
    alone = []
    for number, (name, books) in enumerate(STEMS.items()):
        own = silence(codes.shape[1])
        own[list(books)] = codes[list(books)]
        alone.append(render_mix(own, band))
        np.testing.assert_allclose(alone[-1], render_stems(codes, band)[number], atol=QUIET)
        assert np.abs(alone[-1]).max() > 0.005, name
    np.testing.assert_allclose(sum(alone), render_mix(codes, band), atol=5 * QUIET)


@pytest.mark.parametrize("name", STEM_NAMES)
def test_a_muted_stem_is_silent(band, name):
    """With code 0 in its codebooks it is silent, and the other stems are unchanged."""
    codes = music()
    before = render_stems(codes, band)
    codes[list(STEMS[name])] = 0
    after = render_stems(codes, band)
    number = STEM_NAMES.index(name)
    assert not np.abs(after[number]).max()
    others = [n for n in range(len(STEM_NAMES)) if n != number]
    np.testing.assert_array_equal(after[others], before[others])


def test_a_note_lasts_from_its_frame_to_its_release(band):
    """It is silent before its attack and after its release."""
    codes = silence(FRAMES)
    hold(codes, BASS, 45, 20, 60)
    sound = render_stems(codes, band)[STEM_NAMES.index("bass")]
    heard = np.flatnonzero(np.abs(sound) > 0)
    begin, end = 20 * HOP, 60 * HOP
    assert begin <= heard[0] <= begin + 2
    assert end < heard[-1] < end + SAMPLE_RATE_HZ // 4
    held, let_go = (np.abs(sound[at : at + HOP]).max() for at in (end - HOP, end + 2 * HOP))
    assert let_go < 0.3 * held


@pytest.mark.parametrize("book", [CHORDS[0], LEAD])
def test_the_room_is_heard_after_a_note_and_never_before(band, book):
    """The reverb of chords and melodies outlasts them and decays."""
    codes = silence(FRAMES)
    hold(codes, book, 69, 20, 40)
    sound = render_mix(codes, band)
    assert np.abs(sound[: 20 * HOP]).max() < QUIET
    assert np.abs(sound[55 * HOP : 56 * HOP]).max() > 20 * QUIET
    assert np.abs(sound[-HOP:]).max() < np.abs(sound[55 * HOP : 56 * HOP]).max() / 3


@pytest.mark.parametrize("pitch", range(45, 52))
def test_every_pitch_is_in_tune(band, pitch):
    """To a tenth of a semitone, including pitches made from a neighbour's recording."""
    codes = silence(FRAMES)
    hold(codes, BASS, pitch, 0, 70)
    sound = render_mix(codes, band)[: 40 * HOP]
    assert 12 * abs(np.log2(loud_hz(sound) / hz_of(pitch))) < 0.1


def test_a_repeated_note_is_attacked_again(band):
    """The second note of a pitch sounds as the first, and is not one long note."""
    codes = silence(FRAMES)
    hold(codes, BASS, 45, 0, 40)
    once = render_mix(codes, band)
    hold(codes, BASS, 45, 40, 80)
    twice = render_mix(codes, band)
    np.testing.assert_allclose((twice - once)[40 * HOP : 80 * HOP], once[: 40 * HOP], atol=QUIET)


def test_a_hold_without_an_attack_is_silent(band):
    """Codes from the middle of a note do not say how it began."""
    codes = silence(FRAMES)
    hold(codes, BASS, 45, 0, 80)
    codes[BASS, :10] = 0
    assert not np.abs(render_mix(codes, band)).max()


def test_drums_ring_out(band):
    """A stroke goes on sounding whatever codes follow."""
    codes = silence(FRAMES)
    strike(codes, [10])
    alone = render_mix(codes, band)
    assert np.abs(alone[10 * HOP : 11 * HOP]).max() > 0.01
    assert np.abs(alone[12 * HOP : 13 * HOP]).max() > 0.001
    codes[DRUMS, 11:30] = 1  # still ringing
    np.testing.assert_array_equal(render_mix(codes, band), alone)


def test_how_loud_an_instrument_was_recorded_does_not_matter():
    """Every instrument is brought to the level of its role."""
    codes = music()
    soft, loud = (render_mix(codes, bank(gain)) for gain in (0.2, 3.0))
    np.testing.assert_allclose(soft, loud, atol=1e-4 * np.abs(loud).max())


def test_low_tones_count_less_as_loudness():
    """Of two tones with the same amplitude, the lower one counts as softer."""
    low, high = (loudness(tone(hz, 10.0), 0.6) for hz in (40.0, 1000.0))
    assert 0 < low < high / 3
    assert loudness(np.zeros(0, np.float32), 0.6) > 0


def test_recordings_are_kept_in_a_file(tmp_path):
    """What is read has the same length and nearly the same samples: loud, soft, silent or empty."""
    sounds = {
        "loud/60": 4 * tone(440.0, 0.5),
        "soft/60": 0.001 * tone(880.0, 0.3),
        "silent/60": np.zeros(5000, np.float32),
        "short/60": tone(440.0, 0.5)[:300],
    }
    samples.write(sounds, tmp_path / "samples.npz")
    found = samples.read(tmp_path / "samples.npz")
    assert list(found) == list(sounds)
    for name, sound in sounds.items():
        assert found[name].shape == sound.shape
        assert found[name].dtype == np.float32
        noise = np.square(found[name] - sound).sum()
        assert noise <= np.square(sound).sum() / 100, name
    assert (tmp_path / "samples.npz").stat().st_size < sum(s.nbytes for s in sounds.values()) / 4


def test_resampled_sound_keeps_its_shape():
    """A tone made longer is proportionally lower, and equally loud."""
    sound = tone(440.0, 10.0)
    longer = samples.resample(sound, 18, 17)
    assert len(longer) == len(sound) * 18 // 17
    assert loud_hz(longer) == pytest.approx(440.0 * 17 / 18, abs=1.0)
    assert np.abs(longer[2000:-2000]).max() == pytest.approx(np.abs(sound).max(), rel=0.02)
