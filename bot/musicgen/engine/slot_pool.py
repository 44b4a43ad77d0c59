"""The decoder's slots: allotments for requests, and a reserve for prompt changes.

From admission to its last token a request has an allotment for its present prompts. During a change
old and new prompts need slots at once; the new ones' are lent from the reserve. Loans and
allotments are separate, so neither waits for the other; a loan waits only for other loans.
"""

from __future__ import annotations


class SlotPool:
    """Free slots, and promised ones."""

    def __init__(self, slots: int, *, reserve: int) -> None:
        """Take the number of slots, and how many are reserved for loans."""
        self.most_allotted = slots - reserve
        self.reserve = reserve
        self._free = list(range(slots))
        self._allotted = 0
        self._lent = 0

    @property
    def unallotted(self) -> int:
        """Return how many slots can still be allotted."""
        return self.most_allotted - self._allotted

    def allot(self, count: int) -> bool:
        """Promise slots to a request while it runs; return False if there are too few."""
        if count > self.unallotted:
            return False
        self._allotted += count
        return True

    def lend(self, count: int) -> bool:
        """Promise slots of the reserve; return False if there are too few."""
        if self._lent + count > self.reserve:
            return False
        self._lent += count
        return True

    def end_promise(self, *, allotted: int = 0, lent: int = 0) -> None:
        """End promises."""
        self._allotted -= allotted
        self._lent -= lent

    def take(self, count: int) -> tuple[int, ...]:
        """Take promised slots."""
        return tuple(self._free.pop() for _ in range(count))

    def give_back(self, slots: tuple[int, ...]) -> None:
        """Free slots."""
        self._free += slots

    @property
    def is_untouched(self) -> bool:
        """Return whether every slot is free and unpromised."""
        whole = len(self._free) == len(set(self._free)) == self.most_allotted + self.reserve
        return whole and self._allotted == self._lent == 0
