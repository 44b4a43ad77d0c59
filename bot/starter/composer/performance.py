"""Playing: ideas, chords and a form become the notes of every part, and the plan of the bars."""

import random as randomness
from dataclasses import replace

from bot.starter.composer import accompaniment, drums
from bot.starter.composer.arrangement import Idea, Ideas
from bot.starter.composer.band import CHORD_ROLES, Band, Voices, voicer_of
from bot.starter.composer.form import Form, place_in_phrase
from bot.starter.composer.instruments import INSTRUMENTS, volume_of
from bot.starter.composer.key import Harmony, Progression
from bot.starter.composer.melody import melody_bar
from bot.starter.composer.piece import Bar, Chord, Note, Part, SectionKind
from bot.starter.composer.style import Style

_FILL_INSIDE = 0.35
_LOW_SHIFT, _HIGH_SHIFT = -2, 2
# A groove of fewer strokes a bar can't be heard alone.
_FEWEST_ALONE = 8


def perform(
    style: Style, ideas: Ideas, chords: Harmony, form: Form, random: randomness.Random
) -> tuple[tuple[Part, ...], tuple[Bar, ...]]:
    """Return the parts and the plan of a piece."""
    band = Band(style)
    bars: list[Bar] = []
    strokes: list[Note] = []
    has_ninth = style.has_ninths and random.random() < 0.5
    shift = _chord_shift(ideas.verse.lead_shift, random)
    intro = random.choice(("drums", "chords", "rhythm", "no drums"))
    voices = {id(idea): Voices(idea, style, has_ninth, shift) for idea in ideas.all()}
    begins = random.random() < 0.6
    times: dict[SectionKind, int] = {}
    for kind, length in form:
        if kind == "outro":
            _end(band, strokes, bars, style, ideas, chords, voices[id(ideas.chorus)])
            continue
        idea = ideas.of(kind, times.get(kind, 0))
        times[kind] = times.get(kind, 0) + 1
        own = voices[id(idea)]
        if kind == "intro":
            idea = _opening(idea, intro)
        progression = chords.of(kind)
        crashes = style.has_fills and kind not in ("intro", "break") and (bool(bars) or begins)
        fills_inside = random.random() < _FILL_INSIDE
        _play_section(
            band, strokes, bars, style, ideas, chords, idea, own, kind, length, progression,
            crashes, fills_inside,
        )  # fmt: skip
    parts = band.parts()
    if strokes:
        kit = ideas.kit
        parts.append(Part("drums", "drums", kit, True, volume_of("drums", kit), 64, tuple(strokes)))
    return tuple(parts), tuple(bars)


def _chord_shift(lead_shift: int, random: randomness.Random) -> int:
    """Return by how many semitones chords are moved: they follow a melody far from its middle."""
    if lead_shift < _LOW_SHIFT:
        return -3
    return 2 if lead_shift > _HIGH_SHIFT else random.choice((-1, 0, 0, 1))


def _opening(idea: Idea, kind: str) -> Idea:
    """Return what is left of the verse in the introduction."""
    if kind == "drums" and idea.groove and len(idea.groove[0]) >= _FEWEST_ALONE:
        return replace(idea, bass=None, comp=None, second=None, pad_instrument=None, motif=None)
    if kind == "rhythm" and idea.groove and idea.bass:
        return replace(idea, comp=None, second=None, pad_instrument=None, motif=None)
    if kind == "chords":
        return replace(idea, groove=None, bass=None, motif=None)
    return replace(idea, groove=None, motif=None)


def _steps_of_chords(bar: tuple[Chord, ...], style: Style) -> tuple[tuple[int, Chord], ...]:
    if len(bar) == 1:
        return ((0, bar[0]),)
    change = (style.beats_per_bar + 1) // 2 * style.division
    return ((0, bar[0]), (change, bar[1]))


