"""The settings of a training run, as the command line gives them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tokenizers import Tokenizer

StageName = Literal[
    "drums", "restore", "samples", "words", "codec", "fit", "language", "export"
]  # fmt: skip
"""What a run may be asked to do."""

EVALUATION_SEEDS = range(5_000_000, 6_000_000)
"""The seeds of pieces that no training may compose.

Texts are learnt from 2,000,000 and 3,000,000 on, decoders are fitted from 9,000,000 on, codec and
language model are trained from `--first-seed` and twice that on.
"""

TRAINED = ("codec", "language")
"""What is trained on a device, and travels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How much of everything is asked for, and where it is kept."""

    folder: Path
    checkpoint: Path
    device: str
    processes: int
    waiting: int
    threads: int
    first_seed: int
    pieces: int
    record_seconds: float
    text_minutes: float
    codec_minutes: float
    codec_batch: int
    recognise_every: int
    keep_vectors: bool
    gate_steps: int
    gate_pieces: int
    fit_steps: int
    fit_pieces: int
    language_minutes: float
    layers: int
    first_pieces: int
    positions: int
    lengths: tuple[int, ...]
    openings: float
    opening_frames: int
    words_alone: bool
    guidance: float | None
    rates: float

    @property
    def samples(self) -> Path:
        """Return the file of recorded instruments."""
        return self.folder / "samples.npz"

    @property
    def tokenizer(self) -> Tokenizer:
        """Read the tokenizer that was learnt."""
        return Tokenizer.from_file(str(self.folder / "tokenizer.json"))
