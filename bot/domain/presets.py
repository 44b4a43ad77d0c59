"""Presets: named words and settings of a person or a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetOwner:
    """The owner of a preset: a person or a server."""

    id: int
    is_server: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Named words and settings; None or missing means the default."""

    name: str
    words: str | None = None
    """Words of style, added to the typed prompt."""
    seconds: float | None = None
    takes: int | None = None
    loop: bool | None = None
    sampling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The settings of `Sampling` that it names: guidance, temperature, top_k."""
    keep_stems: tuple[str, ...] = ()
    """The stems that a remix keeps."""
