"""Prepare a clip for playback: leveled, and faded at its ends."""

from __future__ import annotations

from collections.abc import Mapping

from bot.audio.editing.crossfade import fade
from bot.audio.editing.loudness import level, level_together
from bot.domain.generation import Sound


def prepare_clip(sound: Sound, target_lufs: float, *, loops: bool) -> Sound:
    """Return a clip at a loudness, faded at its ends unless it loops."""
    return fade(level(sound, target_lufs), loops=loops)


def prepare_stems(
    mix: Sound, stems: Mapping[str, Sound], target_lufs: float, *, loops: bool
) -> tuple[Sound, dict[str, Sound]]:
    """Return a clip and its stems by name, turned up by one gain, so that they add up to it."""
    mix, parts = level_together(mix, list(stems.values()), target_lufs)
    faded = {name: fade(part) for name, part in zip(stems, parts, strict=True)}
    return fade(mix, loops=loops), faded
