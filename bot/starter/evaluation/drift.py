"""Whether a clip of a minute is still the same music at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sanity, Sound, measure_sanity
from bot.starter.evaluation.keys import Key, is_related, own_key
from bot.starter.evaluation.listener import Listener
from bot.starter.evaluation.report_section import Row, Section, Share
from bot.starter.evaluation.sanity_checks import checks
from bot.starter.evaluation.tempo import verdict

_END_SECONDS = 20.0
_MOST_CHANGE_DB = 6.0


def build_section(groups: Mapping[str, Sequence[Sound]], listener: Listener) -> Section:
    """Compare the first and the last 20 s of long clips."""
    ends = {name: [_ends(sound, listener) for sound in each] for name, each in groups.items()}
    rows = [
        Row(
            "last 20 s are sound, at the level of the first",
            "≥ 97 %",
            {
                name: Share.where(
                    all(checks(last.sane, listener.ranges).values())
                    and abs(first.sane.level_db - last.sane.level_db) <= _MOST_CHANGE_DB
                    for first, last in each
                )
                for name, each in ends.items()
            },
        ),
        Row(
            "same tempo as the first, or a simple ratio",
            "as renders",
            {
                name: Share.where(verdict(last.bpm, first.bpm) != "off" for first, last in each)
                for name, each in ends.items()
            },
        ),
        Row(
            "same key as the first, or its relative",
            "as renders",
            {
                name: Share.where(
                    first.key is not None and is_related(last.key, first.key)
                    for first, last in each
                )
                for name, each in ends.items()
            },
        ),
    ]
    return Section.compared("Clips of a minute", rows)


class _End:
    def __init__(self, sound: Sound, listener: Listener) -> None:
        self.sane: Sanity = measure_sanity(sound)
        self.bpm: float = listener.analyse(sound).bpm
        self.key: Key | None = own_key(sound)


def _ends(sound: Sound, listener: Listener) -> tuple[_End, _End]:
    length = round(_END_SECONDS * SAMPLE_RATE_HZ)
    return _End(sound[:length], listener), _End(sound[-length:], listener)
