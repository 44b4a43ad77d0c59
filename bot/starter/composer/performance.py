"""Playing: ideas, chords and a form become the notes of every part, and the plan of the bars."""

import random as randomness
from dataclasses import dataclass, replace

from bot.starter.composer import accompaniment, drums, harmony
from bot.starter.composer.arrangement import SUSTAINED, Idea, Ideas, is_held
from bot.starter.composer.form import Form, place_in_phrase
from bot.starter.composer.instruments import INSTRUMENTS, volume_of
from bot.starter.composer.melody import melody_bar
from bot.starter.composer.piece import Bar, Chord, Mode, Note, Part, Role, SectionKind
from bot.starter.composer.style import Style

_VELOCITIES: dict[Role, int] = {
    "bass": 98, "chord1": 84, "chord2": 84, "chord3": 84, "lead": 98,
}  # fmt: skip
_CHORD_ROLES: tuple[Role, Role, Role] = ("chord1", "chord2", "chord3")
_FILL_INSIDE = 0.35
_TURNAROUND = 0.2

Progression = tuple[tuple[Chord, ...], ...]
Event = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Harmony:
    """The key and the progressions of a piece, their roots as pitch classes, a tuple a bar."""

    tonic: int
    mode: Mode
    verse: Progression
    chorus: Progression

    def of(self, kind: SectionKind) -> Progression:
        """Return what a kind of section repeats."""
        return self.chorus if kind == "chorus" else self.verse


def draw_harmony(style: Style, tonic: int, mode: Mode, random: randomness.Random) -> Harmony:
    """Choose the progressions of a piece; most begin on the tonic, so that its key is heard."""
    choices = style.major if mode == "major" else style.minor
    verse = harmony.parse_progression(random.choice(choices))
    for _ in range(3):
        if verse[0][0][0] == 0 or random.random() < 0.1:
            break
        verse = harmony.parse_progression(random.choice(choices))
    chorus = harmony.parse_progression(random.choice(choices))
    # A section of twelve bars has no other beside it.
    if random.random() < 0.25 or len(verse) > 8 or len(chorus) > 8:
        chorus = verse
    if random.random() < _TURNAROUND:
        verse = _turned_around(verse)
    return Harmony(tonic, mode, _moved(verse, tonic), _moved(chorus, tonic))


def _turned_around(progression: Progression) -> Progression:
    last = progression[-1]
    if len(set(progression)) < 3 or len(last) > 1 or last[0][0] == 7:
        return progression
    dominant: Chord = (7, "5" if last[0][1] == "5" else "7")
    return (*progression[:-1], (last[0], dominant))


def _moved(progression: Progression, tonic: int) -> Progression:
    return tuple(
        tuple(((root + tonic) % 12, quality) for root, quality in bar) for bar in progression
    )


class _Band:
    """Collects notes by role and instrument."""

    def __init__(self, style: Style) -> None:
        self.notes: dict[tuple[Role, str], list[Note]] = {}
        self.division = style.division

    def play(self, role: Role, instrument: str, start_beats: int, events: list[Event]) -> None:
        """Add a bar's events, each held until the next one of its role begins at the latest."""
        notes = self.notes.setdefault((role, instrument), [])
        velocity = _VELOCITIES[role]
        division = self.division
        last = len(events) - 1
        for index, (step, length, pitch) in enumerate(events):
            if index < last:
                length = min(length, events[index + 1][0] - step)
            notes.append(Note(start_beats + step / division, length / division, pitch, velocity))

    def hold(self, role: Role, instrument: str, start_beats: int, events: list[Event]) -> None:
        """Add a bar of held notes; one that goes on from the bar before is held on, for a bar."""
        notes = self.notes.get((role, instrument))
        if notes and len(events) == 1:
            before = notes[-1]
            length = events[0][1] / self.division
            goes_on = before.pitch == events[0][2] and before.length_beats <= length
            if goes_on and before.start_beats + before.length_beats == start_beats:
                notes[-1] = replace(before, length_beats=before.length_beats + length)
                return
        self.play(role, instrument, start_beats, events)

    def parts(self) -> list[Part]:
        """Return the parts in the order of their roles."""
        order = ("bass", *_CHORD_ROLES, "lead")
        return [
            Part(
                role,
                instrument,
                INSTRUMENTS[instrument].program,
                False,
                volume_of(role, instrument),
                64,
                tuple(notes),
            )
            for (role, instrument), notes in sorted(
                self.notes.items(),
                key=lambda item: (order.index(item[0][0]), item[1][0].start_beats),
            )
        ]


