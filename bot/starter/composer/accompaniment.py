"""Chord, pad and bass parts, one bar at a time."""

from bot.starter.composer.grid import steps_of
from bot.starter.composer.harmony import Chord
from bot.starter.composer.piece import Note

_LOWEST_BASS = 31
_LOWEST_POWER_CHORD = 40
_STACCATO_BEATS = 0.2


def chord_bar(
    bar: str, chord: Chord, center: int, start_beats: float, beats_per_bar: int, velocity: int
) -> list[Note]:
    """Return one bar of a comping pattern."""
    voicing = chord.voiced(center)
    low_root = chord.root_from(_LOWEST_POWER_CHORD)
    notes: list[Note] = []
    for step in steps_of(bar, beats_per_bar):
        loudness = velocity
        length = step.length_beats * 0.96
        if step.symbol in "Cc":
            pitches = voicing
        elif step.symbol in "Pp":
            pitches = (low_root, low_root + 7, low_root + 12)
        elif step.symbol == "R":
            pitches = (low_root,)
        else:
            index = int(step.symbol)
            pitches = (voicing[index % len(voicing)] + 12 * (index // len(voicing)),)
        if step.symbol in "cp":
            loudness = round(velocity * (0.72 if step.symbol == "c" else 0.85))
            length = min(length, _STACCATO_BEATS)
        notes.extend(
            Note(start_beats + step.start_beats, length, pitch, loudness) for pitch in pitches
        )
    return notes


def bass_bar(
    bar: str, chord: Chord, following: Chord, start_beats: float, beats_per_bar: int, velocity: int
) -> list[Note]:
    """Return one bar of a bass line."""
    root = chord.root_from(_LOWEST_BASS)
    fifth = 6 if 6 in chord.intervals else 7
    seventh = next((i for i in chord.intervals if i in (10, 11)), 10)
    # Power chords have no third; their fifth is true in both modes.
    third = chord.third
    degrees = {"R": 0, "r": 0, "3": third, "5": fifth, "6": 9, "7": seventh, "8": 12}
    notes = []
    for step in steps_of(bar, beats_per_bar):
        if step.symbol == "A":
            pitch = following.root_from(_LOWEST_BASS) - 1
        else:
            pitch = root + degrees[step.symbol]
        loudness = round(velocity * 0.7) if step.symbol == "r" else velocity
        notes.append(
            Note(start_beats + step.start_beats, step.length_beats * 0.92, pitch, loudness)
        )
    return notes
