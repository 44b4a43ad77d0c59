"""The contents of the built-in checkpoint, read once in a process: every bot asks for them."""

from __future__ import annotations

import functools

from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.inspection import Contents, inspect


@functools.cache
def starter_contents() -> Contents:
    """Return what the built-in checkpoint holds."""
    return inspect(starter_folder())