def _play_section(
    band: Band,
    strokes: list[Note],
    bars: list[Bar],
    style: Style,
    ideas: Ideas,
    chords: Harmony,
    idea: Idea,
    own: Voices,
    kind: SectionKind,
    length: int,
    progression: Progression,
    crashes: bool,
    fills_inside: bool,
) -> None:
    scale = style.scales[0 if chords.mode == "major" else 1]
    lead_center = INSTRUMENTS[idea.lead_instrument].lead_center
    is_bare = not idea.groove and not idea.bass
    held = 4 if is_bare else 1
    for index in range(length):
        start = len(bars) * style.beats_per_bar
        number = place_in_phrase(kind, index, length)
        own_chords = _steps_of_chords(progression[index % len(progression)], style)
        following = progression[(index + 1) % len(progression)][0]
        bars.append(
            Bar(kind, number, tuple((step / style.division, chord) for step, chord in own_chords))
        )
        if idea.bass:
            pattern = idea.bass[index % len(idea.bass)]
            events = accompaniment.bass_bar(pattern, own_chords, following, ideas.lowest_bass)
            band.play("bass", ideas.bass_instrument, start, events)
        if idea.comp:
            pattern = idea.comp[index % len(idea.comp)]
            if is_bare:
                pattern = accompaniment.held_on(pattern)
            played = accompaniment.chord_bar(pattern, own_chords, own.comp, held)
            play = band.hold if own.is_sustained else band.play
            for role, events in zip(own.comp_roles, played, strict=False):
                if events:
                    play(role, idea.comp_instrument, start, events)
        if idea.second:
            pattern = idea.second[index % len(idea.second)]
            events = accompaniment.line_bar(pattern, own_chords, own.second, held)
            if events:
                band.play("chord3", idea.second_instrument, start, events)
        if idea.pad_instrument and own.pad:
            _play_pad(band, idea.pad_instrument, own, start, own_chords, style)
        if idea.motif:
            events = melody_bar(
                idea.motif, index, own_chords, scale, chords.tonic, style.division, lead_center,
                idea.lead_shift, index == length - 1,
            )  # fmt: skip
            if events:
                band.play("lead", idea.lead_instrument, start, events)
        if idea.groove:
            bar = idea.groove[index % 2]
            ends = index == length - 1 or (number == 3 and fills_inside)
            if ends and idea.fill and kind != "intro":
                bar = drums.filled(bar, idea.fill)
            if index == 0 and crashes:
                bar = drums.opened(bar)
            _strike(strokes, start, bar, style.division)


def _play_pad(
    band: Band,
    instrument: str,
    own: Voices,
    start: int,
    own_chords: accompaniment.Chords,
    style: Style,
) -> None:
    assert own.pad is not None
    pattern = "C" + "-" * (style.beats_per_bar * style.division - 1)
    played = accompaniment.chord_bar(pattern, own_chords, own.pad, 1)
    if len(own.pad_roles) == 1:
        played = played[1:]
    for role, events in zip(own.pad_roles, played, strict=False):
        if events:
            band.hold(role, instrument, start, events)


def _strike(notes: list[Note], start: int, bar: list[drums.Stroke], division: int) -> None:
    for step, letter, is_ghost in bar:
        notes.append(
            Note(
                start + step / division,
                0.2,
                drums.DRUMS[letter],
                drums.velocity_of(letter, is_ghost),
            )
        )


def _end(
    band: Band,
    strokes: list[Note],
    bars: list[Bar],
    style: Style,
    ideas: Ideas,
    chords: Harmony,
    own: Voices,
) -> None:
    """Add the last bar: everybody holds the tonic."""
    idea = ideas.chorus
    start = len(bars) * style.beats_per_bar
    is_power = "P" in "".join(idea.comp or ())
    steps = style.beats_per_bar * style.division
    triad: Chord = (chords.tonic, "maj" if chords.mode == "major" else "min")
    chord: Chord = (chords.tonic, "5") if is_power else triad
    bars.append(Bar("outro", 3, ((0.0, chord),)))
    pattern = ("P" if is_power else "C") + "-" * (steps - 1)
    instrument = idea.comp_instrument
    voicer = voicer_of(instrument, 0, idea.bass is not None, 3, False)
    played = accompaniment.chord_bar(pattern, ((0, chord),), voicer, 1)
    for role, events in zip(CHORD_ROLES, played, strict=True):
        if events:
            band.play(role, instrument, start, events)
    if idea.bass:
        pitch = ideas.lowest_bass + (chords.tonic - ideas.lowest_bass) % 12
        band.play("bass", ideas.bass_instrument, start, [(0, steps, pitch)])
    if idea.motif:
        center = INSTRUMENTS[idea.lead_instrument].lead_center
        pitch = center - 5 + (chords.tonic - center + 5) % 12
        band.play("lead", idea.lead_instrument, start, [(0, steps, pitch)])
    if idea.groove:
        letters = {letter for _, letter, _ in idea.groove[0]}
        ending = [(0, "K", False)] if "K" in letters else [(0, min(letters), False)]
        _strike(strokes, start, drums.opened(ending) if style.has_fills else ending, style.division)
