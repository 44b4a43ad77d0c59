"""What a training was asked for: how much of everything, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How much of everything is asked for, and the folders it is kept in."""

    folder: Path
    checkpoint: Path
    soundfont: Path
    codec_pieces: int
    loops: int
    told_pieces: int
    seconds: float
    codec_minutes: float
    text_minutes: float
    language_minutes: float
    decoder_minutes: float
    cores: int

    @property
    def sounds(self) -> Path:
        """Return the folder of rendered pieces for the codec."""
        return self.folder / "sounds"

    @property
    def codes(self) -> Path:
        """Return the folder of coded loops for the language model."""
        return self.folder / "codes"

    @property
    def pieces(self) -> Path:
        """Return the folder of coded pieces for the language model."""
        return self.folder / "pieces"
