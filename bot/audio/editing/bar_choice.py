"""Choose the bars of a sound that a remix keeps."""

from __future__ import annotations

from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS, Rhythm

_OFF_SECONDS = 0.02
_LEAST_SECONDS = 0.5


def choose_bars(
    rhythm: Rhythm | None, seconds: float, keep_seconds: float, *, at_start: bool
) -> tuple[float, float]:
    """Return start and end of the bars to keep, in a sound of `seconds`.

    Without bars, that many seconds are kept.
    """
    lines = [] if rhythm is None else _bar_lines(rhythm, seconds)
    if at_start:
        inner = [line for line in lines if line > _LEAST_SECONDS]
        if not inner:
            return 0.0, min(keep_seconds, seconds)
        return 0.0, min(inner, key=lambda line: abs(line - keep_seconds))
    if len(lines) < 2:
        return max(0.0, seconds - keep_seconds), seconds
    stop = lines[-1]
    return min(lines[:-1], key=lambda line: abs(line - (stop - keep_seconds))), stop


def _bar_lines(rhythm: Rhythm, seconds: float) -> list[float]:
    """Return the cuts before a sound's bar lines, those at its own two ends among them."""
    lines = [*rhythm.downbeats]
    if not lines:
        return []
    lines.append(lines[-1] + rhythm.bar_seconds)
    cuts = [line - ATTACK_LEAD_SECONDS for line in lines]
    # No cut at an end that coincides with a bar line.
    return [
        min(seconds, max(0.0, cut))
        for cut in cuts
        if -_OFF_SECONDS <= cut <= seconds + _OFF_SECONDS
    ]
