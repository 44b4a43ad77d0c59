"""The key of a clip: by the bot's own analysis, and by a network that others trained.

The independent one is basic-pitch's network, which turns sound into notes (its file is in the
package `basic-pitch` and runs on `onnxruntime`); the notes' pitch classes are compared with
the profiles of keys. Source: arXiv 2203.09893 (basic-pitch).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis import key
from bot.domain.generation import Floats
from bot.domain.generation import Sound as Stereo
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound

Key = tuple[int, str]
"""A tonic as a pitch class, and `major` or `minor`."""

_RATE_HZ = 22_050
_WINDOW_SAMPLES = 43_844
_LOWEST_PITCH, _KEYS = 21, 88
# What the network calls the chances of held notes, of 88 keys in each frame.
_HELD_NOTES = "StatefulPartitionedCall:1"
_FILE = "saved_models/icassp_2022/nmp.onnx"
# Below this the network doubts that there is a note.
_LEAST_CHANCE = 0.4
# How much more the tonic of a key is worth that is the lowest note all the time.
_BASS_WEIGHT = 0.3


def own_key(sound: Sound) -> Key | None:
    """Return the key that the bot says of a clip; None where none is clear."""
    found = key.find_key(Stereo(samples=sound[None], sample_rate_hz=SAMPLE_RATE_HZ))
    return None if found is None else (found.tonic, found.mode)


def best_key(classes: NDArray[Any], basses: NDArray[Any]) -> Key:
    """Return the key that fits how often each pitch class is heard, and how often it is lowest."""
    shares = basses / max(1.0, float(basses.sum()))
    scores = (
        key.correlate_profiles(np.asarray(classes, np.float32), key.PROFILES)
        + _BASS_WEIGHT * shares
    )
    mode, tonic = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(tonic), ("major", "minor")[int(mode)]


def is_related(found: Key | None, wanted: Key) -> bool:
    """Tell whether a key is the wanted one or its relative, which has the same notes."""
    if found is None:
        return False
    return _major_tonic(found) == _major_tonic(wanted)


class NoteTranscriber:
    """basic-pitch's network."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - has no types
        self._session = session
        self._input = session.get_inputs()[0].name

    def key(self, sound: Sound) -> Key:
        """Return the key whose profile fits the notes best, and whose tonic is often the lowest."""
        chances = self._chances(sound)
        heard = np.where(chances > _LEAST_CHANCE, chances, 0)
        classes = (np.arange(_KEYS) + _LOWEST_PITCH) % 12
        lowest = classes[(heard > 0).argmax(axis=1)[(heard > 0).any(axis=1)]]
        # The root keeps one long note from deciding alone.
        weights = np.sqrt(np.bincount(classes, heard.sum(axis=0), 12))
        return best_key(weights, np.bincount(lowest, minlength=12))

    def _chances(self, sound: Sound) -> Floats:
        """Return the chance that a key of the piano is held, [frames, keys]."""
        slower = _resampled(sound)
        pieces = np.pad(slower, (0, -len(slower) % _WINDOW_SAMPLES)).reshape(-1, _WINDOW_SAMPLES)
        held = self._session.run([_HELD_NOTES], {self._input: pieces[:, :, None]})[0]
        found: Floats = held.reshape(-1, _KEYS)
        return found


def installed_note_transcriber() -> NoteTranscriber | None:
    """Return the network, or None where the packages are not installed."""
    spec = find_spec("basic_pitch")
    if spec is None or spec.origin is None or find_spec("onnxruntime") is None:
        return None
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    file = Path(spec.origin).parent / _FILE
    providers: Sequence[str] = ("CPUExecutionProvider",)
    return NoteTranscriber(runtime.InferenceSession(str(file), options, providers=list(providers)))


def _resampled(sound: Sound) -> Sound:
    """Return sound at the network's rate, through its spectrum."""
    samples = round(len(sound) * _RATE_HZ / SAMPLE_RATE_HZ)
    spectrum = np.fft.rfft(sound)[: samples // 2 + 1]
    found: Sound = np.fft.irfft(spectrum, samples).astype(np.float32)
    return found * np.float32(samples / len(sound))


def _major_tonic(key: Key) -> int:
    tonic, mode = key
    return tonic if mode == "major" else (tonic + 3) % 12
