"""The data loader: processes that compose new pieces while the model trains.

No piece is used twice, so that there is nothing to memorise. A batch holds the codes of pieces with
some captions of each, or crops of pieces with the samples that sound in them. Nothing here needs
PyTorch: a process that composes begins in a second, and keeps little in memory.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import random as plain_random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.starter.composer.caption_facts import USUAL, CaptionChances
from bot.starter.composer.captions import caption
from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.training.data.codebooks import BOOKS, Codes
from bot.starter.training.data.crops import SoundNumbers, crop_plays, sound_numbers
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.vocabulary import PAD
from bot.starter.training.data.wishes import draw_wish

PIECE_SECONDS = 40.0
PIECE_FRAMES = 1904
"""The frames of a piece that are kept: the longest windows, of 30 s, begin in its first 8 s."""

MAX_CAPTION_TOKENS = 48

_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoaderSettings:
    """How much is composed at once; pieces have consecutive seeds from `first_seed` on."""

    first_seed: int = 10_000_000
    processes: int = 1
    pieces: int = 16
    captions: int = 6
    # The share of pieces that are composed to a wish (see wishes); crops have none.
    wishes: float = 0.5
    crops: int = 8
    crop_frames: int = 100
    waiting: int = 24
    # A pipe holds less than a batch: where many wait, the next comes so long after one was taken.
    next_seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class PieceBatch:
    """Some pieces: codes [pieces, books, frames] and words [pieces, captions, tokens]."""

    codes: Codes
    words: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class CropBatch:
    """Some crops: codes [crops, books, frames], and what is played in each (see crop_plays)."""

    codes: Codes
    plays: list[NDArray[np.float32]]


def make_piece_batch(
    seeds: range, tokenizer: Tokenizer, captions: int, wishes: float
) -> PieceBatch:
    """Compose pieces, a share of them to wishes, and word captions for them."""
    codes = np.zeros((len(seeds), len(BOOKS), PIECE_FRAMES), np.int16)
    words = np.full((len(seeds), captions, MAX_CAPTION_TOKENS), PAD, np.int16)
    for row, seed in enumerate(seeds):
        piece, chances = _composed(seed, wishes)
        codes[row] = encode_piece(piece, PIECE_FRAMES)
        random = np.random.default_rng([seed, 3])
        texts = [caption(piece, random, chances) for _ in range(captions)]
        for number, found in enumerate(tokenizer.encode_batch(texts)):
            ids = found.ids
            if len(ids) > MAX_CAPTION_TOKENS:
                # The end token stays.
                ids = [*ids[: MAX_CAPTION_TOKENS - 1], ids[-1]]
            words[row, number, : len(ids)] = ids
    return PieceBatch(codes, words)


def _composed(seed: int, wishes: float) -> tuple[Piece, CaptionChances]:
    """Return a piece, and how often its captions state what."""
    random = plain_random.Random(seed)  # noqa: S311 - nothing secret
    if random.random() >= wishes:
        return compose(seed, seconds=PIECE_SECONDS), USUAL
    wish = draw_wish(random)
    piece = compose(
        seed,
        style=wish.style,
        seconds=PIECE_SECONDS,
        beat_frames=wish.beat_frames,
        density=wish.density,
        lead=wish.lead,
        mood=wish.mood,
    )
    return piece, wish.caption_chances


def make_crop_batch(seeds: range, plan: LoaderSettings, numbers: SoundNumbers) -> CropBatch:
    """Compose pieces, and cut `crops` crops out of each, from anywhere in it."""
    codes, plays = [], []
    for seed in seeds:
        random = plain_random.Random(seed)  # noqa: S311 - nothing secret
        whole = encode_piece(compose(seed, seconds=PIECE_SECONDS), PIECE_FRAMES)
        for _ in range(plan.crops):
            first = random.randrange(PIECE_FRAMES - plan.crop_frames + 1)
            codes.append(whole[:, first : first + plan.crop_frames])
            plays.append(crop_plays(whole, first, plan.crop_frames, numbers))
    return CropBatch(np.stack(codes), plays)


class PieceLoader:
    """Processes that fill a queue; use it as a context, so that they end with it."""

    def __init__(self, plan: LoaderSettings, tokenizer_json: str | None) -> None:
        """Supply pieces with captions for a tokenizer, or without one crops."""
        self._plan, self._tokenizer = plan, tokenizer_json
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._queue: Queue[PieceBatch | CropBatch] = self._context.Queue(plan.waiting)
        self._stop: Event = self._context.Event()
        self._started: list[SpawnProcess] = []

    def __enter__(self) -> PieceLoader:
        """Start the processes."""
        for rank in range(self._plan.processes):
            process = self._context.Process(
                target=_fill,
                args=(rank, self._plan, self._tokenizer, self._queue, self._stop),
                daemon=True,
            )
            process.start()
            self._started.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the processes."""
        self._stop.set()
        for process in self._started:
            process.terminate()
            process.join()

    def __iter__(self) -> Iterator[PieceBatch | CropBatch]:
        """Yield what comes, for ever; raises RuntimeError when a process has died."""
        while True:
            try:
                yield self._queue.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                self._check_alive()

    def ready(self, is_wanted: Callable[[], bool]) -> Iterator[PieceBatch | CropBatch]:
        """Yield what has come, and what comes at once, as long as more is wanted.

        Raises RuntimeError when a process has died.
        """
        while is_wanted():
            try:
                yield self._queue.get(timeout=self._plan.next_seconds)
            except queue.Empty:
                self._check_alive()
                return

    def _check_alive(self) -> None:
        codes = [each.exitcode for each in self._started if each.exitcode is not None]
        if codes:
            raise RuntimeError(
                f"A composing process has died (exit code {codes[0]}): its error is above. Run the "
                "stage again: it goes on where it was saved."
            )


def _fill(
    rank: int,
    plan: LoaderSettings,
    tokenizer_json: str | None,
    goal: Queue[PieceBatch | CropBatch],
    stop: Event,
) -> None:
    # One thread each: there are as many processes as there are cores to fill.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = None if tokenizer_json is None else Tokenizer.from_str(tokenizer_json)
    numbers = sound_numbers()
    turn = rank
    while not stop.is_set():
        first = plan.first_seed + turn * plan.pieces
        seeds = range(first, first + plan.pieces)
        if tokenizer is None:
            made: PieceBatch | CropBatch = make_crop_batch(seeds, plan, numbers)
        else:
            made = make_piece_batch(seeds, tokenizer, plan.captions, plan.wishes)
        if not _hand_over(made, goal, stop):
            break
        turn += plan.processes
    # What nobody takes any more must not keep this process waiting at its end.
    goal.cancel_join_thread()


def _hand_over(
    made: PieceBatch | CropBatch, goal: Queue[PieceBatch | CropBatch], stop: Event
) -> bool:
    """Wait for room in the queue; tell whether there still is somebody to compose for.

    A training that is killed can't say so: its processes would wait for ever.
    """
    training = parent_process()
    while not stop.is_set() and (training is None or training.is_alive()):
        try:
            goal.put(made, timeout=_WAIT_SECONDS)
            return True
        except queue.Full:
            continue
    return False
