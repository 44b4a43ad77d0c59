"""Drum parts: grooves, crashes at section starts, and fills at section ends."""

from bot.starter.composer.grid import steps_of
from bot.starter.composer.piece import Note

DRUMS = {
    "K": 36, "S": 38, "E": 40, "H": 42, "O": 46, "R": 51, "C": 57, "T": 45, "P": 39, "X": 37,
    "V": 75, "G": 63, "L": 64, "U": 62, "W": 56, "Z": 70, "J": 54, "D": 44,
}  # fmt: skip
_VELOCITIES = {"x": 92, "X": 114, "o": 52}
_QUIETER = {"H": 0.8, "O": 0.72, "R": 0.8, "C": 0.75, "Z": 0.7, "J": 0.8, "V": 0.9, "W": 0.7}
_KICK = 36
_CRASH = 49

FILLS = (
    {16: "S x.x.xx.. N ......xx T ........", 12: "S x.xx.x N ...... T ......"},
    {16: "S xxxx.... N ....xx.. T ......xx", 12: "S xxx... N ...xx. T .....x"},
    {16: "S x..x..xx N ........ T ........", 12: "S x.x..x N ...... T ....xx"},
)
_FILL_DRUMS = {"S": 38, "N": 48, "T": 45}


def _lanes(groove: str) -> list[tuple[str, str]]:
    words = groove.split()
    return list(zip(words[::2], words[1::2], strict=True))


def groove_bar(groove: str, start_beats: float, beats_per_bar: int, kick: float) -> list[Note]:
    """Return one bar of a groove; `kick` scales the kick drum's velocity."""
    notes = []
    for drum, lane in _lanes(groove):
        for step in steps_of(lane, beats_per_bar):
            velocity = _VELOCITIES[step.symbol] * _QUIETER.get(drum, 1.0)
            if drum == "K":
                velocity *= kick
            notes.append(
                Note(
                    start_beats + step.start_beats,
                    # A drum rings out by itself; the length only has to end before the next hit.
                    min(0.24, step.length_beats),
                    DRUMS[drum],
                    min(127, round(velocity)),
                )
            )
    return notes


def crash(start_beats: float) -> Note:
    """Return the cymbal that opens a section."""
    return Note(start_beats, 1.0, _CRASH, 88)


def with_fill(
    bar: list[Note], fill: int, start_beats: float, beats_per_bar: int, is_swung: bool
) -> list[Note]:
    """Replace the second half of a bar by a fill."""
    half_beats = beats_per_bar / 2
    kept = [n for n in bar if n.start_beats < start_beats + half_beats - 1e-6 or n.pitch == _KICK]
    for drum, lane in _lanes(FILLS[fill][12 if is_swung else 16]):
        for step in steps_of(lane, 1):
            start = start_beats + half_beats * (1 + step.start_beats)
            kept.append(Note(start, 0.2, _FILL_DRUMS[drum], 104))
    return kept
