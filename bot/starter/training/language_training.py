"""Train the starter's text encoder and decoder on coded pieces and their captions.

A budget of minutes decides how long, as with the codec. Hidden matrices are trained with Muon,
everything else with AdamW. Clips of twenty seconds first, of thirty towards the end: most of what
there is to learn about repetition lies four bars back.

Source: arXiv 2306.05284 (MusicGen), 2207.12598 (guidance by dropped text), 2502.16982 (Muon).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.codes import CodedPiece, delayed, load_shards
from bot.starter.training.gradients import Team
from bot.starter.training.language_network import Language, LanguageSize
from bot.starter.training.repetition import begin_by_repeating
from bot.starter.training.vocabulary import PAD, UNKNOWN

_SAVE_EVERY_SECONDS = 120.0
_LOG_EVERY_STEPS = 25
_NO_TARGET = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePlan:
    """How the language model is trained; frames are those of one process in one step."""

    minutes: float
    frames: int = 3000
    short_frames: int = 1000
    long_frames: int = 1500
    long_share: float = 0.35
    rate: float = 4e-3
    other_rate: float = 2.5e-3
    weight_decay: float = 0.05
    dropped_text: float = 0.12
    unknown_words: float = 0.03
    on_a_bar: float = 0.8
    # The first codebook carries melody and rhythm; the last is close to noise.
    book_weights: tuple[float, ...] = (1.9, 1.0, 0.65, 0.45)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward."""

    tokens: Tensor
    targets: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor


