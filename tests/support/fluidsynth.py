"""Render composed pieces with FluidSynth."""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.starter.composer.piece import Part, Piece
from bot.starter.composer.reverb import add_reverb

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
WETNESS = 0.12
"""The level of the reverb beside the sound; 0 is dry."""

needs_fluidsynth = pytest.mark.skipif(
    not (shutil.which("fluidsynth") and SOUNDFONT.exists()),
    reason="needs FluidSynth: apt install fluidsynth fluid-soundfont-gm",
)

# Two milliseconds are 64 samples at 32 kHz, the block in which FluidSynth acts on events.
_TICKS_PER_FRAME, _FRAME_MICROSECONDS = 10, 20_000
_TICKS_PER_SECOND = 500
_DRUM_CHANNEL = 9
_VOLUME, _PAN, _REVERB, _CHORUS = 7, 10, 91, 93
_ALL_SOUND_OFF, _RESET_CONTROLLERS = 120, 121

_SAMPLE_RATE_HZ = 32_000
# Whole frames, and longer than the last notes of a piece ring.
_GAP_SECONDS = 0.4
_LOUDNESS_RMS = 0.126  # -18 dBFS
_SILENCE_RMS = 0.001
_WINDOW_SECONDS = 0.1
_KNEE, _CEILING = 0.7, 0.94
_SETTINGS = {
    "synth.chorus.active": 0,
    "synth.dynamic-sample-loading": 1,
    "synth.lock-memory": 0,
    "synth.polyphony": 96,
    "synth.threadsafe-api": 0,
    "player.timing-source": "sample",
    "synth.reverb.active": 0,
    "synth.gain": 0.35,
}


def render(
    piece: Piece,
    *,
    sample_rate_hz: int = _SAMPLE_RATE_HZ,
    soundfont: Path = SOUNDFONT,
    wetness: float = WETNESS,
) -> NDArray[np.float32]:
    """Return the mono sound of a piece, of exactly the piece's length."""
    return next(
        render_many([piece], sample_rate_hz=sample_rate_hz, soundfont=soundfont, wetness=wetness)
    )


def render_many(
    pieces: Sequence[Piece],
    *,
    sample_rate_hz: int = _SAMPLE_RATE_HZ,
    soundfont: Path = SOUNDFONT,
    wetness: float = WETNESS,
) -> Iterator[NDArray[np.float32]]:
    """Yield the mono sound of each piece; one process renders them all."""
    with tempfile.TemporaryDirectory() as folder:
        midi_path, sound_path = Path(folder, "pieces.mid"), Path(folder, "pieces.raw")
        _medley(pieces).save(midi_path)
        _run_fluidsynth(midi_path, sound_path, sample_rate_hz, soundfont)
        stereo = np.fromfile(sound_path, dtype="<f4").reshape(-1, 2)
    start = 0
    for piece in pieces:
        length = round(piece.seconds * sample_rate_hz)
        cut = stereo[start : start + length, 0] + stereo[start : start + length, 1]
        yield _finish(cut, wetness, sample_rate_hz)
        start += length + round(_GAP_SECONDS * sample_rate_hz)


def _medley(pieces: Sequence[Piece]) -> mido.MidiFile:
    """Return pieces one after the other; a quarter note of the file is one frame of the codec."""
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_PER_FRAME)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=_FRAME_MICROSECONDS))
    events: list[tuple[int, int, mido.Message]] = []
    start = 0
    for piece in pieces:
        events += _events(piece, start)
        start += round((piece.seconds + _GAP_SECONDS) * _TICKS_PER_SECOND)
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, start - now)))
    return file


def _events(piece: Piece, start: int) -> list[tuple[int, int, mido.Message]]:
    """Return messages with their tick and order within it: note ends, controllers, note starts."""
    end = start + round(piece.seconds * _TICKS_PER_SECOND)
    ticks_per_beat = _TICKS_PER_FRAME * piece.beat_frames
    events = []
    melodic = iter(channel for channel in range(16) if channel != _DRUM_CHANNEL)
    for part in piece.parts:
        channel = _DRUM_CHANNEL if part.is_drums else next(melodic)
        events += [(start, 1, message) for message in _set_up(part, channel)]
        for note in part.notes:
            first = start + _tick(note.start_beats * ticks_per_beat)
            last = start + _tick((note.start_beats + note.length_beats) * ticks_per_beat)
            if first >= end:
                continue
            about = {"channel": channel, "note": note.pitch}
            events.append((first, 2, mido.Message("note_on", velocity=note.velocity, **about)))
            off = min(end, max(first + 1, last))
            events.append((off, 0, mido.Message("note_off", velocity=0, **about)))
        for control in (_ALL_SOUND_OFF, _RESET_CONTROLLERS):
            events.append((end, 0, _control(channel, control, 0)))
    return events


def _set_up(part: Part, channel: int) -> list[mido.Message]:
    settings = {_VOLUME: part.volume, _PAN: part.pan, _REVERB: 0, _CHORUS: 0}
    return [
        mido.Message("program_change", channel=channel, program=part.program),
        *(_control(channel, control, setting) for control, setting in settings.items()),
    ]


def _control(channel: int, control: int, value: int) -> mido.Message:
    return mido.Message("control_change", channel=channel, control=control, value=value)


def _tick(position: float) -> int:
    # Rounded half up, after rounding to a thousandth: the same step of every bar rounds alike.
    return math.floor(round(position, 3) + 0.5)


def _run_fluidsynth(
    midi_path: Path, sound_path: Path, sample_rate_hz: int, soundfont: Path
) -> None:
    command = ["fluidsynth", "-n", "-i", "-q", "-T", "raw", "-O", "float", "-E", "little"]
    command += ["-r", str(sample_rate_hz), "-F", str(sound_path)]
    for name, setting in _SETTINGS.items():
        command += ["-o", f"{name}={setting}"]
    command += [str(soundfont), str(midi_path)]
    subprocess.run(command, check=True, capture_output=True)


def _finish(sound: NDArray[np.float32], wetness: float, sample_rate_hz: int) -> NDArray[np.float32]:
    """Add reverb, adjust to the common loudness and limit the peaks."""
    centred = add_reverb(sound - sound.mean(), wetness, sample_rate_hz)
    window = round(_WINDOW_SECONDS * sample_rate_hz)
    whole = len(centred) // window * window
    powers = np.square(centred[:whole]).reshape(-1, window).mean(axis=1)
    heard = powers[powers > max(_SILENCE_RMS**2, 0.01 * powers.max(initial=0.0))]
    rms = float(np.sqrt(heard.mean())) if len(heard) else 1.0
    levelled: NDArray[np.float32] = centred * np.float32(_LOUDNESS_RMS / rms)
    room = _CEILING - _KNEE
    loud = np.flatnonzero(np.abs(levelled) > _KNEE)
    peaks = levelled[loud]
    levelled[loud] = np.sign(peaks) * (_KNEE + room * np.tanh((np.abs(peaks) - _KNEE) / room))
    return levelled
