"""What an independent judge says of the clips: musicnn, which has never heard this composer.

Its tags are not taken at their word. A tag that goes with a style counts as heard in a clip of the
style where it is likelier than in a clip of another: the share of such pairs is the area under the
curve, 50 % by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bot.starter.evaluation.report_section import Cell, Row, Section

Tagged = Sequence[tuple[str, Mapping[str, float]]]
"""The style that each clip should have, and the chances of its tags."""

TAGS: Mapping[str, tuple[str, ...]] = {
    "rock": ("rock", "classic rock"),
    "90s rock": ("alternative rock", "90s", "rock"),
    "punk": ("punk", "rock"),
    "metal": ("metal", "heavy metal"),
    "blues": ("blues",),
    "country": ("country",),
    "jazz": ("jazz",),
    "funk": ("funk",),
    "soul": ("soul", "rnb"),
    "disco": ("dance", "70s"),
    "hip hop": ("hip-hop",),
    "lo-fi": ("chillout", "chill"),
    "80s pop": ("80s", "pop"),
    "synthwave": ("electronic", "80s"),
    "techno": ("techno", "electronic"),
    "house": ("house", "dance"),
    "trance": ("dance", "techno"),
    "drum and bass": ("electronic", "electronica"),
    "chiptune": ("electronic", "synth"),
    "ambient": ("ambient",),
    "classical": ("classical",),
    "waltz": ("classical", "strings"),
    "folk": ("folk", "acoustic"),
}
"""The tags that people give music of each style."""


def build_section(groups: Mapping[str, Tagged]) -> Section:
    """Say how well the judge's tags tell the styles apart, in the model's clips and the renders."""
    styles = [style for style in TAGS if any(style == own for g in groups.values() for own, _ in g)]
    each = {
        name: {style: area(tagged, style) for style in styles} for name, tagged in groups.items()
    }
    means: dict[str, Cell] = {name: _percent(list(areas.values())) for name, areas in each.items()}
    rows = [Row("mean over the styles, %", "as renders", means)]
    for style in styles:
        cells = {name: _percent([areas[style]]) for name, areas in each.items()}
        rows.append(Row(f"{style} ({', '.join(TAGS[style])})", "", cells))
    counts = ", ".join(f"{len(tagged)} {name}" for name, tagged in groups.items())
    note = (
        "How often a clip of a style has more of the style's tags than a clip of another, in "
        f"percent; 50 by chance. Clips: {counts}."
    )
    return Section.compared("An independent judge: musicnn", rows, note)


def _percent(areas: Sequence[float | None]) -> Cell:
    """Return the mean as a percentage, a dash where there is nothing to tell."""
    known = [each for each in areas if each is not None]
    return 100 * float(np.mean(known)) if known else "–"


def area(tagged: Tagged, style: str) -> float | None:
    """Return the share of pairs in which a style's clip has more of its tags, if there are any."""
    scores = np.array([np.mean([tags.get(tag, 0.0) for tag in TAGS[style]]) for _, tags in tagged])
    is_own = np.array([own == style for own, _ in tagged], bool)
    if not is_own.any() or is_own.all():
        return None
    own, other = scores[is_own][:, None], scores[~is_own][None]
    return float(((own > other) + 0.5 * (own == other)).mean())
