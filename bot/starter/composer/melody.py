"""Melodies: two-bar motifs that follow the chords and come back."""

from collections.abc import Sequence

import numpy as np

from bot.starter.composer.grid import Step, bars_of, steps_of
from bot.starter.composer.harmony import Chord, scale_pitches
from bot.starter.composer.piece import Note

_MOVES = (-2, -1, -1, 0, 1, 1, 2)
_WIDEST = 4


class Motif:
    """A rhythm of two bars with a contour in scale steps; the last bar has a second ending."""

    def __init__(self, rhythm: str, random: np.random.Generator, beats_per_bar: int) -> None:
        self.bars = [list(steps_of(bar, beats_per_bar)) for bar in bars_of(rhythm)]
        self.contours = [_contour(len(bar), random) for bar in self.bars]
        self.ending = _contour(len(self.bars[-1]), random)

    def bar(self, index: int) -> tuple[list[Step], list[int]]:
        """Return the rhythm and contour of a bar of a four-bar loop."""
        which = index % len(self.bars)
        is_ending = index % 4 == 3
        return self.bars[which], self.ending if is_ending else self.contours[which]


def _contour(length: int, random: np.random.Generator) -> list[int]:
    position = int(random.integers(-1, 3))
    contour = []
    for _ in range(length):
        contour.append(position)
        position += int(random.choice(_MOVES))
        position = max(-_WIDEST, min(_WIDEST, position))
    return contour


def _nearest(pitches: Sequence[int], target: int) -> int:
    return min(range(len(pitches)), key=lambda index: abs(pitches[index] - target))


def melody_bar(
    motif: Motif,
    index: int,
    chord: Chord,
    scale: str,
    tonic: int,
    center: int,
    start_beats: float,
    velocity: int,
) -> list[Note]:
    """Return one bar of a motif over a chord."""
    pitches = scale_pitches(scale, tonic, center - 11, center + 11)
    tones = chord.pitch_classes
    chord_pitches = [p for p in range(center - 11, center + 12) if p % 12 in tones]
    anchor = _nearest(pitches, chord_pitches[_nearest(chord_pitches, center)])
    steps, contour = motif.bar(index)
    notes = []
    for step, offset in zip(steps, contour, strict=True):
        place = max(0, min(len(pitches) - 1, anchor + offset))
        pitch = pitches[place]
        if step.start_beats % 1 == 0 and step.length_beats >= 0.5:
            # Held notes on the beat belong to the chord, whatever the scale.
            pitch = chord_pitches[_nearest(chord_pitches, pitch)]
        notes.append(
            Note(start_beats + step.start_beats, step.length_beats * 0.95, pitch, velocity)
        )
    return notes
