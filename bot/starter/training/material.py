"""What is learnt from: pieces for the codec, loops and pieces as codes for the language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.loops import Loop, compose_loop, loops
from bot.starter.composer.piece import Piece
from bot.starter.composer.render import render_many
from bot.starter.training.codec_network import Codec, CodecSize
from bot.starter.training.codes import CodedPiece, at_tempo, coded, encode, save_piece, save_shard
from bot.starter.training.gradients import Team
from bot.starter.training.quantizer import Quantizer
from bot.starter.training.slicing import onsets
from bot.starter.training.sounds import save
from bot.starter.training.work import Work

# Held-out pieces have seeds from 5,000,000 on: see measuring.renders.
_CODEC_SEEDS = 1_000_000
_AT_ONCE = 20
_FRAME_SAMPLES = 640

# Slower than any loop: 50 BPM, of whose beats thirds and quarters are whole frames.
SLOW_FRAMES = 60


def make_sounds(work: Work, team: Team) -> None:
    """Render the pieces that the codec learns from."""

    def piece(number: int) -> Piece:
        return compose(_CODEC_SEEDS + number, seconds=work.seconds)

    def keep(file: Path, _: Piece, sound: NDArray[np.float32]) -> None:
        save(file, sound)

    _render(work, team, work.sounds, ".npy", work.codec_pieces, piece, keep)


def make_codes(work: Work, team: Team) -> None:
    """Render and code the loops that the language model learns from, with captions."""
    codec, quantizer = trained_codec(work.folder)
    work.codes.mkdir(parents=True, exist_ok=True)
    every = list(loops())
    asked = work.loops or len(every)
    # Fewer than all are spread over all styles.
    chosen = [every[n * len(every) // asked] for n in range(asked)]
    songs: dict[tuple[str, int, str], list[Loop]] = {}
    for loop in chosen:
        songs.setdefault((loop.style, loop.song, loop.density), []).append(loop)
    for number, own in enumerate(songs.values()):
        name = f"{number:06}"
        if number % team.processes != team.rank or (work.codes / f"{name}.npz").exists():
            continue
        # Played slowly once: each of its tempos is cut together from that.
        slow, lap_frames = compose_loop(replace(own[0], beat_frames=SLOW_FRAMES))
        (sound,) = render_many([slow], soundfont=work.soundfont)
        of_slow = coded(codec, quantizer, sound, lap_frames * _FRAME_SAMPLES)
        starts = onsets(slow, of_slow[0].shape[1] // SLOW_FRAMES)
        codes = [at_tempo(of_slow, starts, SLOW_FRAMES, loop.beat_frames) for loop in own]
        save_shard(work.codes, name, own, [compose_loop(loop)[0] for loop in own], codes)


def make_pieces(work: Work, team: Team) -> None:
    """Render and code the pieces that the language model learns to go on with."""
    codec, quantizer = trained_codec(work.folder)

    def piece(number: int) -> Piece:
        # What people bring has any beat, and most often one that no loop has.
        random = np.random.default_rng(number)
        frames = int(random.integers(min(BEAT_FRAMES), max(BEAT_FRAMES) + 1))
        return compose(number, seconds=work.seconds, beat_frames=frames)

    def keep(file: Path, piece: Piece, sound: NDArray[np.float32]) -> None:
        bar_frames = piece.beats_per_bar * piece.beat_frames
        save_piece(file, CodedPiece(encode(codec, quantizer, sound), bar_frames))

    _render(work, team, work.pieces, ".npz", work.told_pieces, piece, keep)


def trained_codec(folder: Path) -> tuple[Codec, Quantizer]:
    """Return the codec as far as it has been trained."""
    size = CodecSize()
    last = next(file for name in ("decoder.pt", "codec.pt") if (file := folder / name).exists())
    state = torch.load(last, weights_only=True)
    codec = Codec(size)
    codec.load_state_dict(state["codec"])
    quantizer = Quantizer(size.codebooks, size.codebook_size, size.hidden_size)
    quantizer.load_state_dict(state["quantizer"])
    return codec, quantizer


def _render(
    work: Work,
    team: Team,
    folder: Path,
    suffix: str,
    count: int,
    piece: Callable[[int], Piece],
    keep: Callable[[Path, Piece, NDArray[np.float32]], None],
) -> None:
    """Render this process's share of so many pieces, but for those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(team.rank * _AT_ONCE, count, team.processes * _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, count))
        files = [folder / f"{number:06}{suffix}" for number in numbers]
        if all(file.exists() for file in files):
            continue
        pieces = [piece(number) for number in numbers]
        sounds = render_many(pieces, soundfont=work.soundfont)
        for file, composed, sound in zip(files, pieces, sounds, strict=True):
            keep(file, composed, sound)
