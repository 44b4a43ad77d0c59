"""Pieces become sound, through FluidSynth."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.midi import write_medley
from bot.starter.composer.piece import Piece
from bot.starter.composer.reverb import in_room

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
WETNESS = 0.12
"""How loud the room's echo is beside the sound; 0 is dry."""

_SAMPLE_RATE_HZ = 32_000
# Long enough for what one piece leaves behind to be gone before the next; whole frames.
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
    """Return the mono sound of a piece, exactly as long as the piece says."""
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
        write_medley(pieces, midi_path, _GAP_SECONDS)
        _run_fluidsynth(midi_path, sound_path, sample_rate_hz, soundfont)
        stereo = np.fromfile(sound_path, dtype="<f4").reshape(-1, 2)
    start = 0
    for piece in pieces:
        length = round(piece.seconds * sample_rate_hz)
        cut = stereo[start : start + length, 0] + stereo[start : start + length, 1]
        yield _finished(cut, wetness, sample_rate_hz)
        start += length + round(_GAP_SECONDS * sample_rate_hz)


def _run_fluidsynth(
    midi_path: Path, sound_path: Path, sample_rate_hz: int, soundfont: Path
) -> None:
    command = ["fluidsynth", "-n", "-i", "-q", "-T", "raw", "-O", "float", "-E", "little"]
    command += ["-r", str(sample_rate_hz), "-F", str(sound_path)]
    for name, setting in _SETTINGS.items():
        command += ["-o", f"{name}={setting}"]
    command += [str(soundfont), str(midi_path)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own arguments


def _finished(
    sound: NDArray[np.float32], wetness: float, sample_rate_hz: int
) -> NDArray[np.float32]:
    """Add the room, bring to the common loudness and round off the peaks."""
    centred = in_room(sound - sound.mean(), wetness, sample_rate_hz)
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
