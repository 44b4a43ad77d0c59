"""Train the starter's text encoder and decoder on new pieces and their captions.

A budget of minutes decides how long: a slower machine learns less, not longer. The decoder's
hidden matrices are trained with Muon, everything else with AdamW. What a training ends with is an
average of its steps, which is better than the last of them: small batches are noisy.

Source: arXiv 2306.05284 (MusicGen), 2207.12598 (guidance by dropped text), 2502.16982 (Muon),
1212.1824 (polynomial-decay averaging).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from bot.starter.training.data.loader import LoaderSettings, PieceBatch, PieceLoader
from bot.starter.training.data.windows import Batch, RingBuffer, WindowSettings, draw
from bot.starter.training.language.code_losses import LossSettings, code_losses
from bot.starter.training.language.guidance_teacher import GuidanceTeacher
from bot.starter.training.language.induction_init import init_induction_heads
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.optimizers import (
    Rates,
    optimizers_of,
    pace,
    train_words_alone,
)
from bot.starter.training.mixed_precision import mixed_precision

_SAVE_EVERY_SECONDS = 120.0
_LOG_EVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSettings:
    """How the language model is trained; `ring_pieces` are kept to draw windows from."""

    minutes: float
    layers: int = 6
    windows: WindowSettings = field(default_factory=WindowSettings)
    rates: Rates = field(default_factory=Rates)
    supply: LoaderSettings = field(default_factory=LoaderSettings)
    ring_pieces: int = 2000
    first_pieces: int = 200
    # What composes shares the processors with what trains: a piece for so many windows will do.
    windows_a_piece: int = 10
    loss: LossSettings = field(default_factory=LossSettings)
    # What is kept is an average of all steps, later ones counting for more: with this power.
    average_power: float = 8.0
    words_alone: bool = False
    # Learn to begin as the model that was begun with begins with this guidance; None: no teacher.
    guidance: float | None = None


class LanguageTrainer:
    """The language model, its optimizers, and where they are kept."""

    def __init__(
        self, plan: LanguageSettings, folder: Path, tokenizer: Tokenizer, device: torch.device
    ) -> None:
        self.plan, self.folder, self.tokenizer, self.device = plan, folder, tokenizer, device
        torch.manual_seed(0)
        self.size = LanguageSize(layers=plan.layers, text_tokens=tokenizer.get_vocab_size())
        self.model = Language(self.size)
        init_induction_heads(self.model.decoder, self.size.width, self.size.heads)
        trained = torch.load(folder / "text.pt", map_location="cpu", weights_only=True)
        self.model.text.load_state_dict(trained["text"])
        self.model.projection.load_state_dict(trained["projection"])
        self.step, self.seconds_used, self.pieces, self.windows = 0, 0.0, 0, 0
        begun = self._begun()
        self.teacher = self._find_teacher(begun, plan.guidance)
        if plan.words_alone:
            train_words_alone(self.model)
        self.model.to(device)
        self.average = AveragedModel(self.model, avg_fn=self._averaged)
        if "average" in begun:
            self.average.load_state_dict(begun["average"])
        self.optimizers = optimizers_of(self.model, plan.rates)
        self._restore_optimizers(begun)
        self.random = torch.Generator(device).manual_seed(self.step)
        self.losses: list[Tensor] = []

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / "language.pt"

    def run(self) -> None:
        """Train to the end of the budget."""
        plan = self.plan
        # Pieces that were heard before the stop are not heard again.
        first = plan.supply.first_seed + self.pieces
        supply = replace(plan.supply, first_seed=first)
        ring = RingBuffer(plan.ring_pieces, supply.captions, self.device)
        before, saved = self.seconds_used, time.monotonic()
        heard_before = self.pieces
        with PieceLoader(supply, self.tokenizer.to_str()) as loader:
            began = logged = time.monotonic()
            for supplied in loader:
                assert isinstance(supplied, PieceBatch)
                ring.add(supplied)
                if ring.seen >= plan.first_pieces:
                    break
            first_seen, first_windows = ring.seen, self.windows

            def is_wanted() -> bool:
                windows = self.windows - first_windows
                return ring.seen - first_seen < windows / plan.windows_a_piece

            while (progress := self.seconds_used / (60 * plan.minutes)) < 1:
                for supplied in loader.ready(is_wanted):
                    assert isinstance(supplied, PieceBatch)
                    ring.add(supplied)
                for optimizer in self.optimizers:
                    for settings in optimizer.param_groups:
                        settings["lr"] = settings["full_rate"] * pace(self.step, progress)
                batch = draw(ring, plan.windows, self.random)
                self.windows += len(batch.tokens)
                self.losses.append(self._train(batch))
                self.average.update_parameters(self.model)
                self.step += 1
                now = time.monotonic()
                self.pieces = heard_before + ring.seen
                self.seconds_used = before + now - began
                if now - logged > _LOG_EVERY_SECONDS:
                    self._log()
                    logged = now
                if now - saved > _SAVE_EVERY_SECONDS:
                    self.save()
                    saved = now
        self._log()
        self.model.load_state_dict(self.average.module.state_dict())
        self.save()

    def save(self) -> None:
        """Keep everything that a stopped run needs to go on."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds_used": self.seconds_used,
            "pieces": self.pieces,
            "words_alone": self.plan.words_alone,
        }
        scratch = self.file.with_suffix(".part")
        torch.save(state, scratch)
        scratch.rename(self.file)

    def _begun(self) -> dict[str, object]:
        if not self.file.exists():
            return {}
        state: dict[str, object] = torch.load(self.file, map_location="cpu", weights_only=True)
        if state.get("words_alone", False) != self.plan.words_alone:
            # A training of other parameters begins anew from these weights.
            state = {"model": state["model"], "pieces": state.get("pieces", 0)}
        self.model.load_state_dict(state["model"])
        self.step = int(state.get("step", 0))  # type: ignore[call-overload]
        self.seconds_used = float(state.get("seconds_used", 0.0))  # type: ignore[arg-type]
        self.pieces = int(state.get("pieces", 0))  # type: ignore[call-overload]
        return state

    def _find_teacher(
        self, begun: dict[str, object], guidance: float | None
    ) -> GuidanceTeacher | None:
        """Return the model that this training began with, which a stopped run finds again."""
        if guidance is None:
            return None
        file = self.folder / "teacher.pt"
        if not file.exists() or "seconds_used" not in begun:
            scratch = file.with_suffix(".part")
            torch.save(self.model.state_dict(), scratch)
            scratch.rename(file)
        model = Language(self.size)
        model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        return GuidanceTeacher(model.to(self.device), guidance)

    def _restore_optimizers(self, state: dict[str, object]) -> None:
        # What comes back from another machine has no optimizers: they begin anew.
        kept = state.get("optimizers", ())
        for optimizer, each in zip(self.optimizers, kept, strict=False):  # type: ignore[call-overload]
            rates = [settings["full_rate"] for settings in optimizer.param_groups]
            optimizer.load_state_dict(each)
            for settings, rate in zip(optimizer.param_groups, rates, strict=True):
                settings["full_rate"] = rate

    def _averaged(self, average: Tensor, now: Tensor, steps: Tensor) -> Tensor:
        power = self.plan.average_power
        return average + (power + 1) / (steps + power + 1) * (now - average)

    def _train(self, batch: Batch) -> Tensor:
        """Take one step; return the loss of each codebook."""
        parameters = [each for each in self.model.parameters() if each.requires_grad]
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        with mixed_precision(self.device):
            states = self.model(batch.tokens, batch.words, batch.mask, batch.dropped)
            teacher_states = None if self.teacher is None else self.teacher.teach(batch)
            losses = code_losses(
                self.model.decoder.heads, states, batch, self.plan.loss, self.random, teacher_states
            )
        weights = losses.new_tensor(self.plan.loss.book_weights)
        (losses * weights[:, None]).sum(1).mean().backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return losses[:, 0].detach()

    def _log(self) -> None:
        if not self.losses:
            return
        means = torch.stack(self.losses).mean(0).tolist()
        self.losses = []
        line = {
            "step": self.step,
            "minutes": round(self.seconds_used / 60, 2),
            "pieces": self.pieces,
            "loss": round(sum(means[2:]) / len(means[2:]), 4),
            "books": [round(mean, 4) for mean in means],
        }
        with (self.folder / "language.log").open("a") as file:
            print(json.dumps(line), file=file)
