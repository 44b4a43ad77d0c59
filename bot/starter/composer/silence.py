"""Silences between the notes of a piece."""

from collections.abc import Sequence

from bot.starter.composer.piece import Part

# A drum is heard for about this long after its stroke.
_DRUM_BEATS = 0.25


def longest_silence_beats(parts: Sequence[Part], end_beats: float) -> float:
    """Return the longest time in which nothing is played."""
    spans = sorted(
        (note.start_beats, note.start_beats + max(note.length_beats, _DRUM_BEATS))
        for part in parts
        for note in part.notes
    )
    longest, heard_until = 0.0, 0.0
    for start, stop in spans:
        longest = max(longest, start - heard_until)
        heard_until = max(heard_until, stop)
    return max(longest, end_beats - heard_until)
