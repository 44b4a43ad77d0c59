"""A band: it collects the notes of every instrument, and knows who plays which chord role."""

from dataclasses import replace

from bot.starter.composer import accompaniment
from bot.starter.composer.arrangement import SUSTAINED, Idea
from bot.starter.composer.instruments import INSTRUMENTS, volume_of
from bot.starter.composer.patterns import is_held
from bot.starter.composer.piece import Note, Part, Role
from bot.starter.composer.style import Style

_VELOCITIES: dict[Role, int] = {
    "bass": 98, "chord1": 84, "chord2": 84, "chord3": 84, "lead": 98,
}  # fmt: skip
CHORD_ROLES: tuple[Role, Role, Role] = ("chord1", "chord2", "chord3")
"""The roles that play chords together, lowest first."""

Event = tuple[int, int, int]


class Band:
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
        order = ("bass", *CHORD_ROLES, "lead")
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


class Voices:
    """Who plays which chord role in a section, and how they voice its chords."""

    def __init__(self, idea: Idea, style: Style, has_ninth: bool, shift: int) -> None:
        has_bass = idea.bass is not None
        self.comp_roles: tuple[Role, ...] = ()
        self.pad_roles: tuple[Role, ...] = ()
        comp = "".join(idea.comp or ())
        is_arp = not any(sign in "CcPp" for sign in comp)
        self.is_held = idea.comp is not None and is_held(idea.comp)
        self.is_sustained = self.is_held and idea.comp_instrument in SUSTAINED
        free = CHORD_ROLES if idea.second is None else CHORD_ROLES[:2]
        pad = idea.pad_instrument
        if idea.comp is None:
            self.pad_roles = free if pad else ()
        elif is_arp:
            self.comp_roles = CHORD_ROLES[:1]
            self.pad_roles = free[1:] if pad else ()
        elif pad and idea.second is None and not self.is_held and "P" not in comp:
            self.comp_roles, self.pad_roles = free[:2], free[2:]
        else:
            self.comp_roles = free
        count = 3 if is_arp else max(2, len(self.comp_roles))
        self.comp = voicer_of(idea.comp_instrument, shift, has_bass, count, has_ninth)
        self.second = voicer_of(idea.second_instrument, 2, True, 3, False)
        self.pad = voicer_of(pad, 1, True, max(2, len(self.pad_roles)), False) if pad else None


def voicer_of(
    instrument: str, shift: int, has_bass: bool, voices: int, has_ninth: bool
) -> accompaniment.Voicer:
    """Return what voices chords in the register of an instrument, moved by semitones."""
    center = INSTRUMENTS[instrument].chord_center
    return accompaniment.Voicer(center, shift, has_bass, voices, has_ninth)
