"""Who plays what: the ideas of a piece, and what its sections make of them."""

import random as randomness
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.starter.composer import drums, melody, rhythms
from bot.starter.composer.accompaniment import draw_arpeggio, draw_riff
from bot.starter.composer.grid import bars_of
from bot.starter.composer.instruments import CHORD_INSTRUMENTS, LEAD_INSTRUMENTS
from bot.starter.composer.moods import Mood
from bot.starter.composer.piece import Density, SectionKind
from bot.starter.composer.style import Comp, Style

_ANY_LEAD = 0.14
_ANY_CHORDS = 0.05
_SWAP = 0.22
_ANY_BASS = 0.04
_WALKS = (
    "R--3--5--A--", "R--5--7--A--", "R--3--5--6--", "8--7--5--A--", "R--5--3--A--", "R--8--7--5--",
    "R--3--5--7--", "R--5--R--A--", "8--5--3--A--", "R--R--3--5--", "R--3--5-3A--", "R-RR--5--A-A",
    "3--5--7--A--", "R--7--5--3--",
)  # fmt: skip
_RIFFS_STRAIGHT = ("riff", "stab", "sync", "call")
SUSTAINED = ("synth pad", "strings", "bowed pad", "synth strings", "choir")
"""Instruments that hold a chord as long as one likes."""


@dataclass(frozen=True, slots=True)
class Idea:
    """What one section plays; bars of patterns take turns, and None is silent."""

    groove: tuple[list[drums.Stroke], list[drums.Stroke]] | None
    fill: tuple[int, list[drums.Stroke]] | None
    bass: tuple[str, ...] | None
    comp: tuple[str, ...] | None
    comp_instrument: str
    second: tuple[str, ...] | None
    second_instrument: str
    pad_instrument: str | None
    motif: melody.Motif | None
    lead_instrument: str
    lead_shift: int


@dataclass(frozen=True, slots=True)
class Ideas:
    """All sections of a piece, and what plays the bass."""

    verse: Idea
    chorus: Idea
    broken: Idea
    bass_instrument: str
    lowest_bass: int
    kit: int

    def of(self, kind: SectionKind) -> Idea:
        """Return what a kind of section plays."""
        if kind == "break":
            return self.broken
        return self.chorus if kind == "chorus" else self.verse