class _Voices:
    """Who plays which chord role in a section, and how they voice its chords."""

    def __init__(self, idea: Idea, style: Style, has_ninth: bool, shift: int) -> None:
        has_bass = idea.bass is not None
        self.comp_roles: tuple[Role, ...] = ()
        self.pad_roles: tuple[Role, ...] = ()
        comp = "".join(idea.comp or ())
        is_arp = not any(sign in "CcPp" for sign in comp)
        self.is_held = idea.comp is not None and is_held(idea.comp)
        self.is_sustained = self.is_held and idea.comp_instrument in SUSTAINED
        free = _CHORD_ROLES if idea.second is None else _CHORD_ROLES[:2]
        pad = idea.pad_instrument
        if idea.comp is None:
            self.pad_roles = free if pad else ()
        elif is_arp:
            self.comp_roles = _CHORD_ROLES[:1]
            self.pad_roles = free[1:] if pad else ()
        elif pad and idea.second is None and not self.is_held and "P" not in comp:
            self.comp_roles, self.pad_roles = free[:2], free[2:]
        else:
            self.comp_roles = free
        count = 3 if is_arp else max(2, len(self.comp_roles))
        self.comp = _voicer(idea.comp_instrument, shift, has_bass, count, has_ninth)
        self.second = _voicer(idea.second_instrument, 2, True, 3, False)
        self.pad = _voicer(pad, 1, True, max(2, len(self.pad_roles)), False) if pad else None


def _voicer(
    instrument: str, shift: int, has_bass: bool, voices: int, has_ninth: bool
) -> accompaniment.Voicer:
    center = INSTRUMENTS[instrument].chord_center
    return accompaniment.Voicer(center, shift, has_bass, voices, has_ninth)


def perform(
    style: Style, ideas: Ideas, chords: Harmony, form: Form, random: randomness.Random
) -> tuple[tuple[Part, ...], tuple[Bar, ...]]:
    """Return the parts and the plan of a piece."""
    band = _Band(style)
    bars: list[Bar] = []
    strokes: list[Note] = []
    has_ninth = style.has_ninths and random.random() < 0.5
    shift = -3 if ideas.verse.lead_shift < -2 else random.choice((-1, 0, 0, 1))
    intro = random.choice(("drums", "chords", "rhythm", "no drums"))
    voices = {
        id(idea): _Voices(idea, style, has_ninth, shift)
        for idea in (ideas.verse, ideas.chorus, ideas.broken)
    }
    begins = random.random() < 0.6
    for kind, length in form:
        if kind == "outro":
            _end(band, strokes, bars, style, ideas, chords, voices[id(ideas.chorus)])
            continue
        idea = ideas.of(kind)
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


def _opening(idea: Idea, kind: str) -> Idea:
    """Return what is left of the verse in the introduction."""
    if kind == "drums" and idea.groove:
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
    band: _Band,
    strokes: list[Note],
    bars: list[Bar],
    style: Style,
    ideas: Ideas,
    chords: Harmony,
    idea: Idea,
    own: _Voices,
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
    band: _Band,
    instrument: str,
    own: _Voices,
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
    band: _Band,
    strokes: list[Note],
    bars: list[Bar],
    style: Style,
    ideas: Ideas,
    chords: Harmony,
    own: _Voices,
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
    voicer = _voicer(instrument, 0, idea.bass is not None, 3, False)
    played = accompaniment.chord_bar(pattern, ((0, chord),), voicer, 1)
    for role, events in zip(_CHORD_ROLES, played, strict=True):
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
