"""Train the starter's EnCodec: the decoder to play codes, the encoder to find them in the mix.

What is to be played is mixed while training, from recordings of single notes: crops of new pieces,
all stems together or some of them, so that codebooks can be decoded alone.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.batch_mixing import Mixer, sound_numbers
from bot.starter.training.mixing import STEM_NAMES, Bank
from bot.starter.training.samples import SAMPLE_RATE_HZ
from bot.starter.training.spectra import SpectralDistance
from bot.starter.training.stem_codec import SOUNDING, StemCodec, codec_size
from bot.starter.training.supply import Crops, Supply, SupplyPlan
from bot.starter.training.tokens import BOOKS, STEMS

_SAVE_EVERY_SECONDS = 300.0
_LOG_EVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecPlan:
    """How the codec is trained; `batch` is how many crops a step has."""

    minutes: float
    batch: int = 8
    rate: float = 1e-3
    vectors_rate: float = 4e-3
    waveform: float = 0.1
    recognition: float = 0.15
    whole_share: float = 0.4
    filters: int = 24
    supply: SupplyPlan = field(default_factory=SupplyPlan)


class CodecTraining:
    """The codec, its optimizer, and where they are kept."""

    def __init__(self, plan: CodecPlan, folder: Path, bank: Bank, device: torch.device) -> None:
        self.plan, self.folder, self.device = plan, folder, device
        torch.manual_seed(0)
        self.model = StemCodec(codec_size(plan.filters)).to(device)
        self.mixer = Mixer(bank, sound_numbers(), device)
        self.distance = SpectralDistance(SAMPLE_RATE_HZ).to(device)
        vectors = [*self.model.vectors.parameters(), self.model.sharpness]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.model.codec.parameters()), "full_rate": plan.rate},
                {"params": vectors, "full_rate": plan.vectors_rate, "weight_decay": 0.0},
            ],
            lr=plan.rate,
            betas=(0.8, 0.99),
            weight_decay=1e-3,
            fused=True,
        )
        self.step, self.seconds_used, self.pieces = 0, 0.0, 0
        self.figures: list[Tensor] = []
        self.random = torch.Generator().manual_seed(0)
        self._restore()

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / "codec.pt"

    def run(self) -> None:
        """Train to the end of the budget."""
        plan = self.plan
        supply = SupplyPlan(
            first_seed=plan.supply.first_seed + self.pieces,
            processes=plan.supply.processes,
            pieces=plan.supply.pieces,
            crops=plan.supply.crops,
            crop_frames=plan.supply.crop_frames,
        )
        before = self.seconds_used
        codes: list[Tensor] = []
        plays: list[object] = []
        with Supply(supply, None) as lots:
            began = saved = logged = time.monotonic()
            for lot in lots:
                assert isinstance(lot, Crops)
                self.pieces += supply.pieces
                codes += list(torch.from_numpy(lot.codes).long())
                plays += lot.plays
                # Crops of one piece are alike: they are spread over several steps.
                while len(codes) >= max(plan.batch, 4 * len(lot.codes)):
                    order = torch.randperm(len(codes), generator=self.random)[: plan.batch]
                    chosen = sorted(order.tolist(), reverse=True)
                    batch = [(codes.pop(n), plays.pop(n)) for n in chosen]
                    progress = self.seconds_used / (60 * plan.minutes)
                    if progress >= 1:
                        self._log()
                        self.save()
                        return
                    self._set_rates(progress)
                    self.figures.append(self._train(*zip(*batch, strict=True)))
                    self.step += 1
                    now = time.monotonic()
                    self.seconds_used = before + now - began
                    if now - logged > _LOG_EVERY_SECONDS:
                        self._log()
                        logged = now
                    if now - saved > _SAVE_EVERY_SECONDS:
                        self.save()
                        saved = now

    def save(self) -> None:
        """Keep everything that a stopped run needs to go on."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds_used": self.seconds_used,
            "pieces": self.pieces,
        }
        scratch = self.file.with_suffix(".part")
        torch.save(state, scratch)
        scratch.rename(self.file)

    def _restore(self) -> None:
        if not self.file.exists():
            return
        state = torch.load(self.file, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        if "optimizer" in state:
            rates = [settings["full_rate"] for settings in self.optimizer.param_groups]
            self.optimizer.load_state_dict(state["optimizer"])
            for settings, rate in zip(self.optimizer.param_groups, rates, strict=True):
                settings["full_rate"] = rate
        self.step = state.get("step", 0)
        self.seconds_used, self.pieces = state.get("seconds_used", 0.0), state.get("pieces", 0)

    def _set_rates(self, progress: float) -> None:
        share = min(1.0, (self.step + 1) / 100)
        share *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        for settings in self.optimizer.param_groups:
            settings["lr"] = settings["full_rate"] * share

    def _train(self, codes: Sequence[Tensor], plays: Sequence[object]) -> Tensor:
        """Take one step; return the losses and how often the encoder is right."""
        model, plan = self.model, self.plan
        tokens = torch.stack(list(codes)).to(self.device)
        stems = self.mixer.mix(list(plays), tokens.shape[2])  # type: ignore[arg-type]
        keep = self._kept(len(tokens)).to(self.device)
        wanted = (stems * keep[:, :, None]).sum(1)
        shown = tokens * self._books(keep)[:, :, None]
        with torch.autocast(self.device.type, torch.bfloat16):
            tables = model.tables()
            made = model.decode(shown, tables)
            louder = 10 ** (torch.empty(len(tokens), 1, device=self.device).uniform_(-6, 6) / 20)
            states, scores = model.recognise(wanted * louder, tables)
        distance = self.distance(made.float(), wanted)
        level = wanted.abs().mean() + 1e-3
        waveform = (made.float() - wanted).abs().mean() / level
        truth = [shown[:, book] for book in SOUNDING]
        found = torch.stack(
            [
                functional.cross_entropy(each.float().flatten(0, 1), true.flatten())
                for each, true in zip(scores, truth, strict=True)
            ]
        ).mean()
        goal = model.states(shown, tables).detach()
        near = functional.mse_loss(states.float(), goal) / (goal.var() + 1e-4)
        total = distance + plan.waveform * waveform + plan.recognition * (found + near)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        self.optimizer.step()
        right = [
            (each.argmax(-1) == true)[true > 0].float().mean()
            for each, true in zip(scores, truth, strict=True)
        ]
        return torch.stack([distance, waveform, found, near, *right]).detach()

    def _kept(self, rows: int) -> Tensor:
        """Return which stems are heard in each row: all, any some, or one."""
        kind = torch.rand(rows)
        some = torch.rand(rows, len(STEM_NAMES)) < 0.5
        one = functional.one_hot(torch.randint(len(STEM_NAMES), (rows,)), len(STEM_NAMES)).bool()
        share = self.plan.whole_share
        whole = kind[:, None] < share
        return whole | torch.where(kind[:, None] < (1 + share) / 2, some, one)

    def _books(self, keep: Tensor) -> Tensor:
        """Return which codebooks are heard, [rows, books]."""
        heard = torch.ones(len(keep), len(BOOKS), dtype=torch.long, device=keep.device)
        for number, books in enumerate(STEMS.values()):
            heard[:, list(books)] = keep[:, number, None].long()
        return heard

    def _log(self) -> None:
        if not self.figures:
            return
        means = torch.stack(self.figures).nanmean(0).tolist()
        self.figures = []
        names = ("distance", "waveform", "found", "near")
        line: dict[str, object] = {
            "step": self.step,
            "minutes": round(self.seconds_used / 60, 2),
            "pieces": self.pieces,
        }
        line |= {name: round(mean, 4) for name, mean in zip(names, means, strict=False)}
        line["right"] = [round(mean, 3) for mean in means[len(names) :]]
        with (self.folder / "codec.log").open("a") as file:
            print(json.dumps(line), file=file)
