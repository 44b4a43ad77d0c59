"""Pretraining of the text encoder on captions, before the decoder attends to it.

To a decoder that sees few captions a step, an untrained encoder is noise, which it learns to
ignore. So the encoder is first trained on captions alone, of which any number can be written, to
name style, tempo, key, mood, drums and instruments from the mean of its states.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.composer.captions import caption
from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.training.data.vocabulary import PAD, UNKNOWN_TOKEN
from bot.starter.training.language.network import Language

_BEATS = range(15, 53)
_BEAT_SPREAD = 1.0
_LOUDNESS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How the text encoder is pretrained; the seeds are those of pieces that are never rendered."""

    minutes: float = 2.5
    pieces: int = 6000
    first_seed: int = 2_000_000
    captions: int = 5
    batch: int = 96
    rate: float = 1.5e-3
    unknown_words: float = 0.05


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is true of pieces, as numbers: classes [pieces, kinds], traits [pieces, names]."""

    classes: Tensor
    beats: Tensor
    traits: Tensor
    sizes: tuple[int, ...]


def pretrain_text(model: Language, tokenizer: Tokenizer, plan: TextSettings) -> float:
    """Teach the text encoder and the projection; return the share of styles named right."""
    random = np.random.default_rng(plan.first_seed)
    seeds = range(plan.first_seed, plan.first_seed + plan.pieces)
    pieces = [compose(seed, seconds=10.0) for seed in seeds]
    facts = _facts(pieces)
    texts = [caption(piece, random) for piece in pieces for _ in range(plan.captions)]
    words = [found.ids for found in tokenizer.encode_batch(texts)]
    width = model.projection.out_features
    heads = nn.ModuleList(nn.Linear(width, size) for size in facts.sizes)
    parameters = [*model.text.parameters(), *model.projection.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=plan.rate, weight_decay=0.01)
    began = time.monotonic()
    right = 0.0
    while (progress := (time.monotonic() - began) / (60 * plan.minutes)) < 1:
        for settings in optimizer.param_groups:
            settings["lr"] = plan.rate * min(1.0, 2 * (1 - progress))
        choice = random.integers(len(words), size=plan.batch)
        table, mask = lay_out([words[n] for n in choice], plan.unknown_words, random)
        about = torch.from_numpy(choice // plan.captions)
        heard = functional.layer_norm(_mean(model, table, mask), (width,))
        named = [head(heard) for head in heads]
        loss = _loss(named, facts, about)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        hits = (named[0].argmax(1) == facts.classes[about, 0]).float().mean()
        right = 0.98 * right + 0.02 * float(hits)
    _level(model, *lay_out(words[:500], 0.0, random))
    return right


def lay_out(
    texts: Sequence[Sequence[int]], lost: float, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Lay texts side by side: their words [texts, longest], and where there is one.

    A share `lost` of the words becomes the unknown one, that it may be met later.
    """
    table = np.full((len(texts), max(map(len, texts))), PAD, np.int64)
    for row, ids in enumerate(texts):
        gone = random.random(len(ids)) < lost
        gone[-1] = False  # the end stays
        table[row, : len(ids)] = np.where(gone, UNKNOWN_TOKEN, ids)
    return torch.from_numpy(table), torch.from_numpy(table != PAD)


def _mean(model: Language, words: Tensor, mask: Tensor) -> Tensor:
    memory = model.projection(model.text(words, mask)) * mask[:, :, None]
    mean: Tensor = memory.sum(1) / mask.sum(1, keepdim=True)
    return mean


@torch.no_grad()
def _level(model: Language, words: Tensor, mask: Tensor) -> None:
    """Give the means of texts no common part, and the loudness that the decoder begins with."""
    means = _mean(model, words, mask)
    common = means.mean(0)
    gain = _LOUDNESS / (means - common).std()
    model.projection.bias.sub_(common).mul_(gain)
    model.projection.weight.mul_(gain)


def _loss(named: Sequence[Tensor], facts: _Facts, about: Tensor) -> Tensor:
    *classes, beats, traits = named
    total = functional.cross_entropy(beats, facts.beats[about])
    for kind, scores in enumerate(classes):
        total = total + functional.cross_entropy(scores, facts.classes[about, kind])
    wanted = facts.traits[about]
    return total + 10 * functional.binary_cross_entropy_with_logits(traits, wanted)


def _facts(pieces: Sequence[Piece]) -> _Facts:
    kinds = [
        _numbered(piece.style for piece in pieces),
        _numbered(f"{piece.tonic} {piece.mode}" for piece in pieces),
        _numbered(piece.mood for piece in pieces),
        _numbered(piece.drum_density for piece in pieces),
    ]
    beats = torch.tensor([piece.beat_frames for piece in pieces])[:, None]
    near = torch.exp(-0.5 * ((torch.tensor(list(_BEATS)) - beats) / _BEAT_SPREAD) ** 2)
    facts = [{*piece.traits, *piece.instruments, str(piece.era)} for piece in pieces]
    names = sorted(set().union(*facts))
    traits = torch.tensor([[float(name in each) for name in names] for each in facts])
    sizes = (*(int(kind.max()) + 1 for kind in kinds), len(_BEATS), len(names))
    return _Facts(torch.stack(kinds, 1), near / near.sum(1, keepdim=True), traits, sizes)


def _numbered(labels: Iterable[str]) -> Tensor:
    listed = list(labels)
    order = {label: number for number, label in enumerate(sorted(set(listed)))}
    return torch.tensor([order[label] for label in listed])
