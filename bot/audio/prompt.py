"""The audio prompt of a clip: the end of a sound that the model continues, and what precedes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.audio.files.masters import read_master
from bot.audio.resample import fit
from bot.domain.generation import Sound

MOST_SECONDS = 300.0
"""How long a clip may get by being continued; of a longer one the end is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPrompt:
    """A sound in two parts: what comes before, and the end that the model is given."""

    before: Sound
    end: Sound


def load_prompt(path: Path, keep_seconds: float, sample_rate_hz: int, channels: int) -> AudioPrompt:
    """Load a kept sound at a model's sample rate and number of channels.

    Raises SoundError where the file is gone.
    """
    kept = read_master(path)
    sound = fit(kept, sample_rate_hz=sample_rate_hz, channels=channels)
    wanted = min(sound.samples.shape[1], max(1, round(keep_seconds * sample_rate_hz)))
    cut = sound.samples.shape[1] - wanted
    return AudioPrompt(
        before=replace(sound, samples=sound.samples[:, :cut]),
        end=replace(sound, samples=np.ascontiguousarray(sound.samples[:, cut:])),
    )


def cut_new_part(made: Sound, new_seconds: float) -> Sound:
    """Return the new part of a sound that begins with its audio prompt."""
    new = min(made.samples.shape[1], round(new_seconds * made.sample_rate_hz))
    return replace(made, samples=made.samples[:, -new:])


def prepend(before: Sound, made: Sound) -> Sound:
    """Return a sound with what precedes it; both have one rate and as many channels."""
    samples = np.concatenate([before.samples, made.samples], axis=1)
    most = round(MOST_SECONDS * made.sample_rate_hz)
    return replace(made, samples=samples[:, -most:])
