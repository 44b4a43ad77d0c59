"""What a caption may state of a piece, which is what its first seconds hold, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.starter.composer.descriptors import notes_heard
from bot.starter.composer.piece import Density, Piece

_SLOW_BPM, _FAST_BPM = 86, 124
_MID_BPM = (92, 118)
_AT_ODDS = {
    "busy": ("calm", "relaxing", "dreamy", "sad"),
    "sparse": ("energetic", "aggressive", "groovy"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionChances:
    """How likely a caption is to state each fact, and to be a few words.

    In a hurry people name little but a style; a short caption names style and mood.
    """

    style: float = 0.93
    tempo: float = 0.4
    key: float = 0.2
    lead: float = 0.62
    mood: float = 0.36
    drums: Mapping[Density, float] = field(
        default_factory=lambda: {"none": 0.5, "light": 0.3, "steady": 0.3, "dense": 0.45}
    )
    hurry: float = 0.16
    short: float = 0.0


USUAL = CaptionChances()
"""As people write."""

DETAILED = CaptionChances(
    tempo=0.5,
    key=0.6,
    lead=0.92,
    mood=0.7,
    drums={"none": 0.92, "light": 0.85, "steady": 0.5, "dense": 0.7},
    hurry=0.04,
)
"""As people write who have a wish that a style does not meet by itself."""

FEELING = CaptionChances(tempo=0.0, lead=0.2, mood=0.95, hurry=0.0, short=0.8)
"""As people write who wish for a mood and leave the rest open."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The melody's instrument and the others that are heard, and the kind of tempo."""

    lead: str | None
    others: tuple[str, ...]
    tempo: str | None
    activity: str | None


def facts_of(piece: Piece) -> Facts:
    """Return what is heard in the first seconds."""
    lead = None
    others = []
    for part in piece.parts:
        if part.is_drums:
            continue
        is_lead = part.role == "lead"
        if notes_heard(part, piece.beat_frames) < (3 if is_lead else 2):
            continue
        if is_lead:
            lead = lead or part.instrument
        elif part.instrument not in others:
            others.append(part.instrument)
    return Facts(
        lead,
        tuple(name for name in others if name != lead),
        _tempo_class(piece.bpm),
        _activity(piece),
    )


def _tempo_class(bpm: float) -> str | None:
    if bpm <= _SLOW_BPM:
        return "slow"
    if bpm >= _FAST_BPM:
        return "fast"
    return "mid" if _MID_BPM[0] <= bpm <= _MID_BPM[1] else None


def _activity(piece: Piece) -> str | None:
    """Return how much happens, where that says something and goes with the mood."""
    if piece.activity == "usual" or piece.mood in _AT_ODDS[piece.activity]:
        return None
    return piece.activity
