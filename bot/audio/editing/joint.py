"""Join an old sound with a new part: leveled and seamless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bot.audio.editing.crossfade import crossfade, likeness
from bot.audio.editing.loudness import measure
from bot.audio.editing.segments import join
from bot.domain.generation import Samples, Sound

_COMPARED_SECONDS = 4.0
_RAMP_SECONDS, _LEAST_LIKENESS = 0.02, 0.9
_LEAST_GAIN_DB, _MOST_GAIN_DB = 1.0, 6.0
_USUAL_FADE_SECONDS, _LONGEST_FADE_SECONDS = 0.25, 0.75


def join_new_part(old: Sound, made: Sound, beat_seconds: float | None) -> Sound:
    """Return an old sound joined with a new part.

    `made` starts with the old sound as the model got it. Over the last beat before the joint the
    old sound is crossfaded into that, so that the new part starts with its full first attack. The
    new part is leveled to the old one at the joint.
    """
    joint = old.samples.shape[1]
    wanted = _USUAL_FADE_SECONDS if beat_seconds is None else beat_seconds
    fade_seconds = min(wanted, _LONGEST_FADE_SECONDS)
    frames = min(round(fade_seconds * old.sample_rate_hz), joint)
    begin = joint - frames
    new = _part(made, joint, None)
    parts = [_part(old, 0, begin)] if begin else []
    if frames:
        parts.append(crossfade(_part(old, begin, joint), _part(made, begin, joint)))
    joined = join([*parts, new])
    gain_db = _gain_db(old, new)
    return _turn(joined, joint, 10 ** (gain_db / 20)) if gain_db else joined


def follow_joint(mix: Sound, stems: Mapping[str, Sound], joint_seconds: float) -> dict[str, Sound]:
    """Return stems leveled after a joint as their mix was.

    Stems are decoded from codes, which don't include later changes of the sound. If they don't add
    up to the mix, they are returned unchanged.
    """
    joint = round(joint_seconds * mix.sample_rate_hz)
    total = np.sum([stem.samples for stem in stems.values()], axis=0)
    if total.shape != mix.samples.shape:
        return dict(stems)
    before = _share(mix.samples[:, :joint], total[:, :joint])
    after = _share(mix.samples[:, joint:], total[:, joint:])
    if before is None or after is None:
        return dict(stems)
    return {name: _turn(stem, joint, after / before) for name, stem in stems.items()}


def _turn(sound: Sound, joint: int, gain: float) -> Sound:
    """Return a sound that is turned up from a joint on, within a moment before it."""
    ramp_samples = max(1, round(_RAMP_SECONDS * sound.sample_rate_hz))
    place = (np.arange(sound.samples.shape[1]) - joint + ramp_samples) / ramp_samples
    gains = (1 + (gain - 1) * place.clip(0, 1)).astype(np.float32)
    return replace(sound, samples=sound.samples * gains)


def _share(mix: Samples, total: Samples) -> float | None:
    """Return how many times a sound another one is; None where it is not that, or nothing."""
    product = float((mix * total).sum(dtype=np.float64))
    if product <= 0 or likeness(mix, total) < _LEAST_LIKENESS:
        return None
    return product / float(np.square(total).sum(dtype=np.float64))


def _gain_db(old: Sound, new: Sound) -> float:
    """Return how much louder the new part has to be where it begins."""
    window = round(_COMPARED_SECONDS * old.sample_rate_hz)
    ends = _part(old, max(0, old.samples.shape[1] - window), None), _part(new, 0, window)
    before, after = (measure(end).lufs for end in ends)
    if before is None or after is None or abs(before - after) < _LEAST_GAIN_DB:
        return 0.0
    return max(-_MOST_GAIN_DB, min(_MOST_GAIN_DB, before - after))


def _part(sound: Sound, start: int, stop: int | None) -> Sound:
    return replace(sound, samples=sound.samples[:, start:stop])
