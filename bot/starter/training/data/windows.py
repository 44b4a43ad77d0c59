"""Training windows: stretches of pieces with captions, some continuing a prompt with errors.

Four kinds: the opening of a piece, more of it from its beginning, continuing it from the middle,
and continuing a prompt as the encoder would read it from a recording (see corruption). With the
text dropped they teach unconditional continuation. All is drawn on the device that trains, from a
ring buffer of pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bot.starter.training.data.codebooks import BOOKS, CODES
from bot.starter.training.data.corruption import corrupt
from bot.starter.training.data.loader import MAX_CAPTION_TOKENS, PIECE_FRAMES, PieceBatch
from bot.starter.training.data.vocabulary import PAD, UNKNOWN_TOKEN

NO_TARGET = -100
START = CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """What is drawn; `positions` is about how many frames a step has in all."""

    positions: int = 131_072
    lengths: tuple[int, ...] = (512, 1504)
    shares: tuple[float, ...] = (0.6, 0.4)
    # How many steps get openings alone: there a piece decides on what its words ask for, and so
    # many fit into a step as no other kind of window.
    openings: float = 0.5
    opening_frames: int = 64
    # Begin where a piece begins; go on from the middle; go on from what was only heard.
    begins: float = 0.55
    heard: float = 0.25
    shortest_prompt: int = 60
    longest_prompt: int = 420
    dropped_text: float = 0.1
    dropped_text_of_heard: float = 0.5
    unknown_words: float = 0.02


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward."""

    tokens: Tensor
    targets: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor


class RingBuffer:
    """The newest pieces, on the device that trains."""

    def __init__(self, pieces: int, captions: int, device: torch.device) -> None:
        self.codes = torch.zeros((pieces, len(BOOKS), PIECE_FRAMES), dtype=torch.int16,
                                 device=device)  # fmt: skip
        self.words = torch.zeros(
            (pieces, captions, MAX_CAPTION_TOKENS), dtype=torch.int16, device=device
        )
        self.seen = 0

    @property
    def filled(self) -> int:
        """Return how many pieces there are."""
        return min(self.seen, len(self.codes))

    def add(self, supplied: PieceBatch) -> None:
        """Put pieces in place of the oldest."""
        places = (torch.arange(len(supplied.codes)) + self.seen) % len(self.codes)
        places = places.to(self.codes.device)
        self.codes[places] = torch.from_numpy(supplied.codes).to(self.codes.device)
        self.words[places] = torch.from_numpy(supplied.words).to(self.words.device)
        self.seen += len(supplied.codes)


def draw(ring: RingBuffer, plan: WindowSettings, random: torch.Generator) -> Batch:
    """Return a batch of windows of one length with a caption each."""
    device = ring.codes.device

    def rand(*size: int) -> Tensor:
        return torch.rand(*size, generator=random, device=device)

    is_opening = float(rand(1)) < plan.openings
    which = int(torch.multinomial(torch.tensor(plan.shares, device=device), 1, generator=random))
    frames = plan.opening_frames if is_opening else plan.lengths[which]
    rows = max(1, plan.positions // frames)
    chosen = (rand(rows) * ring.filled).long()
    kind = rand(rows)
    begins = (kind < plan.begins) | is_opening
    heard = (kind > 1 - plan.heard) & ~begins
    starts = (rand(rows) * (PIECE_FRAMES - frames + 1)).long()
    starts = torch.where(begins, 0, starts)
    places = starts[:, None] + torch.arange(frames, device=device)
    codes = ring.codes[chosen].long().gather(2, places[:, None].expand(-1, len(BOOKS), -1))
    span = plan.longest_prompt - plan.shortest_prompt
    prompt = plan.shortest_prompt + (rand(rows) * span).long()
    prompt = torch.where(begins, 0, prompt.clamp(max=frames // 2))
    is_prompt = torch.arange(frames, device=device) < prompt[:, None]
    shown = torch.where((heard[:, None] & is_prompt)[:, None], corrupt(codes, random), codes)
    targets = torch.where(is_prompt[:, None], NO_TARGET, codes)
    caption = (rand(rows) * ring.words.shape[1]).long()
    words = ring.words[chosen, caption].long()
    longest = int((words != PAD).sum(1).max())
    words = words[:, :longest]
    mask = words != PAD
    last = mask & (torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], 1) == 0)
    lost = (rand(rows, longest) < plan.unknown_words) & mask & ~last
    chance = torch.where(heard, plan.dropped_text_of_heard, plan.dropped_text)
    return Batch(
        tokens=apply_delay_pattern(shown, START)[..., :-1],
        targets=apply_delay_pattern(targets, NO_TARGET)[..., 1:],
        words=torch.where(lost, UNKNOWN_TOKEN, words),
        mask=mask,
        dropped=rand(rows) < chance,
    )


def apply_delay_pattern(codes: Tensor, filler: int) -> Tensor:
    """Return codes [batch, books, frames] in MusicGen's delay pattern, [..., frames + books].

    Codebook k is k steps late, after a first step that is empty.
    """
    rows, books, frames = codes.shape
    pattern = torch.full((rows, books, frames + books), filler, device=codes.device)
    for book in range(books):
        pattern[:, book, 1 + book : 1 + book + frames] = codes[:, book]
    return pattern
