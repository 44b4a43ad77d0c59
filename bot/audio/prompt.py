"""The audio prompt of a clip: the end of a sound for the model, and what precedes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.editing.bar_choice import choose_bars
from bot.audio.files.masters import read_master
from bot.audio.resample import fit
from bot.domain.bar_grid import BarGrid
from bot.domain.generation import Sound
from bot.domain.jobs import Keep

MOST_SECONDS = 300.0
"""How long a clip may get by being continued; of a longer one the end is kept."""

_ANALYSED_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPrompt:
    """A sound split into what comes before, and the end that the model gets.

    What a remix drops after it is in neither. `beat_seconds` is its beat, if it has one. `rhythm`
    is what was heard up to where `end` ends, if it was listened for; its times are counted from
    where `end` begins, and those of `before` are negative.
    """

    before: Sound
    end: Sound
    dropped_samples: int = 0
    beat_seconds: float | None = None
    rhythm: Rhythm | None = None

    @property
    def source_samples(self) -> int:
        """Return how long the whole sound is."""
        kept = self.before.samples.shape[1] + self.end.samples.shape[1]
        return kept + self.dropped_samples


def load_prompt(
    path: Path,
    keep_seconds: float,
    sample_rate_hz: int,
    channels: int,
    *,
    keep: Keep | None = None,
    frame_samples: int = 1,
    grid: BarGrid | None = None,
    rhythm: Rhythm | None = None,
) -> AudioPrompt:
    """Load a kept sound at a model's sample rate and number of channels.

    With `keep` it is cut at bars, the model's frames whole: those that it is known to have by its
    `grid` or its `rhythm`, else detected ones. Raises SoundError where the file is gone.
    """
    kept = read_master(path)
    sound = fit(kept, sample_rate_hz=sample_rate_hz, channels=channels)
    if keep is Keep.END and grid is not None:
        return cut_on_grid(sound, keep_seconds, grid, frame_samples)
    if keep is not None:
        return cut_at_bars(sound, keep_seconds, keep, frame_samples, rhythm)
    wanted = min(sound.samples.shape[1], max(1, round(keep_seconds * sample_rate_hz)))
    return _part(sound, sound.samples.shape[1] - wanted, sound.samples.shape[1])


def cut_at_bars(
    sound: Sound,
    keep_seconds: float,
    keep: Keep,
    frame_samples: int = 1,
    known: Rhythm | None = None,
) -> AudioPrompt:
    """Return the bars of about so many seconds at a sound's end, or at its start.

    Bars are those of the rhythm that is known of the whole sound, else they are detected there.
    What is cut off behind them is less than a bar. Cuts are a moment before the bar line, where no
    stroke has begun, and after whole frames: part of one would be heard as silence.
    """
    length, rate_hz = sound.samples.shape[1], sound.sample_rate_hz
    near = round(_ANALYSED_SECONDS * rate_hz)
    offset = 0 if keep is Keep.START else max(0, length - near)
    if known is None:
        rhythm = find_rhythm(replace(sound, samples=sound.samples[:, offset : offset + near]))
    else:
        rhythm = known.within(offset / rate_hz, (offset + near) / rate_hz)
    stretch = choose_bars(
        rhythm, min(length, near) / rate_hz, keep_seconds, at_start=keep is Keep.START
    )
    start, stop = (
        min(length, offset + round(seconds * rate_hz)) // frame_samples * frame_samples
        for seconds in stretch
    )
    if stop == start:  # less than a frame
        start, stop = 0, length
    part = _part(sound, start, stop)
    if rhythm is None:
        return part
    begin, end = (start - offset) / rate_hz, (stop - offset) / rate_hz
    within = rhythm.within(0.0, end, zero=begin)
    return replace(part, beat_seconds=60 / rhythm.bpm, rhythm=within)


def cut_on_grid(
    sound: Sound, keep_seconds: float, grid: BarGrid, frame_samples: int = 1
) -> AudioPrompt:
    """Return the last bars, about so many seconds, of a sound that ends with a bar line.

    Nothing is cut off behind them; where they begin the model's frames are whole.
    """
    length, rate_hz = sound.samples.shape[1], sound.sample_rate_hz
    bars = max(1, round(keep_seconds / grid.bar_seconds))
    frames = round(bars * grid.bar_seconds * rate_hz / frame_samples)
    start = max(0, length - frames * frame_samples)
    return replace(_part(sound, start, length), beat_seconds=grid.beat_seconds)


def _part(sound: Sound, start: int, stop: int) -> AudioPrompt:
    return AudioPrompt(
        before=replace(sound, samples=sound.samples[:, :start]),
        end=replace(sound, samples=np.ascontiguousarray(sound.samples[:, start:stop])),
        dropped_samples=sound.samples.shape[1] - stop,
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
