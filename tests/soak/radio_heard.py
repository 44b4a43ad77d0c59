"""The audio that arrived in a voice channel in a long run, decoded and checked for gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.heard_sound import decode, levels

QUIET, SHORTEST_SILENCE_SECONDS = 1e-4, 0.1
"""Music has rests; digital silence is sent when there is nothing to play."""
NUMBERS = 1 << 16
"""Packet numbers start again after so many packets, 22 minutes."""
LATE_SECONDS = 0.2
"""A gap between packets that a listener's client can't conceal."""


@dataclass
class Heard:
    """Counts over the packets that arrived in the voice channel."""

    packets: int = 0
    lost: int = 0
    late: list[float] = field(default_factory=list)
    """Gaps before late packets, in seconds."""
    silences: list[float] = field(default_factory=list)
    live_looks: int = 0
    looks: int = 0
    has_begun: bool = False
    """Whether any sound was heard yet; silence before it is not counted."""
    _next: int | None = None
    _at: float = 0.0
    _quiet: float = 0.0

    def take(self, packets):
        """Check the packets that are new since the last call."""
        fresh = [each for each in packets if self._after(each) < NUMBERS // 2]
        if len(fresh) < 2:
            return
        for each in fresh:
            if self._next is not None:
                self.lost += self._after(each)
                if each.at - self._at > LATE_SECONDS:
                    self.late.append(each.at - self._at)
            self._next, self._at = (each.number + 1) % NUMBERS, each.at
        self.packets += len(fresh)
        step = SHORTEST_SILENCE_SECONDS / 2
        for level in levels(decode([each.opus for each in fresh]), step):
            if level < QUIET:
                self._quiet += step if self.has_begun else 0.0
                continue
            self.has_begun = True
            if self._quiet >= SHORTEST_SILENCE_SECONDS:
                self.silences.append(self._quiet)
            self._quiet = 0.0

    def _after(self, packet):
        """Return how many packets are missing before this one; over half of all if it is old."""
        return 0 if self._next is None else (packet.number - self._next) % NUMBERS
