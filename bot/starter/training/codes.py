"""The data set that the language model is trained on: pieces as codes, with captions.

A folder of shards, each an array of codes [pieces, codebooks, frames] and a line of JSON a piece.
Shards may be added while a training runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bot.starter.composer.captions import caption
from bot.starter.composer.piece import Piece
from bot.starter.training.codec_network import Codec
from bot.starter.training.quantizer import Quantizer

Codes = NDArray[np.uint16]

CAPTIONS_EACH = 24


@dataclass(frozen=True, slots=True)
class CodedPiece:
    """A piece as codes [codebooks, frames], the frames of its bars and what people may call it."""

    codes: Codes
    bar_frames: int
    captions: tuple[str, ...]


@torch.no_grad()
def encode(codec: Codec, quantizer: Quantizer, sound: NDArray[np.float32]) -> Codes:
    """Turn a piece's sound into codes."""
    with torch.autocast("cpu", torch.bfloat16):
        states = codec.encode(torch.from_numpy(sound)[None])
    codes = quantizer(states.float(), learning=False).codes[0]
    found: Codes = codes.numpy().astype(np.uint16)
    return found


def save_shard(
    folder: Path, name: str, pieces: Sequence[Piece], codes: Sequence[Codes], seed: int
) -> None:
    """Write a shard; the array comes last, so that a shard that is listed is whole."""
    random = np.random.default_rng(seed)
    lines = [
        json.dumps(
            {
                "bar_frames": piece.beat_frames * piece.beats_per_bar,
                "captions": [caption(piece, random) for _ in range(CAPTIONS_EACH)],
            },
            ensure_ascii=False,
        )
        for piece in pieces
    ]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scratch = folder / f"{name}.part"
    with scratch.open("wb") as file:
        np.save(file, np.stack(codes))
    scratch.rename(folder / f"{name}.npy")


def load_shards(folder: Path) -> list[CodedPiece]:
    """Read all shards there are by now."""
    found: list[CodedPiece] = []
    for file in sorted(folder.glob("*.npy")):
        lines = file.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
        for codes, line in zip(np.load(file), lines, strict=True):
            facts = json.loads(line)
            found.append(CodedPiece(codes, facts["bar_frames"], tuple(facts["captions"])))
    return found


def known_captions(folder: Path) -> Iterator[str]:
    """Yield all captions there are, in a fixed order."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line)["captions"]


def delayed(codes: NDArray[np.int64], start_token: int) -> NDArray[np.int64]:
    """Lay codes [.., codebooks, frames] in the delay pattern, [.., codebooks, frames + codebooks].

    The first step holds the start token only; codebook k comes k steps late.
    Source: arXiv 2306.05284, section 2.1.
    """
    books, frames = codes.shape[-2:]
    pattern = np.full((*codes.shape[:-1], frames + books), start_token, np.int64)
    for book in range(books):
        pattern[..., book, book + 1 : book + 1 + frames] = codes[..., book, :]
    return pattern
