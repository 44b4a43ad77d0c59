"""The data set that the language model is trained on: loops as codes, with captions, and pieces.

A folder of shards, each a file of arrays, two for each loop, and a line of JSON a loop; and one of
pieces without a word, from which going on with what was heard is learnt. Both may grow while a
training runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bot.starter.composer.captions import caption
from bot.starter.composer.compose import draw_era
from bot.starter.composer.loops import LAPS, Loop
from bot.starter.composer.piece import Piece
from bot.starter.composer.styles import STYLES
from bot.starter.training.codec_network import Codec
from bot.starter.training.quantizer import Quantizer
from bot.starter.training.slicing import sliced

Codes = NDArray[np.uint16]

CAPTIONS_EACH = 64
_NAMES_TEMPO, _NAMES_ODD_TEMPO = 0.5, 0.9

OPENING = 8
"""Frames after which a lap sounds the same whether or not another came before."""


@dataclass(frozen=True, slots=True)
class CodedLoop:
    """A loop as codes [codebooks, frames] that come again, and what people may call it.

    `opening` [codebooks, OPENING] are the first codes where nothing comes before; `share` is
    how often the loop is to be heard. The first beat is at the beginning.
    """

    codes: Codes
    opening: Codes
    share: float
    beat_frames: int
    captions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodedPiece:
    """A piece as codes [codebooks, frames], of which no words tell."""

    codes: Codes
    bar_frames: int


@torch.no_grad()
def encode(codec: Codec, quantizer: Quantizer, sound: NDArray[np.float32]) -> Codes:
    """Turn a piece's sound into codes."""
    with torch.autocast("cpu", torch.bfloat16):
        states = codec.encode(torch.from_numpy(sound)[None])
    codes = quantizer(states.float(), learning=False).codes[0]
    found: Codes = codes.numpy().astype(np.uint16)
    return found


def coded(
    codec: Codec, quantizer: Quantizer, sound: NDArray[np.float32], lap_samples: int
) -> tuple[Codes, Codes]:
    """Return the codes of a lap's first half, and its opening, of a loop's sound.

    The second lap sounds as all that follow; heard again and again it gives the codes of a lap
    that goes on for ever. Half of it, two bars, is what the model is to know by heart: of four it
    learns the first seconds in an hour, and where the rest is not known the beat is lost.
    """
    lap = sound[lap_samples : 2 * lap_samples]
    codes = encode(codec, quantizer, np.tile(lap, LAPS))
    frames = codes.shape[1] // LAPS
    return codes[:, frames : frames + frames // 2], codes[:, :OPENING]


def at_tempo(
    slow: tuple[Codes, Codes], starts: Sequence[float], slow_frames: int, beat_frames: int
) -> tuple[Codes, Codes]:
    """Return the codes and the opening of a loop at a faster tempo; `starts` are in beats."""
    codes, opening = slow
    order = sliced(starts, codes.shape[1] // slow_frames, slow_frames, beat_frames)
    first = np.where(order < OPENING, opening[:, np.minimum(order, OPENING - 1)], codes[:, order])
    return codes[:, order], first[:, :OPENING]


def save_shard(
    folder: Path,
    name: str,
    loops: Sequence[Loop],
    pieces: Sequence[Piece],
    codes: Sequence[tuple[Codes, Codes]],
) -> None:
    """Write a shard; the arrays come last, so that a shard that is listed is whole."""
    random = np.random.default_rng(int(name))
    lines = [
        json.dumps(
            {
                "share": loop.share,
                "beat_frames": loop.beat_frames,
                "captions": _captions(loop, piece, random),
            },
            ensure_ascii=False,
        )
        for loop, piece in zip(loops, pieces, strict=True)
    ]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scratch = folder / f"{name}.part"
    arrays = {f"{part}-{n}": each[part] for n, each in enumerate(codes) for part in (0, 1)}
    with scratch.open("wb") as file:
        np.savez(file, **arrays)
    scratch.rename(folder / f"{name}.npz")


def _captions(loop: Loop, piece: Piece, random: np.random.Generator) -> list[str]:
    style = STYLES[loop.style]
    # Who asks for blues of the eighties wants blues: a decade is no style's own unless it is fixed.
    return [
        caption(
            replace(piece, era=draw_era(style, random)),
            random,
            _NAMES_TEMPO if loop.is_usual else _NAMES_ODD_TEMPO,
        )
        for _ in range(CAPTIONS_EACH)
    ]


def load_shards(folder: Path) -> list[CodedLoop]:
    """Read all shards there are by now."""
    found: list[CodedLoop] = []
    for file in sorted(folder.glob("*.npz")):
        lines = file.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
        with np.load(file) as arrays:
            for number, line in enumerate(lines):
                facts = json.loads(line)
                loop = CodedLoop(
                    codes=arrays[f"0-{number}"],
                    opening=arrays[f"1-{number}"],
                    share=facts["share"],
                    beat_frames=facts["beat_frames"],
                    captions=tuple(facts["captions"]),
                )
                found.append(loop)
    return found


def save_piece(file: Path, piece: CodedPiece) -> None:
    """Write a piece."""
    scratch = file.with_suffix(".part")
    with scratch.open("wb") as out:
        np.savez(out, codes=piece.codes, bar_frames=piece.bar_frames)
    scratch.rename(file)


def load_pieces(folder: Path) -> list[CodedPiece]:
    """Read all pieces there are by now."""
    found = []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as arrays:
            found.append(CodedPiece(arrays["codes"], int(arrays["bar_frames"])))
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
