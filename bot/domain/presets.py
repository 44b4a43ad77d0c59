"""Settings that a person or a server has given a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetOwner:
    """Whose a preset is: a person's, or a server's."""

    id: int
    is_server: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A name for words and settings; what is None or missing is as the bot has it."""

    name: str
    words: str | None = None
    """Words of style, which join those that are typed."""
    seconds: float | None = None
    takes: int | None = None
    loop: bool | None = None
    sampling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The settings of `Sampling` that it names: guidance, temperature, top_k."""
    keep_stems: tuple[str, ...] = ()
    """The stems that a remix keeps."""
