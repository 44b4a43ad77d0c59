"""The report of a long run of the radio."""

from __future__ import annotations

from tests.soak.radio_heard import Heard
from tests.soak.radio_report import Aired, checks, last_figures, table
from tests.soak.tally import Sample

LOG = """
INFO radio.heard server=1 seconds=9.0 silent=0.00 missing=0.00 low=0 lost=0 cpu=0.30 fit=0.00
INFO radio.heard server=1 seconds=600.0 silent=0.10 missing=0.00 low=0 lost=0 cpu=12.00 fit=1.50
"""


def wrong(aired):
    return [name for name, _, _, is_so in checks(aired) if not is_so]


def test_each_figure_is_held_against_what_is_asked_for():
    """Figures of the last radio are compared; memory by each minute's lowest value."""
    memory = [Sample(1, 2.0 * at, 100.0 + at % 9) for at in range(300)]
    aired = Aired(
        10.0, heard=Heard(packets=30_000), waits=[2.0, 3.0], first_clip=0.5, first_live=1.0,
        skip=0.6, steered=[4.0, 5.0], memory=memory, bot_figures=last_figures(LOG),
        minutes_mb=[(90.0 + 5 * min(at, 4), 80.0) for at in range(10)],
    )  # fmt: skip
    assert wrong(aired) == []
    assert "2.0 % + 0.2 % of a core | pass" in table(aired)
    aired.minutes_mb = [(90.0 + 2 * at, 80.0) for at in range(10)]
    aired.skip, aired.first_live, aired.steered = None, 4.5, [9.0]
    aired.heard.lost, aired.heard.late, aired.heard.silences = 1, [0.3], [0.2]
    aired.bot_figures = last_figures(
        LOG.replace("missing=0.00 low=0 lost=0 cpu=12.00", "missing=0.10 low=1 cpu=30.00")
    )
    assert len(wrong(aired)) == 10
    assert "FAIL" in table(aired)
