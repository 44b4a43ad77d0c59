"""The facts that a caption may state of a piece: what is heard in its first seconds."""

from dataclasses import dataclass

from bot.starter.composer.descriptors import notes_heard
from bot.starter.composer.piece import Piece

_SLOW_BPM, _FAST_BPM = 86, 124
_MID_BPM = (92, 118)
_AT_ODDS = {
    "busy": ("calm", "relaxing", "dreamy", "sad"),
    "sparse": ("energetic", "aggressive", "groovy"),
}


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
