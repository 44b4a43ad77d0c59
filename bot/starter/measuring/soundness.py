"""Whether a clip sounds like music at all: nothing clipped, silent or droning, from end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.measuring.features import Floats, Sanity, Sound, sanity
from bot.starter.measuring.section import Section, Share

FIGURES = ("onsets_per_second", "flatness_db", "chroma_bits")
PERCENTILES = (0.5, 99.5)

_MOST_CLIPPED = 0.001
_MOST_SILENT = 0.1
_QUIETEST_DB, _LOUDEST_DB = -30.0, -6.0
_MOST_CHANGE_DB = 6.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where the figures of rendered pieces lie, [figures]."""

    low: Floats
    high: Floats

    @classmethod
    def of(cls, measured: Sequence[Sanity]) -> Ranges:
        """Take the range that leaves half a percent of the pieces on either side."""
        low, high = np.percentile([_values(each) for each in measured], PERCENTILES, axis=0)
        return cls(low.astype(np.float32), high.astype(np.float32))

    def hold(self, measured: Sanity) -> dict[str, bool]:
        """Tell which figures of a clip lie where those of rendered pieces do."""
        values = np.array(_values(measured), np.float32)
        inside = (values >= self.low) & (values <= self.high)
        return dict(zip(FIGURES, inside.tolist(), strict=True))

    @property
    def note(self) -> str:
        """Return the ranges in words."""
        spans = zip(FIGURES, self.low, self.high, strict=True)
        return ", ".join(f"{name} {low:.2f} to {high:.2f}" for name, low, high in spans)


def checks(measured: Sanity, ranges: Ranges) -> dict[str, bool]:
    """Return everything that is asked of a clip, by name."""
    return {
        "not clipped": measured.clipped_share <= _MOST_CLIPPED,
        "not silent": measured.silent_share <= _MOST_SILENT,
        "level": _QUIETEST_DB <= measured.level_db <= _LOUDEST_DB,
        **ranges.hold(measured),
    }


def section(groups: Mapping[str, Sequence[Sound]], ranges: Ranges) -> Section:
    """Check groups of clips of ten seconds."""
    rows: list[tuple[str | float | Share, ...]] = []
    names: tuple[str, ...] = ()
    for group, clips in groups.items():
        found = [checks(sanity(clip), ranges) for clip in clips]
        names = tuple(found[0])
        each = [Share.where(one[name] for one in found) for name in names]
        rows.append((group, Share.where(all(one.values()) for one in found), *each))
    note = (
        f"Ranges, percentiles {PERCENTILES[0]:g} to {PERCENTILES[1]:g} of renders: {ranges.note}. "
        f"Not clipped: at most {100 * _MOST_CLIPPED:g} % of the samples at full scale. Not silent: "
        f"at most {100 * _MOST_SILENT:g} % of the time below -50 dBFS. Level: "
        f"{_QUIETEST_DB:g} to {_LOUDEST_DB:g} dBFS."
    )
    return Section("Sounding like music", ("clips", "everything", *names), tuple(rows), note)


def long_section(clips: Sequence[Sound], ranges: Ranges) -> Section:
    """Compare the first and the last third of clips of 30 s."""
    firsts, lasts = [], []
    for clip in clips:
        third = len(clip) // 3
        firsts.append(sanity(clip[:third]))
        lasts.append(sanity(clip[-third:]))
    pairs = list(zip(firsts, lasts, strict=True))
    is_level = [abs(one.level_db - other.level_db) <= _MOST_CHANGE_DB for one, other in pairs]
    is_sound = [all(checks(last, ranges).values()) for last in lasts]
    rows: list[tuple[str | float | Share, ...]] = [
        (
            "last third is sound, at the level of the first",
            Share.where(a and b for a, b in zip(is_level, is_sound, strict=True)),
        ),
        (f"level within {_MOST_CHANGE_DB:g} dB", Share.where(is_level)),
        ("first third is sound", Share.where(all(checks(one, ranges).values()) for one in firsts)),
        ("last third is sound", Share.where(is_sound)),
    ]
    for name in ("level_db", *FIGURES):
        first, last = (float(np.mean([getattr(s, name) for s in side])) for side in (firsts, lasts))
        rows.append((f"mean {name}, first to last third", f"{first:.2f} to {last:.2f}"))
    return Section("Clips of 30 s", ("", "share"), tuple(rows))


def _values(measured: Sanity) -> list[float]:
    return [getattr(measured, name) for name in FIGURES]
