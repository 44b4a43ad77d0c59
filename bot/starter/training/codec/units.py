"""What each of the decoder's LSTM units is for, in the decoder that is fitted in closed form.

Free pairs turn for ever and are not heard; each gated pair copies one as far as its gate is open,
and sounds as a tone. Noise units copy mixtures of turning ones: a band of noise. Voices remember
what a pitched codebook plays, how it fades, and what is left of it afterwards; tails do so for the
drums. Waves aren't recurrent: they hand on what the codes of the last frames say, and sound as the
beginnings of drums.
"""

from __future__ import annotations

from bot.starter.training.codec.oscillators import free_units, gated_units

WIDTH = 384

VOICES = 5
"""The pitched codebooks: bass, three voices of the chords, lead."""

BAND_EDGES_HZ = (120, 300, 600, 1000, 1600, 2500, 3700, 5200, 7200, 10_000, 15_000)
BANDS = len(BAND_EDGES_HZ) - 1
NOISES = 4
"""Units of each band: the frames of a noise are mixtures of so many grains."""

TAILS, WAVES, WAVE_FRAMES, WAVE_UNITS = 10, 6, 4, 16
"""Dimensions of the drums' vectors for noise and for waveforms; how long those are, in frames."""

PATTERN = 8
"""Units that remember what one pitched codebook plays, by which tones are opened."""

FREE = slice(1, free_units())
GATED = gated_units()
NOISE = slice(GATED.stop, GATED.stop + NOISES * BANDS)
REFERENCE = slice(NOISE.stop, NOISE.stop + NOISES)
FINE = slice(REFERENCE.stop, REFERENCE.stop + NOISES)
WAVE = slice(FINE.stop, FINE.stop + WAVE_UNITS)
VOICE = slice(WAVE.stop, WAVE.stop + VOICES * PATTERN)
TAIL = slice(VOICE.stop, VOICE.stop + TAILS)
assert TAIL.stop <= WIDTH, TAIL.stop

TONE_INPUT = slice(0, (GATED.stop - GATED.start) // 2)
HISS_INPUT = slice(TONE_INPUT.stop, TONE_INPUT.stop + BANDS)
VOICE_INPUT = slice(VOICE.start, VOICE.start + VOICES * (1 + PATTERN))
TAIL_INPUT = (*range(HISS_INPUT.stop, FREE.stop), *range(VOICE_INPUT.stop, WIDTH))[:TAILS]
"""The channels that bring vectors and keys to the LSTM; as outputs they are not heard."""

assert HISS_INPUT.stop <= FREE.stop, HISS_INPUT.stop
assert len(TAIL_INPUT) == TAILS, TAIL_INPUT