class Windows:
    """Draws windows of pieces, each from the start of a bar mostly, with one of their captions."""

    def __init__(
        self, pieces: Sequence[CodedPiece], tokenizer: Tokenizer, plan: LanguagePlan
    ) -> None:
        self.pieces, self.plan = pieces, plan
        self.words = [[e.ids for e in tokenizer.encode_batch(list(p.captions))] for p in pieces]

    def draw(self, frames: int, start_token: int, random: np.random.Generator) -> Batch:
        """Return a batch of windows of so many frames."""
        rows = max(1, self.plan.frames // frames)
        choice = random.integers(len(self.pieces), size=rows)
        codes = np.stack([self._window(self.pieces[n], frames, random) for n in choice])
        pattern = delayed(codes, start_token)
        targets = pattern[..., 1:].copy()
        targets[targets == start_token] = _NO_TARGET
        words = [self._caption(n, random) for n in choice]
        table = np.full((rows, max(map(len, words))), PAD, np.int64)
        for row, ids in enumerate(words):
            table[row, : len(ids)] = ids
        dropped = random.random(rows) < self.plan.dropped_text
        return Batch(
            torch.from_numpy(pattern[..., :-1].copy()),
            torch.from_numpy(targets),
            torch.from_numpy(table),
            torch.from_numpy(table != PAD),
            torch.from_numpy(dropped),
        )

    def _window(
        self, piece: CodedPiece, frames: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        spare = piece.codes.shape[1] - frames
        start = int(random.integers(spare + 1))
        if random.random() < self.plan.on_a_bar:
            start = start // piece.bar_frames * piece.bar_frames
        return piece.codes[:, start : start + frames].astype(np.int64)

    def _caption(self, number: int, random: np.random.Generator) -> NDArray[np.int64]:
        choices = self.words[number]
        ids = np.array(choices[random.integers(len(choices))])
        lost = random.random(len(ids)) < self.plan.unknown_words
        lost[-1] = False
        return np.where(lost, UNKNOWN, ids)


class LanguageTraining:
    """The language model, its optimizers, and where they are kept."""

    def __init__(self, plan: LanguagePlan, folder: Path, team: Team, tokenizer: Tokenizer) -> None:
        self.plan, self.folder, self.team, self.tokenizer = plan, folder, team, tokenizer
        torch.manual_seed(0)
        self.size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
        self.model = Language(self.size)
        begin_by_repeating(self.model.decoder, self.size.width, self.size.heads)
        self.optimizers = _optimizers(self.model, plan)
        self.step, self.seconds_used = 0, 0.0
        if self.file.exists():
            self._restore()

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / "language.pt"

    def run(self, codes: Path) -> None:
        """Train on the shards in a folder until the budget is used up."""
        random = np.random.default_rng([self.step, self.team.rank])
        windows = Windows(load_shards(codes), self.tokenizer, self.plan)
        before, began = self.seconds_used, time.monotonic()
        saved = began
        losses: list[Tensor] = []
        frames = self.plan.short_frames
        while (progress := self._progress()) < 1:
            long = progress > 1 - self.plan.long_share
            frames = self.plan.long_frames if long else self.plan.short_frames
            for optimizer in self.optimizers:
                for settings in optimizer.param_groups:
                    settings["lr"] = settings["full_rate"] * _pace(self.step, progress)
            losses.append(self._train(windows.draw(frames, self.size.codes, random)))
            self.step += 1
            self.seconds_used = before + time.monotonic() - began
            if self.step % _LOG_EVERY_STEPS == 0 and self.team.rank == 0:
                self._log(torch.stack(losses).mean(0), frames)
                losses = []
            if self.team.rank == 0 and time.monotonic() - saved > _SAVE_EVERY_SECONDS:
                self.save()
                saved = time.monotonic()
        if self.team.rank == 0:
            if losses:
                self._log(torch.stack(losses).mean(0), frames)
            self.save()

    def save(self) -> None:
        """Keep everything that a stopped run needs to go on."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds_used": self.seconds_used,
        }
        scratch = self.file.with_suffix(".part")
        torch.save(state, scratch)
        scratch.rename(self.file)

    def _restore(self) -> None:
        state = torch.load(self.file, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            rate = optimizer.param_groups[0]["full_rate"]
            optimizer.load_state_dict(kept)
            optimizer.param_groups[0]["full_rate"] = rate
        self.step, self.seconds_used = state["step"], state["seconds_used"]

    def _progress(self) -> float:
        return self.team.agree(self.seconds_used / (60 * self.plan.minutes))

    def _train(self, batch: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(batch.tokens, batch.words, batch.mask, batch.dropped)
        per_book = torch.stack(
            [
                functional.cross_entropy(
                    logits[:, :, book].flatten(0, 1).float(),
                    batch.targets[:, book].flatten(),
                    ignore_index=_NO_TARGET,
                )
                for book in range(self.size.codebooks)
            ]
        )
        self.model.zero_grad(set_to_none=True)
        (per_book * torch.tensor(self.plan.book_weights)).mean().backward()
        parameters = list(self.model.parameters())
        self.team.average(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return per_book.detach()

    def _log(self, means: Tensor, frames: int) -> None:
        line: dict[str, object] = {"step": self.step, "minutes": round(self.seconds_used / 60, 2)}
        line |= {"loss": round(float(means.mean()), 4), "frames": frames}
        line |= {"books": [round(float(mean), 3) for mean in means]}
        with (self.folder / "language.log").open("a") as file:
            print(json.dumps(line), file=file)


def _optimizers(model: Language, plan: LanguagePlan) -> list[torch.optim.Optimizer]:
    hidden = [p for p in model.decoder.layers.parameters() if p.ndim == 2]
    chosen = {id(p) for p in hidden}
    others = [p for p in model.parameters() if id(p) not in chosen]
    muon = torch.optim.Muon(
        hidden, lr=plan.rate, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    adam = torch.optim.AdamW(
        others, lr=plan.other_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    for optimizer, rate in ((muon, plan.rate), (adam, plan.other_rate)):
        for settings in optimizer.param_groups:
            settings["full_rate"] = rate
    return [muon, adam]


def _pace(step: int, progress: float) -> float:
    """Return the share of the learning rate: a rise, a plateau, and a fall over the second half."""
    return min(1.0, (step + 1) / 100) * min(1.0, (1 - progress) / 0.5 + 0.01)