def draw_ideas(
    style: Style,
    mood: Mood,
    density: Density,
    lead: str | None,
    random: randomness.Random,
) -> Ideas:
    """Invent everything a piece repeats; `lead` is an instrument, "none", or left to chance."""
    steps = style.beats_per_bar * style.division
    has_drums = density != "none"
    groove = drums.draw_groove(style, density, random) if density != "none" else None
    fill = drums.draw_fill(style, style.beats_per_bar, style.division, random)
    has_fill = has_drums and random.random() < (0.85 if style.has_fills else 0.3)
    comp = random.choice(style.comps)
    instrument = random.choice(comp.instruments)
    if random.random() < _ANY_CHORDS and "P" not in "".join(comp.patterns):
        instrument = random.choice(CHORD_INSTRUMENTS)
    pattern = _draw_pattern(comp, style, mood, steps, random)
    has_bass = random.random() < style.bass_chance - (0.25 if not has_drums else 0)
    second_line, second_instrument = _draw_second(style, instrument, mood, steps, random)
    has_pad = bool(style.pads) and random.random() < style.pad_chance + (0.3 if mood.is_long else 0)
    pads = [name for name in style.pads if name not in (instrument, second_instrument)]
    pad = random.choice(pads) if has_pad and pads else None
    if pad is None and mood.is_long and not is_held(pattern) and random.random() < 0.5:
        pad = next(name for name in SUSTAINED if name != instrument)
    voice, has_lead = _draw_lead(style, instrument, lead, random)
    feels = style.feels
    if mood.is_long and style.division == 4:
        feels = (*feels, "long", "long")
    elif mood.is_syncopated and style.division == 4 and "sync" not in feels:
        feels = (*feels, "sync")
    beats, division = style.beats_per_bar, style.division
    verse_motif = melody.draw_motif(random.choice(feels), beats, division, mood.activity, random)
    chorus_motif = melody.draw_motif(random.choice(feels), beats, division, mood.activity, random)
    bass = _draw_bass(style, mood, random) if has_bass else None
    second_late = random.random() < 0.5
    leads_verse = has_lead and (lead is not None or random.random() < 0.85)
    verse = Idea(
        groove=groove,
        fill=fill if has_fill else None,
        bass=bass,
        comp=pattern,
        comp_instrument=instrument,
        second=None if second_late else second_line,
        second_instrument=second_instrument,
        pad_instrument=pad if not second_late or random.random() < 0.5 else None,
        motif=verse_motif if leads_verse else None,
        lead_instrument=voice,
        lead_shift=mood.register - 1,
    )
    other = pattern
    if random.random() < 0.55:
        other = _draw_pattern(comp, style, mood, steps, random)
    chorus = replace(
        verse,
        groove=_lifted(groove, style, random),
        comp=other,
        comp_instrument=_swapped(instrument, comp, _SWAP, random),
        second=second_line,
        pad_instrument=pad,
        bass=_draw_bass(style, mood, random) if bass and random.random() < 0.35 else bass,
        motif=chorus_motif if has_lead else None,
        lead_instrument=_other_lead(voice, style, lead, random),
        lead_shift=mood.register + random.choice((1, 2, 3)),
    )
    broken = _broken(verse, chorus, random)
    lowest = 28 if mood.register < -2 else random.choice((28, 30, 31, 33))
    return Ideas(
        verse, chorus, broken, random.choice(style.basses), lowest, random.choice(style.kits)
    )


def is_held(pattern: Sequence[str]) -> bool:
    """Say whether a pattern lets its chords sound."""
    return all(bar.count("-") >= len(bar) * 0.8 for bar in pattern)


