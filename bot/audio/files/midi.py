"""The notes of a clip as a Standard MIDI file: a track for each instrument, at the clip's tempo."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import mido

from bot.audio.files.tags import MADE_BY
from bot.audio.score import DRUM_CHANNEL_PART, Note, Score

_TICKS_PER_BEAT = 480
_USUAL_BPM = 120.0
_VELOCITY, _SOFT_VELOCITY = 96, 48
_CHANNELS, _DRUM_CHANNEL = 16, 9
_SHORTEST_STROKE_BEATS = 0.125


def write_midi(score: Score, *, bpm: float | None = None, title: str | None = None) -> bytes:
    """Return a score as the bytes of a MIDI file of type 1, its first tick the clip's beginning.

    The tempo is the clock's, else `bpm`, else 120.
    """
    beat_seconds = 60 / (bpm or _USUAL_BPM)
    if score.beat_frames is not None:
        beat_seconds = score.beat_frames / score.frames_per_second
    ticks = _TICKS_PER_BEAT / beat_seconds / score.frames_per_second
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("track_name", name=_latin(title or "Zhiyin")))
    head.append(mido.MetaMessage("text", text=_latin(MADE_BY)))
    head.append(mido.MetaMessage("set_tempo", tempo=round(beat_seconds * 1e6)))
    file.tracks.append(head)
    voices = sorted({(note.part, note.name, note.program) for note in score.notes})
    free = [number for number in range(_CHANNELS) if number != _DRUM_CHANNEL]
    for number, (part, name, program) in enumerate(voices):
        channel = _DRUM_CHANNEL if part == DRUM_CHANNEL_PART else free[number % len(free)]
        own = [
            each for each in score.notes if (each.part, each.name, each.program) == voices[number]
        ]
        title_of = name if name == part else f"{part}: {name}"
        file.tracks.append(_track(own, channel, program, title_of, ticks))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _track(
    notes: Sequence[Note], channel: int, program: int, name: str, ticks: float
) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name))
    track.append(mido.Message("program_change", channel=channel, program=program))
    now = 0
    for at, is_on, pitch, velocity in sorted(_events(notes, ticks)):
        kind = "note_on" if is_on else "note_off"
        track.append(
            mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=at - now)
        )
        now = at
    return track


def _events(notes: Iterable[Note], ticks: float) -> Iterable[tuple[int, bool, int, int]]:
    """Yield when a note begins and ends, in ticks; an end comes before a beginning."""
    least = round(_SHORTEST_STROKE_BEATS * _TICKS_PER_BEAT)
    for note in notes:
        begin = round(note.frame * ticks)
        end = round((note.frame + note.frames) * ticks)
        if note.part == DRUM_CHANNEL_PART:
            end = begin + least
        yield begin, True, note.pitch, _SOFT_VELOCITY if note.is_soft else _VELOCITY
        yield max(end, begin + 1), False, note.pitch, 0


def _latin(text: str) -> str:
    """Return a text as MIDI holds it: what is not Latin is left out."""
    return text.encode("latin-1", errors="ignore").decode("latin-1").strip() or "Zhiyin"
