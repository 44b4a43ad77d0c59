"""What the language model's parameters are trained with, and how fast.

Source: arXiv 2502.16982 (Muon).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bot.starter.training.language.network import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Learning rates at their highest, and the decay of the weights."""

    hidden: float = 4e-3
    other: float = 2e-3
    text: float = 6e-4
    weight_decay: float = 0.05

    def scaled(self, share: float) -> Rates:
        """Return a share of the learning rates."""
        return Rates(
            hidden=share * self.hidden,
            other=share * self.other,
            text=share * self.text,
            weight_decay=self.weight_decay,
        )


def train_words_alone(model: Language) -> None:
    """Leave a model as it is but for how it reads texts: their encoder, and attention to them.

    What it can play is kept, so that it may be shown openings alone.
    """
    for name, parameter in model.named_parameters():
        is_of_text = name.startswith(("text.", "projection.")) or "encoder_attn" in name
        parameter.requires_grad_(is_of_text)


def optimizers_of(model: Language, rates: Rates) -> list[torch.optim.Optimizer]:
    """Return what trains a model: Muon for hidden matrices, AdamW for all else that is trained."""
    # What is learnt of texts comes from few captions a step: Muon would make as much of the noise.
    hidden = [
        parameter
        for name, parameter in model.decoder.layers.named_parameters()
        if parameter.ndim == 2 and "encoder_attn" not in name and parameter.requires_grad
    ]
    chosen = {id(p) for p in hidden}
    texts = [*model.text.parameters(), *model.projection.parameters()]
    chosen |= {id(p) for p in texts}
    others = [p for p in model.parameters() if id(p) not in chosen and p.requires_grad]
    # The text encoder is pretrained: it gets a lower rate.
    parts = ((others, rates.other), (texts, rates.text))
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(part, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        for part, rate in parts
    ]
    if hidden:
        muon = torch.optim.Muon(
            hidden,
            lr=rates.hidden,
            weight_decay=rates.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        )
        optimizers.insert(0, muon)
    for optimizer in optimizers:
        for settings in optimizer.param_groups:
            settings["full_rate"] = settings["lr"]
    return optimizers


def pace(step: int, progress: float) -> float:
    """Return the share of the learning rate: a short rise, then a fall over all that follows."""
    share: float = min(1.0, (step + 1) / 100) * (1 - progress) ** 1.2
    return share