def _draw_pattern(
    comp: Comp, style: Style, mood: Mood, steps: int, random: randomness.Random
) -> tuple[str, ...]:
    pattern = random.choice(comp.patterns)
    if mood.is_long and random.random() < 0.4 and "C" in pattern:
        pattern = "hold"
    bars = _expanded(pattern, style, steps, random)
    if any(sign in "Pp" for sign in "".join(bars)):
        symbols = "Pp"
    elif any(sign in "Cc" for sign in "".join(bars)):
        symbols = "cC"
    else:
        return bars
    if pattern == "hold":
        return bars
    first = bars[0]
    for _ in range(random.choice((0, 1, 1, 2))):
        first = rhythms.varied(first, symbols, style.division, random)
    second = bars[1] if len(bars) > 1 else first
    if random.random() < 0.4:
        second = rhythms.varied(second, symbols, style.division, random)
    if mood.activity < 0 and random.random() < 0.4:
        # The second bar holds what the first has begun.
        second = first[: steps // 2] + "-" * (steps - steps // 2)
    return (first, second) if second != first else (first,)


def _expanded(pattern: str, style: Style, steps: int, random: randomness.Random) -> tuple[str, ...]:
    if pattern == "hold":
        return ("C" + "-" * (steps - 1),)
    if pattern in ("arp8", "arp16"):
        return (draw_arpeggio(steps, style.division, pattern == "arp16", random),)
    cells = rhythms.STRAIGHT if style.division == 4 else rhythms.SWUNG
    if pattern == "riff":
        feel = random.choice(_RIFFS_STRAIGHT if style.division == 4 else ("swing", "call"))
        drawn = rhythms.draw_bar(cells[feel], style.beats_per_bar, style.division, random)
        if "x" not in drawn:
            drawn = "x" + drawn[1:]
        return (draw_riff(drawn, random),)
    if pattern == "counter":
        lines = [
            rhythms.draw_bar(cells["long"], style.beats_per_bar, style.division, random)
            for _ in range(2)
        ]
        return tuple(draw_riff("x" + bar[1:], random) for bar in lines)
    return bars_of(pattern)


def _draw_second(
    style: Style, taken: str, mood: Mood, steps: int, random: randomness.Random
) -> tuple[tuple[str, ...] | None, str]:
    chance = style.second_chance * (0.7 if mood.activity < 0 else 1.0)
    if not style.seconds or random.random() >= chance:
        return None, taken
    comp = random.choice(style.seconds)
    instrument = random.choice(comp.instruments)
    if instrument == taken and len(comp.instruments) > 1:
        instrument = next(name for name in comp.instruments if name != taken)
    return _expanded(random.choice(comp.patterns), style, steps, random), instrument


def _draw_bass(style: Style, mood: Mood, random: randomness.Random) -> tuple[str, ...]:
    pattern = random.choice(style.bass_lines)
    if pattern == "walk":
        count = random.choice((2, 4, 4, 8))
        return tuple(random.choice(_WALKS) for _ in range(count))
    bars = bars_of(pattern)
    symbols = "".join(sorted({sign for bar in bars for sign in bar} - set(".-A"))) + "R5"
    first = bars[0]
    for _ in range(random.choice((0, 1, 1, 2))):
        first = rhythms.varied(first, symbols, style.division, random)
    if mood.activity < 0 and first.count(".") + first.count("-") < len(first) / 2:
        first = "".join(
            "-" if index % 2 and sign not in ".-" else sign for index, sign in enumerate(first)
        )
    second = bars[1] if len(bars) > 1 else first
    if random.random() < 0.6:
        second = rhythms.varied(second, symbols, style.division, random)
    return (first, second) if second != first else (first,)


def _draw_lead(
    style: Style, taken: str, lead: str | None, random: randomness.Random
) -> tuple[str, bool]:
    drawn = random.choice(style.leads)
    if drawn == taken and len(style.leads) > 1:
        drawn = next(name for name in style.leads if name != taken)
    has_lead = random.random() < style.lead_chance
    if random.random() < _ANY_LEAD:
        drawn, has_lead = random.choice(LEAD_INSTRUMENTS), True
    if lead == "none":
        return drawn, False
    return (drawn, has_lead) if lead is None else (lead, True)


def _other_lead(voice: str, style: Style, lead: str | None, random: randomness.Random) -> str:
    if lead is not None or random.random() > 0.15:
        return voice
    return random.choice(style.leads)


def _swapped(instrument: str, comp: Comp, chance: float, random: randomness.Random) -> str:
    return random.choice(comp.instruments) if random.random() < chance else instrument


def _lifted(
    groove: tuple[list[drums.Stroke], list[drums.Stroke]] | None,
    style: Style,
    random: randomness.Random,
) -> tuple[list[drums.Stroke], list[drums.Stroke]] | None:
    """Return the groove of the chorus: the same with another cymbal, at times."""
    letters = {letter for _, letter, _ in groove[0]} if groove else set()
    if not groove or not style.has_fills or "O" in letters or random.random() > 0.4:
        return groove
    cymbal = "R" if "H" in letters else "H"
    return drums.with_cymbal(groove[0], cymbal), drums.with_cymbal(groove[1], cymbal)


def _broken(verse: Idea, chorus: Idea, random: randomness.Random) -> Idea:
    """Return the break: some of the parts are left, never none."""
    kind = random.choice(("no drums", "no drums", "no bass", "rhythm", "chords"))
    if kind == "rhythm" and verse.groove and verse.bass:
        return replace(verse, comp=None, second=None, pad_instrument=None, motif=None)
    if kind == "no bass":
        return replace(verse, bass=None)
    if kind == "chords":
        return replace(chorus, groove=None, bass=None, motif=None)
    return replace(chorus, groove=None)
