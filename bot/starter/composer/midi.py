"""Pieces as Standard MIDI files."""

import math
from collections.abc import Sequence
from pathlib import Path

from bot.starter.composer.piece import Part, Piece

# Two milliseconds are 64 samples at 32 kHz, the block in which FluidSynth acts on events.
_TICKS_PER_FRAME = 10
_FRAME_MICROSECONDS = 20_000
_TICKS_PER_SECOND = 500
_DRUM_CHANNEL = 9
_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_VOLUME, _PAN, _REVERB, _CHORUS = 7, 10, 91, 93
_ALL_SOUND_OFF, _RESET_CONTROLLERS = 120, 121

# Tick, order within the tick, bytes: silence, note ends and set-up come before the notes.
Event = tuple[int, int, bytes]


def ticks_of(seconds: float) -> int:
    """Return how many ticks a time lasts."""
    return round(seconds * _TICKS_PER_SECOND)


def write_medley(pieces: Sequence[Piece], path: Path, gap_seconds: float) -> None:
    """Write pieces one after the other; a quarter note of the file is one frame of the codec."""
    events: list[Event] = []
    start = 0
    for piece in pieces:
        events += _events(piece, start)
        start += ticks_of(piece.seconds + gap_seconds)
    path.write_bytes(_file(events, start))


def _events(piece: Piece, start: int) -> list[Event]:
    end = start + ticks_of(piece.seconds)
    ticks_per_beat = _TICKS_PER_FRAME * piece.beat_frames
    events: list[Event] = []
    melodic = iter(channel for channel in range(16) if channel != _DRUM_CHANNEL)
    for part in piece.parts:
        channel = _DRUM_CHANNEL if part.is_drums else next(melodic)
        events += _set_up(part, channel, start)
        for note in part.notes:
            first = start + _tick(note.start_beats * ticks_per_beat)
            last = start + _tick((note.start_beats + note.length_beats) * ticks_per_beat)
            if first >= end:
                continue
            pitch = note.pitch
            events.append((first, 2, bytes((_NOTE_ON | channel, pitch, note.velocity))))
            off = min(end, max(first + 1, last))
            events.append((off, 0, bytes((_NOTE_OFF | channel, pitch, 0))))
        for control in (_ALL_SOUND_OFF, _RESET_CONTROLLERS):
            events.append((end, 0, bytes((_CONTROL | channel, control, 0))))
    return events


def _tick(position: float) -> int:
    # Rounded half up, and first to a thousandth: the same step of every bar rounds alike.
    return math.floor(round(position, 3) + 0.5)


def _set_up(part: Part, channel: int, start: int) -> list[Event]:
    controls = ((_VOLUME, part.volume), (_PAN, part.pan))
    events: list[Event] = [(start, 1, bytes((_PROGRAM | channel, part.program)))]
    for control, setting in (*controls, (_REVERB, 0), (_CHORUS, 0)):
        events.append((start, 1, bytes((_CONTROL | channel, control, setting))))
    return events


def _variable_length(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))


def _file(events: list[Event], end: int) -> bytes:
    tempo = _FRAME_MICROSECONDS.to_bytes(3, "big")
    track = bytearray(b"\x00\xff\x51\x03" + tempo)
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track += _variable_length(tick - now) + message
        now = tick
    track += _variable_length(max(0, end - now)) + b"\xff\x2f\x00"
    header = b"MThd" + b"".join(
        (n.to_bytes(w, "big") for n, w in ((6, 4), (0, 2), (1, 2), (_TICKS_PER_FRAME, 2)))
    )
    return header + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)
