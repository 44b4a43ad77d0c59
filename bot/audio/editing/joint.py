"""Where old music goes over into new: as loud, and without a seam."""

from __future__ import annotations

from dataclasses import replace

from bot.audio.editing.crossfade import crossfade
from bot.audio.editing.loudness import measure
from bot.audio.editing.segments import amplify, join
from bot.domain.generation import Sound

_COMPARED_SECONDS = 4.0
_LEAST_GAIN_DB, _MOST_GAIN_DB = 1.0, 6.0
_USUAL_FADE_SECONDS, _LONGEST_FADE_SECONDS = 0.25, 0.75


def join_new_part(old: Sound, made: Sound, beat_seconds: float | None) -> Sound:
    """Return an old sound going over into the new part that was made after it.

    `made` begins with the old sound as the model heard it. Over the last beat before the joint the
    old sound goes over into that, so that the new part begins with all of its first stroke. The new
    part is as loud at the joint as the old one was. Raises ResourceError where there is no ffmpeg.
    """
    joint = old.samples.shape[1]
    fade_seconds = min(beat_seconds or _USUAL_FADE_SECONDS, _LONGEST_FADE_SECONDS)
    frames = min(round(fade_seconds * old.sample_rate_hz), joint)
    levelled = amplify(made, _gain_db(old, _part(made, joint, None)))
    begin = joint - frames
    parts = [levelled]
    if frames:
        seam = crossfade(_part(old, begin, joint), _part(levelled, begin, joint))
        parts = [seam, _part(levelled, joint, None)]
    if begin:
        parts.insert(0, _part(old, 0, begin))
    return join(parts)


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
