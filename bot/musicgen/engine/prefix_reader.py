"""Prefill the prefixes of rows beside the steps of others, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterable

from bot.musicgen.engine.prefix import Prefix, Reading
from bot.musicgen.engine.prompt_mix import PromptRow
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.share_rows import spare_rows
from bot.musicgen.model import Model

_COPY_POSITIONS = 64
_COPIES_BESIDE_OTHERS, _COPIES_ALONE = 4, 1000


class PrefixReader:
    """Prefills the prefixes of all rows, a few rows per step."""

    def __init__(self, model: Model) -> None:
        """Take a model, one of whose slots holds the null prefix."""
        self._decoder, self._null_slot = model.decoder, model.null_slot
        self._frame_rate = model.config.codec.frame_rate
        self._unread: list[Prefix] = []
        self.has_read = False
        """Whether the last step read anything."""

    def arrange(self, rows: Iterable[PromptRow], sequence: Sequence) -> bool:
        """Schedule missing prefixes of rows for the next step; return whether none is missing.

        `sequence` are the tokens that follow.
        """
        unread = []
        for row in rows:
            prefix = row.prefix
            if prefix is not None:
                prefix.enter_window(
                    sequence.windows_begun, sequence.window_begin / self._frame_rate
                )
                if not prefix.is_read:
                    unread.append(prefix)
        self._unread += unread
        return not unread

    def read(self, taken_rows: int) -> list[Reading]:
        """Copy what can be copied; return the rows to read in the next step besides `taken_rows`.

        With other requests in the step, few copies are made at a time, since they wait.
        """
        room = spare_rows(taken_rows, self._decoder.max_rows)
        copies = _COPIES_BESIDE_OTHERS if taken_rows else _COPIES_ALONE
        readings = list[Reading]()
        for prefix in self._unread:
            while copies > 0 and prefix.position < prefix.copied_positions:
                end = min(prefix.position + _COPY_POSITIONS, prefix.copied_positions)
                self._decoder.copy_past(self._null_slot, prefix.slot, range(prefix.position, end))
                prefix.position = end
                copies -= 1
            is_copied = prefix.position >= prefix.copied_positions
            if room > 0 and is_copied and not prefix.is_read:
                readings.append(prefix.take(room))
                room -= len(readings[-1].states)
        self._unread, self.has_read = [], bool(self._unread)
        return readings
