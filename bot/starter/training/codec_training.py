"""Train the starter's EnCodec on rendered pieces, by distance in spectra.

When the codes are frozen, since a language model has learnt them, the decoder alone goes on.

A budget of minutes, not of steps, decides how long: a slower machine trains less, not longer. Each
processor core has a process of its own, which is faster than several threads with layers this
small; they average their gradients. A stopped run goes on where it was.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bot.starter.training.codec_network import Codec, CodecSize, parameters_of
from bot.starter.training.gradients import Team
from bot.starter.training.quantizer import Quantizer
from bot.starter.training.sounds import stretches
from bot.starter.training.spectra import SpectralDistance

_SAVE_EVERY_SECONDS = 120.0
_LOG_EVERY_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecPlan:
    """How the codec is trained; `batch` is that of one process."""

    minutes: float
    batch: int = 10
    seconds: float = 1.0
    rate: float = 1e-3
    commitment: float = 0.1
    waveform: float = 0.3
    warm_up_steps: int = 300
    warm_up_share: float = 0.1
    freeze_codes: bool = False


class CodecTraining:
    """The codec, its quantizer and optimizer, and where they are kept."""

    def __init__(self, plan: CodecPlan, folder: Path, team: Team) -> None:
        self.plan, self.folder, self.team = plan, folder, team
        size = CodecSize()
        torch.manual_seed(0)
        self.codec = Codec(size)
        self.quantizer = Quantizer(size.codebooks, size.codebook_size, size.hidden_size)
        self.parameters = parameters_of([self.codec.decoder if plan.freeze_codes else self.codec])
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=plan.rate, betas=(0.8, 0.99), weight_decay=1e-3, fused=True
        )
        self.distance = SpectralDistance(size.sample_rate_hz)
        self.step, self.seconds_used = 0, 0.0
        self.recent: list[Tensor] = []
        self._restore()

    @property
    def file(self) -> Path:
        """Return the file that a stopped run goes on from."""
        return self.folder / ("decoder.pt" if self.plan.freeze_codes else "codec.pt")

    def run(self, files: Sequence[Path]) -> None:
        """Train until the budget is used up."""
        size, plan = self.codec.size, self.plan
        random = np.random.default_rng([self.step, self.team.rank])
        samples = round(plan.seconds * size.sample_rate_hz) // size.hop * size.hop
        saved = began = time.monotonic()
        before = self.seconds_used
        sums: list[Tensor] = []
        for batch in stretches(files, samples, plan.batch, random):
            progress = self.team.agree(self.seconds_used / (60 * plan.minutes))
            if progress >= 1:
                break
            for settings in self.optimizer.param_groups:
                settings["lr"] = plan.rate * _pace(self.step, progress)
            sums.append(self._train(torch.from_numpy(batch), progress))
            self.step += 1
            self.seconds_used = before + time.monotonic() - began
            if self.step % _LOG_EVERY_STEPS == 0 and self.team.rank == 0:
                self._log(torch.stack(sums).mean(0))
                sums = []
            if time.monotonic() - saved > _SAVE_EVERY_SECONDS and self.team.rank == 0:
                self.save()
                saved = time.monotonic()
        if self.team.rank == 0:
            if sums:
                self._log(torch.stack(sums).mean(0))
            self.save()

    def save(self) -> None:
        """Keep everything that a stopped run needs to go on."""
        scratch = self.file.with_suffix(".part")
        state = {
            "codec": self.codec.state_dict(),
            "quantizer": self.quantizer.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds_used": self.seconds_used,
        }
        torch.save(state, scratch)
        scratch.rename(self.file)

    def _restore(self) -> None:
        if self.file.exists():
            state = torch.load(self.file, weights_only=True)
            if "optimizer" in state:  # a checkpoint has none
                self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seconds_used = state["step"], state["seconds_used"]
        elif self.plan.freeze_codes:
            state = torch.load(self.folder / "codec.pt", weights_only=True)
        else:
            return
        self.codec.load_state_dict(state["codec"])
        self.quantizer.load_state_dict(state["quantizer"])

    def _train(self, sound: Tensor, progress: float) -> Tensor:
        plan = self.plan
        learning = not plan.freeze_codes
        with torch.autocast("cpu", torch.bfloat16), torch.set_grad_enabled(learning):
            states = self.codec.encode(sound).float()
        if learning and not self.quantizer.ready:
            self.recent = [*self.recent[-19:], states.detach().flatten(0, 1)]
            if self.step < plan.warm_up_steps and progress < plan.warm_up_share:
                return self._train_plainly(sound, states)
            self.quantizer.begin(torch.cat(self.recent))
            self._share_codes()
            self.recent = []
        quantized = self.quantizer(states, learning=learning and self.team.rank == 0)
        with torch.autocast("cpu", torch.bfloat16):
            made = self.codec.decode(quantized.states)
        distance = self._distance(made, sound, plan.waveform)
        norm = self._improve(distance + plan.commitment * quantized.commitment)
        if learning:
            self._share_codes()
        used = torch.tensor(float(len(quantized.codes[:, 0].unique())))
        return torch.stack([distance.detach(), quantized.commitment.detach(), norm, used])

    def _train_plainly(self, sound: Tensor, states: Tensor) -> Tensor:
        """Train without the quantizer, which finds nothing to tell apart in untrained states."""
        with torch.autocast("cpu", torch.bfloat16):
            made = self.codec.decode(states)
        distance = self._distance(made, sound, 1.0)
        # Holds the states to a scale that the commitment is later reckoned in.
        spread = states.square().mean()
        norm = self._improve(distance + 0.1 * spread.log().square())
        return torch.stack([distance.detach(), spread.detach(), norm, spread.detach() * 0])

    def _distance(self, made: Tensor, sound: Tensor, waveform: float) -> Tensor:
        # The waveform itself is what an untrained codec can begin to follow.
        size = sound.abs().mean() + 1e-4
        return self.distance(made, sound) + waveform * (made - sound).abs().mean() / size

    def _improve(self, loss: Tensor) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average(self.parameters)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        return norm

    def _share_codes(self) -> None:
        """Give the codes, which the first process's sound moves, to the other processes."""
        self.team.follow(list(self.quantizer.buffers()))

    def _log(self, means: Tensor) -> None:
        names = ("distance", "commitment", "gradient", "codes_used")
        line = {"step": self.step, "minutes": round(self.seconds_used / 60, 2)}
        line |= {n: round(float(v), 4) for n, v in zip(names, means, strict=True)}
        with self.file.with_suffix(".log").open("a") as file:
            print(json.dumps(line), file=file)


def _pace(step: int, progress: float) -> float:
    """Return the share of the learning rate: a short rise, then a cosine down to a fiftieth."""
    return min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
