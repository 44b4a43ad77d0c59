"""Train the starter's EnCodec: the decoder to play codes, the encoder to find them in the mix.

What is to be played is mixed while training, from recordings of single notes: crops of new pieces,
all stems together or some of them, so that codebooks can be decoded alone.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from bot.starter.composer.compose import compose
from bot.starter.training.codec.gate_pretraining import gate_loss, pretrain_gates, tone_levels
from bot.starter.training.codec.recognition_loss import recognition_loss
from bot.starter.training.codec.spectral_loss import SpectralDistance
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.codec.stem_dropout import audible_books, draw_audible_stems
from bot.starter.training.data.batch_mixing import Mixer
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND
from bot.starter.training.data.crops import sound_numbers
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.loader import CropBatch, LoaderSettings, PieceLoader
from bot.starter.training.data.mixing import SampleBank
from bot.starter.training.data.samples import SAMPLE_RATE_HZ
from bot.starter.training.mixed_precision import mixed_precision

_SAVE_EVERY_SECONDS, _LOG_EVERY_SECONDS, _GATE_SECONDS = 120.0, 10.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSettings:
    """How the codec is trained; `batch` is how many crops a step has."""

    minutes: float
    batch: int = 8
    rate: float = 1e-3
    vectors_rate: float = 3e-4
    waveform: float = 0.1
    recognition: float = 0.15
    # The loss of the gates' pretraining, kept so that they are not unlearnt.
    gates: float = 0.05
    trains_gates: bool = True
    gate_steps: int = 2500
    gate_pieces: int = 600
    whole_share: float = 0.4
    # The encoder takes as long as the decoder, and has to follow only slowly.
    recognise_every: int = 1
    filters: int = 24
    supply: LoaderSettings = field(default_factory=LoaderSettings)


class CodecTrainer:
    """The codec, its optimizer, and where they are kept."""

    def __init__(
        self, plan: CodecSettings, folder: Path, bank: SampleBank, device: torch.device
    ) -> None:
        self.plan, self.folder, self.device = plan, folder, device
        torch.manual_seed(0)
        self.model = StemCodec(codec_size(plan.filters)).to(device)
        self.mixer = Mixer(bank, sound_numbers(), device)
        self.distance = SpectralDistance(SAMPLE_RATE_HZ).to(device)
        vectors = [
            *self.model.vectors.parameters(),
            *self.model.keys.parameters(),
            self.model.sharpness,
        ]
        network = [
            parameter
            for name, parameter in self.model.codec.named_parameters()
            if plan.trains_gates or not name.startswith("decoder.layers.1.")
        ]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": network, "full_rate": plan.rate},
                {"params": vectors, "full_rate": plan.vectors_rate},
            ],
            lr=plan.rate,
            betas=(0.8, 0.99),
            weight_decay=0.0,  # it would wear down the synthesizer, which is exact
            fused=True,
        )
        self.step, self.seconds_used, self.pieces = 0, 0.0, 0
        self.figures: list[Tensor] = []
        self.recognised: list[Tensor] = []
        self.random = torch.Generator().manual_seed(0)
        self.levels = torch.from_numpy(tone_levels(bank)).to(device)
        if self.file.exists():
            self._restore()
        else:
            self._begin()

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / "codec.pt"

    def run(self) -> None:
        """Train to the end of the budget."""
        plan = self.plan
        supply = replace(plan.supply, first_seed=plan.supply.first_seed + self.pieces)
        before = self.seconds_used
        codes: list[Tensor] = []
        plays: list[object] = []
        with PieceLoader(supply, None) as loader:
            began = saved = logged = time.monotonic()
            for supplied in loader:
                assert isinstance(supplied, CropBatch)
                self.pieces += supply.pieces
                codes += list(torch.from_numpy(supplied.codes).long())
                plays += supplied.plays
                # Crops of one piece are alike: they are spread over several steps.
                while len(codes) >= max(plan.batch, 4 * len(supplied.codes)):
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

    def _begin(self) -> None:
        plan, first = self.plan, self.plan.supply.first_seed
        pieces = [compose(first - 1 - n, seconds=_GATE_SECONDS) for n in range(plan.gate_pieces)]
        frames = round(_GATE_SECONDS * FRAMES_PER_SECOND)
        codes = np.stack([encode_piece(piece, frames) for piece in pieces]).astype(np.int64)
        inputs = torch.from_numpy(codes).to(self.device)
        pretrain_gates(self.model, inputs, self.levels, plan.gate_steps)

    def _restore(self) -> None:
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
        """Take one step; return the distances in spectra and in samples."""
        model, plan = self.model, self.plan
        tokens = torch.stack(list(codes)).to(self.device)
        stems = self.mixer.mix(list(plays), tokens.shape[2])  # type: ignore[arg-type]
        keep = draw_audible_stems(len(tokens), plan.whole_share).to(self.device)
        wanted = (stems * keep[:, :, None]).sum(1)
        shown = tokens * audible_books(keep)[:, :, None]
        with mixed_precision(self.device):
            tables = model.tables()
            made = model.decode(shown, tables)
        distance = self.distance(made.float(), wanted)
        level = wanted.abs().mean() + 1e-3
        waveform = (made.float() - wanted).abs().mean() / level
        gates, _ = gate_loss(model, shown, self.levels)
        total = distance + plan.waveform * waveform + plan.gates * gates
        figures = [distance, waveform]
        if plan.recognition and self.step % plan.recognise_every == 0:
            found, near, right = recognition_loss(model, wanted, shown)
            total = total + plan.recognition * (found + near)
            self.recognised.append(torch.stack([found, near, *right]).detach())
        # Gates that are left alone get gradients, too, which must not count.
        model.zero_grad(set_to_none=True)
        total.backward()
        trained = [each for group in self.optimizer.param_groups for each in group["params"]]
        nn.utils.clip_grad_norm_(trained, 1.0)
        self.optimizer.step()
        model.constrain()
        return torch.stack(figures).detach()

    def _log(self) -> None:
        if not self.figures:
            return
        distance, waveform = torch.stack(self.figures).mean(0).tolist()
        self.figures = []
        line: dict[str, object] = {
            "step": self.step,
            "minutes": round(self.seconds_used / 60, 2),
            "pieces": self.pieces,
            "distance": round(distance, 4),
            "waveform": round(waveform, 4),
        }
        if self.recognised:
            found, near, *right = torch.stack(self.recognised).nanmean(0).tolist()
            self.recognised = []
            line |= {"found": round(found, 4), "near": round(near, 4)}
            line["right"] = [round(share, 3) for share in right]
        with (self.folder / "codec.log").open("a") as file:
            print(json.dumps(line), file=file)
