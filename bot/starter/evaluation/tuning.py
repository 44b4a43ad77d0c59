"""Whether held notes are decoded at their pitch.

A code that stays the same makes a convolutional decoder repeat itself with every frame: of such a
note only multiples of the frame rate, 50 Hz, would be left, at whatever pitch. Distances of mel
bands hardly tell; the strongest partial does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.stem_fidelity import Decode
from bot.starter.training.data.codebooks import BASS, BOOKS, CHORDS, LEAD, PITCHED, Codes
from bot.starter.training.data.mixing import HOP

TOLERANCE_CENTS = 35.0

_PARTIALS = (0.5, 1.0, 2.0, 3.0, 4.0)
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 5000.0
_BEGIN, _HELD, _FRAMES = 10, 60, 80
# After the attack, which is not a tone yet.
_HEARD = slice(24 * HOP, 64 * HOP)
# One instrument in so many, and one pitch: a cross-section of the codes.
_EVERY_INSTRUMENT, _EVERY_PITCH = 4, 5


def build_section(play: Decode, decode: Decode) -> Section:
    """Compare held notes as they are played and as the codec decodes them."""
    heard: dict[str, dict[str, list[bool]]] = {}
    stems: Mapping[str, int] = {"bass": BASS, "chords": CHORDS[0], "lead": LEAD}
    for stem, book in stems.items():
        heard[stem] = {MODEL: [], RENDERS: []}
        for pitch, codes in held_notes(book):
            for group, sounded in ((MODEL, decode), (RENDERS, play)):
                sound = sounded(codes.astype(np.int32))
                heard[stem][group].append(is_in_tune(sound[_HEARD], pitch))
    rows = [
        Row(
            f"held notes of the {stem} in tune",
            "as renders",
            {name: Share.where(each) for name, each in groups.items()},
        )
        for stem, groups in heard.items()
    ]
    note = (
        "Single notes: whether the strongest partial after the attack is one of the note's first "
        f"four, or an octave below it, to {TOLERANCE_CENTS:g} cents."
    )
    return Section.compared("Tuning", rows, note)


def held_notes(book: int) -> Iterator[tuple[int, Codes]]:
    """Yield pitches, and codes [books, frames] of a note of each held for a second."""
    layout = PITCHED[book]
    for number in range(0, len(layout.instruments), _EVERY_INSTRUMENT):
        instrument, lowest = layout.instruments[number], layout.lowest[number]
        for pitch in range(lowest + 2, lowest + layout.span, _EVERY_PITCH):
            codes = np.zeros((len(BOOKS), _FRAMES), np.int16)
            state = layout.state(instrument, pitch)
            for stage, age in enumerate(layout.ages):
                codes[book, _BEGIN + age : _BEGIN + _HELD] = layout.code(state, stage)
            yield pitch, codes


def is_in_tune(sound: Sound, pitch: int) -> bool:
    """Tell whether the strongest partial of a tone belongs to a MIDI pitch."""
    size = 8 * len(sound)
    power: NDArray[np.float64] = np.square(
        np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    )
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    power[(hz < _LOWEST_HZ) | (hz > _HIGHEST_HZ)] = 0
    if not power.any():
        return False
    strongest = float(hz[int(power.argmax())])
    asked = 440 * 2 ** ((pitch - 69) / 12)
    cents = [abs(1200 * np.log2(strongest / (asked * partial))) for partial in _PARTIALS]
    return bool(min(cents) <= TOLERANCE_CENTS)
