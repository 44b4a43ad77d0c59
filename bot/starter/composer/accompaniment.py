"""Bars of bass lines, chords, arpeggios and second lines, from grids."""

import random as randomness
from collections.abc import Sequence

from bot.starter.composer import harmony
from bot.starter.composer.piece import Chord
from bot.starter.composer.step_patterns import Step, steps_of

Event = tuple[int, int, int]
"""The step on which a note starts, for how many it is held, and its pitch."""

Chords = Sequence[tuple[int, Chord]]
"""The chords of a bar, each with the step it starts on."""

_HIGHEST_BASS = 55
_LOWEST_POWER_ROOT = 40


def chord_at(chords: Chords, step: int) -> Chord:
    """Return the chord that sounds on a step."""
    return chords[-1][1] if step >= chords[-1][0] else chords[0][1]


def _cut_at_changes(bar: str, chords: Chords) -> list[Step]:
    """Return the events of a bar; what is held over a change of chord is struck again."""
    change = chords[-1][0]
    steps: list[Step] = []
    for step in steps_of(bar):
        if step.start < change < step.start + step.length:
            steps.append(Step(step.symbol, step.start, change - step.start))
            steps.append(Step(step.symbol, change, step.start + step.length - change))
        else:
            steps.append(step)
    return steps


def bass_bar(bar: str, chords: Chords, following: Chord, lowest: int) -> list[Event]:
    """Return one bar of a bass line."""
    events = []
    count = len(bar)
    for symbol, start, length in _cut_at_changes(bar, chords):
        chord = chord_at(chords, start)
        if symbol == "A":
            coming = chords[-1][1] if start < chords[-1][0] else following
            pitch = lowest + (coming[0] - lowest) % 12 - 1
            if pitch < lowest:
                pitch += 12
        else:
            pitch = lowest + (chord[0] - lowest) % 12 + _degree(symbol, chord)
        if pitch > _HIGHEST_BASS:
            pitch -= 12
        events.append((start, min(length, count - start), pitch))
    return events


def _degree(symbol: str, chord: Chord) -> int:
    quality = chord[1]
    if symbol == "3":
        return harmony.third_of(quality)
    if symbol == "5":
        return harmony.fifth_of(quality)
    if symbol == "6":
        return 9 if quality in ("maj", "7", "maj7") else harmony.fifth_of(quality)
    if symbol == "7":
        return harmony.seventh_of(quality)
    return 12 if symbol == "8" else 0


class Voicer:
    """Voices the chords of a section one after the other, so that they move little."""

    def __init__(
        self, center: int, shift: int, has_bass: bool, voices: int, has_ninth: bool
    ) -> None:
        self.center = center + shift
        self.lowest, self.highest = center - 18, center + 17
        self.has_bass, self.voices, self.has_ninth = has_bass, voices, has_ninth
        self.before: tuple[int, ...] = ()
        self.known: dict[Chord, tuple[int, ...]] = {}

    def voiced(self, chord: Chord) -> tuple[int, ...]:
        """Return a chord as pitches, the same ones each time."""
        if chord not in self.known:
            self.before = harmony.voiced(
                chord, self.center, self.before, self.has_bass, self.voices, self.has_ninth
            )
            self.known[chord] = self.before
        return self.known[chord]


def held_on(bar: str) -> str:
    """Return a bar whose chords sound until the next one: nothing else would be heard."""
    first = len(bar) - len(bar.lstrip("."))
    return "C" + bar[1:].replace(".", "-") if first else bar.replace(".", "-")


def chord_bar(bar: str, chords: Chords, voicer: Voicer, steps_held: int) -> list[list[Event]]:
    """Return one bar of a pattern as three voices, lowest first.

    Chord tones that come one by one are all of the first voice. Short chords are held for
    `steps_held` steps at most.
    """
    voices: list[list[Event]] = [[], [], []]
    low = max(_LOWEST_POWER_ROOT, voicer.lowest)
    high = voicer.highest
    for symbol, start, length in _cut_at_changes(bar, chords):
        chord = chord_at(chords, start)
        if symbol in "Cc":
            held = min(length, steps_held) if symbol == "c" else length
            for voice, pitch in enumerate(voicer.voiced(chord)):
                voices[voice].append((start, held, pitch))
            continue
        if symbol == "P":
            pitches = harmony.power_voiced(chord, low)
            for voice, pitch in enumerate(pitches[: voicer.voices]):
                voices[voice].append((start, length, pitch))
            continue
        if symbol == "p":
            pitch = harmony.power_voiced(chord, low)[0]
            length = min(length, steps_held)
        elif symbol == "R":
            pitch = low + (chord[0] - low) % 12
        else:
            tones = voicer.voiced(chord)
            index = int(symbol)
            pitch = tones[index % len(tones)] + 12 * (index // len(tones))
            while pitch > high:
                pitch -= 12
        voices[0].append((start, length, pitch))
    return voices


def line_bar(bar: str, chords: Chords, voicer: Voicer, steps_held: int) -> list[Event]:
    """Return one bar of a single line: of a whole chord it plays the highest tone."""
    voices = chord_bar(bar, chords, voicer, steps_held)
    return sorted(voices[0] if not voices[voicer.voices - 1] else _top(voices, voicer.voices))


def _top(voices: list[list[Event]], count: int) -> list[Event]:
    starts = {event[0] for event in voices[count - 1]}
    singles = [event for event in voices[0] if event[0] not in starts]
    return voices[count - 1] + singles


def draw_arpeggio(steps: int, division: int, is_fast: bool, random: randomness.Random) -> str:
    """Invent a bar of chord tones one by one."""
    order = random.choice(
        ("012", "0123", "0212", "012321", "0213", "210", "3210", "0120", "010203", "0312", "0132",
         "01232123", "0231", "024", "0242")
    )  # fmt: skip
    every = 1 if is_fast or division == 3 else 2
    restarts = random.random() < 0.6
    gaps = random.random() < 0.25
    signs = []
    index = 0
    for step in range(steps):
        if step % every:
            signs.append("-")
            continue
        if restarts and step == steps // 2:
            index = 0
        if gaps and step and random.random() < 0.18:
            signs.append("-")
            continue
        signs.append(order[index % len(order)])
        index += 1
    return "".join(signs)


def draw_riff(rhythm: str, random: randomness.Random) -> str:
    """Put chord tones on a rhythm."""
    tone = random.randint(0, 2)
    signs = []
    for sign in rhythm:
        if sign != "x":
            signs.append(sign)
            continue
        signs.append(str(tone))
        tone = max(0, min(4, tone + random.choice((-1, -1, 0, 1, 1, 2))))
    return "".join(signs)
