"""What of a sound the model hears before it goes on, and what of it stays in the clip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.audio.files.masters import read_master
from bot.audio.resample import fit
from bot.domain.generation import Sound

MOST_SECONDS = 300.0
"""How long a clip gets by being continued; of what is longer the end is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A sound in two parts: what comes before, and the end that the model hears."""

    before: Sound
    end: Sound


def listened(path: Path, keep_seconds: float, sample_rate_hz: int, channels: int) -> Heard:
    """Read a kept sound as a model with this rate and so many channels hears it.

    Raises SoundError where the file is gone.
    """
    kept = read_master(path)
    sound = fit(kept, sample_rate_hz=sample_rate_hz, channels=channels)
    wanted = min(sound.samples.shape[1], max(1, round(keep_seconds * sample_rate_hz)))
    cut = sound.samples.shape[1] - wanted
    return Heard(
        before=replace(sound, samples=sound.samples[:, :cut]),
        end=replace(sound, samples=np.ascontiguousarray(sound.samples[:, cut:])),
    )


def new_part(made: Sound, new_seconds: float) -> Sound:
    """Return what is new in a sound that begins with what was heard."""
    new = min(made.samples.shape[1], round(new_seconds * made.sample_rate_hz))
    return replace(made, samples=made.samples[:, -new:])


def joined(before: Sound, made: Sound) -> Sound:
    """Return a sound with what came before it; both have one rate and the same channels."""
    samples = np.concatenate([before.samples, made.samples], axis=1)
    most = round(MOST_SECONDS * made.sample_rate_hz)
    return replace(made, samples=samples[:, -most:])
