"""The files of a battle entry, with names that don't identify the clip."""

from __future__ import annotations

import io
from pathlib import PurePath

import discord

from bot.pipeline.packaging import PackedClip
from cogs.presentation.cards import PICTURE


def battle_files(packed: PackedClip, name: str) -> list[discord.File]:
    """Return a clip's sound under a given name, and its picture."""
    suffix = PurePath(packed.name).suffix
    return [
        discord.File(io.BytesIO(packed.data), f"{name}{suffix}"),
        discord.File(io.BytesIO(packed.picture), PICTURE),
    ]
