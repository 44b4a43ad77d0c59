"""Who plays what: the ideas of a piece, and what its sections make of them."""

import random as randomness
from dataclasses import dataclass, replace

from bot.starter.composer import drums, melody
from bot.starter.composer.instruments import BASS_INSTRUMENTS, CHORD_INSTRUMENTS, LEAD_INSTRUMENTS
from bot.starter.composer.moods import Mood
from bot.starter.composer.patterns import draw_bass, draw_pattern, draw_second, is_held
from bot.starter.composer.piece import Density, SectionKind
from bot.starter.composer.style import Comp, Style

_ANY_LEAD = 0.14
_ANY_CHORDS = 0.05
_SWAP = 0.22
_ANY_BASS = 0.04
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
    verse_again: Idea
    chorus: Idea
    chorus_again: Idea
    breakdown: Idea
    bass_instrument: str
    lowest_bass: int
    kit: int

    def all(self) -> tuple[Idea, ...]:
        """Return the ideas of all sections."""
        return (self.verse, self.verse_again, self.chorus, self.chorus_again, self.breakdown)

    def of(self, kind: SectionKind, times_before: int) -> Idea:
        """Return what a kind of section plays that has been there so often."""
        if kind == "break":
            return self.breakdown
        if kind == "chorus":
            return self.chorus_again if times_before else self.chorus
        return self.verse_again if kind == "verse" and times_before else self.verse


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
    pattern = draw_pattern(comp, style, mood, steps, random)
    has_bass = random.random() < style.bass_chance - (0.25 if not has_drums else 0)
    second_line, second_instrument = draw_second(style, instrument, mood, steps, random)
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
    bass = draw_bass(style, mood, random) if has_bass else None
    second_late = random.random() < 0.5
    leads_verse = has_lead and (lead is not None or random.random() < 0.92)
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
        other = draw_pattern(comp, style, mood, steps, random)
    chorus = replace(
        verse,
        groove=_vary_cymbal(groove, style, random),
        comp=other,
        comp_instrument=_swapped(instrument, comp, _SWAP, random),
        second=second_line,
        pad_instrument=pad,
        bass=draw_bass(style, mood, random) if bass and random.random() < 0.35 else bass,
        motif=chorus_motif if has_lead else None,
        lead_instrument=_other_lead(voice, style, lead, random),
        lead_shift=mood.register + random.choice((1, 2, 3)),
    )
    breakdown = _draw_break(verse, chorus, random)
    lowest = 28 if mood.register < -2 else random.choice((28, 30, 31, 33))
    bass_instrument = random.choice(style.basses)
    if random.random() < _ANY_BASS:
        bass_instrument = random.choice(BASS_INSTRUMENTS)
    kit = random.choice(style.kits)
    verse_again = _vary_repeat(verse, second_line, style, mood, random)
    chorus_again = _vary_repeat(chorus, second_line, style, mood, random)
    return Ideas(verse, verse_again, chorus, chorus_again, breakdown, bass_instrument, lowest, kit)


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


def _vary_cymbal(
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


def _vary_repeat(
    idea: Idea,
    second: tuple[str, ...] | None,
    style: Style,
    mood: Mood,
    random: randomness.Random,
) -> Idea:
    """Return a section when it comes again: grown, or with one thing changed, or the same."""
    kind = random.choice(("same", "grown", "melody", "bass", "drums"))
    if kind == "grown":
        return replace(idea, second=second)
    if kind == "melody" and idea.motif:
        return replace(
            idea, motif=melody.vary_ending(idea.motif, style.beats_per_bar, style.division, random)
        )
    if kind == "bass" and idea.bass:
        return replace(idea, bass=draw_bass(style, mood, random))
    if kind == "drums" and idea.groove:
        return replace(
            idea,
            groove=_vary_cymbal(idea.groove, style, random),
            fill=_new_fill(idea, style, random),
        )
    return idea


def _new_fill(
    idea: Idea, style: Style, random: randomness.Random
) -> tuple[int, list[drums.Stroke]] | None:
    if idea.fill is None:
        return None
    return drums.draw_fill(style, style.beats_per_bar, style.division, random)


def _draw_break(verse: Idea, chorus: Idea, random: randomness.Random) -> Idea:
    """Return the break: some of the parts are left, never none."""
    kind = random.choice(("no drums", "no drums", "no bass", "rhythm", "chords"))
    if kind == "rhythm" and verse.groove and verse.bass:
        return replace(verse, comp=None, second=None, pad_instrument=None, motif=None)
    if kind == "no bass":
        return replace(verse, bass=None)
    if kind == "chords":
        return replace(chorus, groove=None, bass=None, motif=None)
    return replace(chorus, groove=None)
