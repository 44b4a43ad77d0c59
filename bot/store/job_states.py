"""SQL conditions on a job's state; the states are defined in `JobState`."""

from __future__ import annotations

from bot.domain.jobs import JobState


def in_states(*states: JobState) -> str:
    """Return the condition that the column `state` is one of these."""
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


ANY = in_states(*JobState)
"""The state is a known one."""

ENDED = in_states(*(state for state in JobState if state.is_final))
UNFINISHED = in_states(*(state for state in JobState if not state.is_final))
