"""The decoder's slots: allotted to requests, and a reserve that is lent to words that change.

A request is allotted, from its admission to its last token, what its words take when nothing
changes. While they change, old and new words have slots at once, and the new ones' are lent. Loans
never take what admission counts on, nor the other way round: so neither waits for the other, and a
loan waits for the end of other loans only.
"""

from __future__ import annotations


class SlotPool:
    """Which slots are free, and how many are promised to whom."""

    def __init__(self, slots: int, *, reserve: int) -> None:
        """Take the number of slots, and how many of them are kept for loans."""
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
        """Promise so many slots for as long as a request runs; False where they aren't there."""
        if count > self.unallotted:
            return False
        self._allotted += count
        return True

    def lend(self, count: int) -> bool:
        """Promise so many slots of the reserve; False where they aren't there."""
        if self._lent + count > self.reserve:
            return False
        self._lent += count
        return True

    def end_promise(self, *, allotted: int = 0, lent: int = 0) -> None:
        """Take back promises that are kept no longer."""
        self._allotted -= allotted
        self._lent -= lent

    def take(self, count: int) -> tuple[int, ...]:
        """Take so many slots of those that were promised."""
        return tuple(self._free.pop() for _ in range(count))

    def give_back(self, slots: tuple[int, ...]) -> None:
        """Make slots free again."""
        self._free += slots

    @property
    def is_untouched(self) -> bool:
        """Return whether every slot is free and nothing is promised."""
        whole = len(self._free) == len(set(self._free)) == self.most_allotted + self.reserve
        return whole and self._allotted == self._lent == 0
