"""Prompts whose tempo and key are held by codes."""

from __future__ import annotations

import pytest

from bot.words.held_words import without_tempo_and_key


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("jazz with saxophone, 120 BPM, A minor", "jazz with saxophone"),
        ("90s rock in C major with loud guitars", "90s rock with loud guitars"),
        ("slow waltz, no drums, 90 bpm", "slow waltz, no drums"),
        ("爵士, 钢琴, A小调, 每分钟120拍", "爵士, 钢琴"),
        ("120 BPM, F# minor", None),
        ("techno", "techno"),
        ("", ""),
    ],
)
def test_tempo_and_key_are_left_out(prompt, left):
    """All other words stay as they are, in either language."""
    assert without_tempo_and_key(prompt) == left
