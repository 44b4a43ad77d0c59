"""Train the starter's text encoder and decoder on coded loops and their captions.

A budget of minutes decides how long, as with the codec. The decoder's hidden matrices are trained
with Muon, everything else with AdamW.

Source: arXiv 2306.05284 (MusicGen), 2207.12598 (guidance by dropped text), 2502.16982 (Muon).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.training.codes import load_pieces, load_shards
from bot.starter.training.gradients import Team
from bot.starter.training.language_network import Language, LanguageSize
from bot.starter.training.optimizers import Rates, optimizers_of, pace
from bot.starter.training.repetition import begin_by_repeating
from bot.starter.training.text_training import TextPlan, teach
from bot.starter.training.windows import NO_TARGET, Batch, WindowPlan, Windows

_SAVE_EVERY_SECONDS = 120.0
_LOG_EVERY_STEPS = 25
_STEPS_OF_A_PROCESS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePlan:
    """How the language model is trained."""

    minutes: float
    text: TextPlan = field(default_factory=TextPlan)
    windows: WindowPlan = field(default_factory=WindowPlan)
    rates: Rates = field(default_factory=Rates)
    # The first codebook carries melody and rhythm; the last is close to noise.
    book_weights: tuple[float, ...] = (1.6, 1.0, 0.8, 0.6)
    # Of telling halfway when the next beat comes, which at first only the text can know: each loop
    # for itself would have to learn again what a tempo is.
    beat_weight: float = 0.5
    # In so many steps what is heard is partly what the model plays itself.
    own_steps: float = 0.4
    most_hearings: int = 3


class LanguageTraining:
    """The language model, its optimizers, and where they are kept."""

    def __init__(self, plan: LanguagePlan, folder: Path, team: Team, tokenizer: Tokenizer) -> None:
        self.plan, self.folder, self.team, self.tokenizer = plan, folder, team, tokenizer
        torch.manual_seed(0)
        self.size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
        self.model = Language(self.size)
        begin_by_repeating(self.model.decoder, self.size.width, self.size.heads)
        self.beats = nn.Linear(self.size.width, max(BEAT_FRAMES))
        self.optimizers = optimizers_of(self.model, self.beats, plan.rates)
        self.step, self.seconds_used = 0, 0.0
        self.hardness: NDArray[np.float64] | None = None
        if self.file.exists():
            self._restore()
        else:
            self._teach_text()

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / "language.pt"

    def run(self, codes: Path, pieces: Path) -> None:
        """Train on the loops and pieces in two folders for some steps, or to the end of the budget.

        A process's memory grows by some megabytes with every step, whoever holds them: a new one
        goes on from here.
        """
        random = np.random.default_rng([self.step, self.team.rank])
        loops, plan = load_shards(codes), self.plan.windows
        windows = Windows(loops, load_pieces(pieces), self.tokenizer, plan, self.hardness)
        self.hardness = windows.losses
        before, began = self.seconds_used, time.monotonic()
        saved = began
        losses: list[Tensor] = []
        beat_losses: list[Tensor] = []
        last = self.step + _STEPS_OF_A_PROCESS
        while (progress := self._progress()) < 1 and self.step < last:
            for optimizer in self.optimizers:
                for settings in optimizer.param_groups:
                    settings["lr"] = settings["full_rate"] * pace(self.step, progress)
            batch = windows.draw(self.size.codes, random, progress)
            of_rows, of_beats = self._train(batch)
            windows.learnt(batch.loops, of_rows[0].numpy())
            losses.append(of_rows.mean(1))
            beat_losses.append(of_beats)
            self.step += 1
            self.seconds_used = before + time.monotonic() - began
            if self.step % _LOG_EVERY_STEPS == 0 and self.team.rank == 0:
                self._log(losses, beat_losses)
                losses, beat_losses = [], []
            if self.team.rank == 0 and time.monotonic() - saved > _SAVE_EVERY_SECONDS:
                self.save()
                saved = time.monotonic()
        if self.team.rank == 0:
            if losses:
                self._log(losses, beat_losses)
            self.save()

    def _teach_text(self) -> None:
        taught = [self.model.text, self.model.projection]
        if self.team.rank == 0:
            teach(self.model, self.tokenizer, self.plan.text)
        self.team.follow([p.data for part in taught for p in part.parameters()])

    def save(self) -> None:
        """Keep everything that a stopped run needs to go on."""
        state = {
            "model": self.model.state_dict(),
            "beats": self.beats.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds_used": self.seconds_used,
            "hardness": None if self.hardness is None else torch.from_numpy(self.hardness),
        }
        scratch = self.file.with_suffix(".part")
        torch.save(state, scratch)
        scratch.rename(self.file)

    def _restore(self) -> None:
        state = torch.load(self.file, weights_only=True)
        self.model.load_state_dict(state["model"])
        # A checkpoint has neither this nor what the optimizers know.
        if "beats" in state:
            self.beats.load_state_dict(state["beats"])
        for optimizer, kept in zip(self.optimizers, state.get("optimizers", ()), strict=False):
            rate = optimizer.param_groups[0]["full_rate"]
            optimizer.load_state_dict(kept)
            optimizer.param_groups[0]["full_rate"] = rate
        if state.get("hardness") is not None:
            self.hardness = state["hardness"].numpy()
        self.step, self.seconds_used = state["step"], state["seconds_used"]

    def _progress(self) -> float:
        return self.team.agree(self.seconds_used / (60 * self.plan.minutes))

    def _train(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Take one step; return the losses [codebooks, batch] and that of the beats."""
        tokens = self._heard(batch)
        with torch.autocast("cpu", torch.bfloat16):
            logits, halfway = self.model(tokens, batch.words, batch.mask, batch.dropped)
            told = self.beats(functional.layer_norm(halfway, halfway.shape[-1:]))
        each = torch.stack(
            [
                functional.cross_entropy(
                    logits[:, :, book].flatten(0, 1).float(),
                    batch.targets[:, book].flatten(),
                    ignore_index=NO_TARGET,
                    reduction="none",
                ).view(len(logits), -1)
                for book in range(self.size.codebooks)
            ]
        )
        counts = (batch.targets != NO_TARGET).sum(2).T
        weights = batch.weights * (batch.targets != NO_TARGET).transpose(0, 1)
        of_books = (each * weights).sum((1, 2)) / weights.sum((1, 2))
        steps = batch.beats.shape[1]
        # Not their mean: in a batch of foreign music there is nothing to take it of.
        of_beats = functional.cross_entropy(
            told[:, :steps].flatten(0, 1).float(),
            batch.beats.flatten(),
            ignore_index=NO_TARGET,
            reduction="sum",
        ) / (batch.beats != NO_TARGET).sum().clamp(min=1)
        total = (of_books * torch.tensor(self.plan.book_weights)).mean()
        parameters = [*self.model.parameters(), *self.beats.parameters()]
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        (total + self.plan.beat_weight * of_beats).backward()
        self.team.average(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return each.detach().sum(2) / counts, of_beats.detach()

    @torch.no_grad()
    def _heard(self, batch: Batch) -> Tensor:
        """Return what is heard: in some steps partly what the model itself would have played.

        One that has never heard its own mistakes doesn't find back from them.
        Source: arXiv 1906.04331 (scheduled sampling of all positions at once).
        """
        random = torch.rand(2)
        if random[0] > self.plan.own_steps:
            return batch.tokens
        heard = batch.tokens
        given = batch.tokens[..., 1:]
        played = torch.rand(given.shape) < random[1]
        played &= batch.targets[..., :-1] != NO_TARGET
        # Each time it hears what it played the time before: one mistake leads to the next.
        for _ in range(int(torch.randint(1, self.plan.most_hearings + 1, ()))):
            with torch.autocast("cpu", torch.bfloat16):
                logits, _ = self.model(heard, batch.words, batch.mask, batch.dropped)
            noise = torch.empty_like(logits, dtype=torch.float32).exponential_().log_()
            own = (logits.float() - noise).argmax(3).transpose(1, 2)[..., :-1]
            heard = torch.cat([batch.tokens[..., :1], torch.where(played, own, given)], 2)
        return heard

    def _log(self, losses: list[Tensor], beat_losses: list[Tensor]) -> None:
        means = torch.stack(losses).mean(0)
        line: dict[str, object] = {"step": self.step, "minutes": round(self.seconds_used / 60, 2)}
        line["loss"] = round(float(means.mean()), 4)
        line["books"] = [round(float(mean), 3) for mean in means]
        line["beats"] = round(float(torch.stack(beat_losses).mean()), 3)
        with (self.folder / "language.log").open("a") as file:
            print(json.dumps(line), file=file)
