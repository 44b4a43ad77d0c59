"""What a finished piece is like besides what was decided: how much happens, and its traits."""

from collections.abc import Sequence

from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Activity, Density, Part
from bot.starter.composer.style import Style

HEARD_SECONDS = 9.0
"""What words say of a piece is true of its first seconds, which every clip has."""

_SPARSE_A_SECOND, _BUSY_A_SECOND = 5.0, 18.0
_COUNTED_ROLES = ("drums", "bass", "chord1", "lead")
_DEEP_KITS = (24, 25)
_BIG_KIT, _HALL_KIT = 16, 48
_DEEP_BASSES = ("deep bass", "synth bass", "acid bass")
_LOW_PITCH = 40
_LOUD_GUITARS = ("distorted guitar", "overdriven guitar")
_SOFT_FAMILIES = {"keys", "mallets", "strings", "reeds", "plucked", "voices", "bass", "guitar"}


def notes_heard(part: Part, beat_frames: int) -> int:
    """Count the notes of a part in the first seconds."""
    beats = HEARD_SECONDS * FRAMES_PER_MINUTE / 60 / beat_frames
    notes = part.notes
    low, high = 0, len(notes)
    while low < high:
        middle = (low + high) // 2
        if notes[middle].start_beats < beats:
            low = middle + 1
        else:
            high = middle
    return low


def activity_of(parts: Sequence[Part], beat_frames: int, seconds: float) -> Activity:
    """Say how much happens in the first seconds."""
    notes = sum(notes_heard(part, beat_frames) for part in parts if part.role in _COUNTED_ROLES)
    rate = notes / min(HEARD_SECONDS, seconds)
    if rate < _SPARSE_A_SECOND:
        return "sparse"
    return "busy" if rate > _BUSY_A_SECOND else "usual"


def traits_of(
    style: Style, parts: Sequence[Part], density: Density, beat_frames: int
) -> tuple[str, ...]:
    """Return what people might say of the sound of the first seconds."""
    heard = [part for part in parts if notes_heard(part, beat_frames) > 3]
    names = {part.instrument for part in heard}
    traits = []
    loud = [part for part in heard if part.instrument in _LOUD_GUITARS and "chord" in part.role]
    if loud:
        traits.append("loud guitars")
    drums = next((part for part in heard if part.is_drums), None)
    if drums is not None and density in ("steady", "dense"):
        has_kicks = any(note.pitch == 36 for note in drums.notes[:40])
        is_dense = density == "dense"
        if drums.program == _BIG_KIT or (
            is_dense and (style.is_hard or drums.program == _HALL_KIT)
        ):
            traits.append("heavy drums")
        elif drums.program in _DEEP_KITS and has_kicks and style.name != "chiptune":
            traits.append("bassy drums")
    bass = next((part for part in heard if part.role == "bass"), None)
    if bass is not None and bass.instrument in _DEEP_BASSES:
        notes = bass.notes[:32]
        if sum(note.pitch for note in notes) < _LOW_PITCH * len(notes):
            traits.append("bassy")
    chords = {part.instrument for part in heard if part.role == "chord1"}
    if chords and not chords & {part.instrument for part in heard if part.role == "chord2"}:
        traits.append("arpeggios")
    if density in ("none", "light") and not style.is_hard and not names & set(_LOUD_GUITARS):
        families = {INSTRUMENTS[name].family for name in names if name in INSTRUMENTS}
        if families and families <= _SOFT_FAMILIES:
            traits.append("soft")
    return tuple(traits)
