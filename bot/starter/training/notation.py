"""Write down what the starter's codes mean, so that its clips can be read as notes."""

from __future__ import annotations

import json
from pathlib import Path

from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.training.data.codebooks import (
    BARS,
    BEATS,
    CLOCK,
    DRUMS,
    FRAMES_PER_SECOND,
    PITCHED,
    PLAN,
    QUALITIES,
    RINGING,
    SECTION_KINDS,
    drum_codes,
)
from bot.starter.training.data.notes import stem_name

FILE = "notation.json"


def write_notation(folder: Path) -> None:
    """Write the notation of the codebooks into the folder of a checkpoint."""
    notation = {
        "frames_per_second": FRAMES_PER_SECOND,
        "clock": {"book": CLOCK, "beat_frames": list(BEAT_FRAMES), "rounds": SECTION_KINDS},
        "plan": {
            "book": PLAN,
            "codes_per_beat": BARS,
            "beats": BEATS,
            "qualities": list(QUALITIES),
        },
        "drums": {
            "book": DRUMS,
            "first": 1 + len(RINGING),
            "sets": [
                [kit, [[pitch, int(soft)] for pitch, soft in strokes]]
                for kit, strokes in drum_codes().sets
            ],
        },
        "pitched": [
            {
                "book": book,
                "part": stem_name(book),
                "span": layout.span,
                "stages": len(layout.ages),
                "voices": [
                    {"name": name, "program": INSTRUMENTS[name].program, "lowest": lowest}
                    for name, lowest in zip(layout.instruments, layout.lowest, strict=True)
                ],
            }
            for book, layout in PITCHED.items()
        ],
    }
    (folder / FILE).write_text(json.dumps(notation, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    write_notation(Path(__file__).parents[1] / "checkpoint")
