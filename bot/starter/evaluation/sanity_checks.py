"""Whether a clip sounds like music at all: not clipped, silent or droning, from end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.domain.generation import Floats
from bot.starter.evaluation.features import Sanity
from bot.starter.evaluation.report_section import Row, Section, Share

FIGURES = ("onsets_per_second", "flatness_db", "chroma_bits")
PERCENTILES = (0.5, 99.5)

_MOST_CLIPPED = 0.001
_MOST_SILENT = 0.1
_QUIETEST_DB, _LOUDEST_DB = -30.0, -6.0


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


def build_section(groups: Mapping[str, Sequence[Sanity]], ranges: Ranges) -> Section:
    """Count the clips of ten seconds that pass everything, and each check."""
    found = {name: [checks(each, ranges) for each in clips] for name, clips in groups.items()}
    names = dict.fromkeys(name for own in found.values() for each in own for name in each)
    rows = [
        Row(
            "clips that pass everything",
            "≥ 97 %",
            {
                group: Share.where(all(each.values()) for each in own)
                for group, own in found.items()
            },
        ),
        *(
            Row(
                name,
                "",
                {group: Share.where(each[name] for each in own) for group, own in found.items()},
            )
            for name in names
        ),
    ]
    note = (
        f"Ranges, percentiles {PERCENTILES[0]:g} to {PERCENTILES[1]:g} of renders: {ranges.note}. "
        f"Not clipped: at most {100 * _MOST_CLIPPED:g} % of the samples at full scale. Not silent: "
        f"at most {100 * _MOST_SILENT:g} % of the time below -50 dBFS. Level: "
        f"{_QUIETEST_DB:g} to {_LOUDEST_DB:g} dBFS."
    )
    return Section.compared("Sounding like music", rows, note)


def _values(measured: Sanity) -> list[float]:
    return [getattr(measured, name) for name in FIGURES]
