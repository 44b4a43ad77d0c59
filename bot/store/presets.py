"""Presets of people and servers, by name."""

from __future__ import annotations

import json
import sqlite3
from types import MappingProxyType

from bot.domain.presets import Preset, PresetOwner
from bot.store.database import Database


class Presets:
    """The table of presets. Names are case-insensitive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, owner: PresetOwner, preset: Preset, *, most: int) -> bool:
        """Store a preset, replacing one of the same name.

        Returns False if its owner has `most` others already.
        """
        settings = {
            "seconds": preset.seconds,
            "takes": preset.takes,
            "loop": preset.loop,
            "sampling": dict(preset.sampling),
            "keep_stems": preset.keep_stems,
        }
        folded = fold_name(preset.name)
        async with self._database.transaction(urgent=True) as connection:
            done = await connection.execute(
                "INSERT OR REPLACE INTO presets "
                "(is_server, owner_id, folded_name, name, words, settings) "
                "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT COUNT(*) FROM presets "
                "WHERE is_server = ?1 AND owner_id = ?2 AND folded_name != ?3) < ?7",
                (
                    owner.is_server, owner.id, folded, preset.name, preset.words,
                    json.dumps(settings), most,
                ),
            )  # fmt: skip
        return done.rowcount == 1

    async def of(self, owner: PresetOwner) -> list[Preset]:
        """Return an owner's presets, sorted by name."""
        rows = await self._database.all(
            "SELECT name, words, settings FROM presets WHERE is_server = ? AND owner_id = ? "
            "ORDER BY folded_name",
            (owner.is_server, owner.id),
        )
        return [_preset_of(row) for row in rows]

    async def get(self, owner: PresetOwner, name: str) -> Preset | None:
        """Return an owner's preset by its name."""
        row = await self._database.one(
            "SELECT name, words, settings FROM presets "
            "WHERE is_server = ? AND owner_id = ? AND folded_name = ?",
            (owner.is_server, owner.id, fold_name(name)),
        )
        return None if row is None else _preset_of(row)

    async def delete(self, owner: PresetOwner, name: str) -> bool:
        """Delete a preset; return whether it existed."""
        async with self._database.transaction(urgent=True) as connection:
            done = await connection.execute(
                "DELETE FROM presets WHERE is_server = ? AND owner_id = ? AND folded_name = ?",
                (owner.is_server, owner.id, fold_name(name)),
            )
        return done.rowcount == 1


def fold_name(name: str) -> str:
    """Return a name's normalized form for comparison."""
    return " ".join(name.split()).casefold()


def _preset_of(row: sqlite3.Row) -> Preset:
    settings = json.loads(row["settings"])
    return Preset(
        name=row["name"],
        words=row["words"],
        seconds=settings["seconds"],
        takes=settings["takes"],
        loop=settings["loop"],
        sampling=MappingProxyType(settings["sampling"]),
        keep_stems=tuple(settings["keep_stems"]),
    )
