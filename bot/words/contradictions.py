"""Moods, paces and styles that exclude each other."""

from __future__ import annotations

_SOFT = frozenset({"calm", "relaxing", "dreamy", "sad", "warm", "sparse"})
_HARD = frozenset({"energetic", "aggressive", "loud", "busy"})
_GLAD, _GRIM = frozenset({"happy", "warm"}), frozenset({"sad", "dark", "aggressive"})
_SOFT_STYLES = frozenset({"ambient", "classical", "ballad", "lo-fi", "waltz"})
_HARD_STYLES = frozenset({"punk", "metal", "techno", "trance", "drum and bass", "dubstep"})
_SLOW_MOODS, _FAST_MOODS = frozenset({"calm", "relaxing"}), frozenset({"energetic"})


def are_opposite_moods(one: str, other: str) -> bool:
    """Return whether the moods exclude each other."""
    return _are_apart(one, other, _SOFT, _HARD) or _are_apart(one, other, _GLAD, _GRIM)


def are_opposite_styles(one: str, other: str) -> bool:
    """Return whether mixing in one style destroys the other."""
    return _are_apart(one, other, _SOFT_STYLES, _HARD_STYLES)


def oppose_pace(mood: str, pace: str) -> bool:
    """Return whether a mood excludes a pace: nothing calm is fast."""
    return (pace == "fast" and mood in _SLOW_MOODS) or (pace == "slow" and mood in _FAST_MOODS)


def _are_apart(one: str, other: str, here: frozenset[str], there: frozenset[str]) -> bool:
    return (one in here and other in there) or (one in there and other in here)
