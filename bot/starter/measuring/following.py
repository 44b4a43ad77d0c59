"""Whether the model makes what it is asked for: the style and the tempo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.composer.styles import STYLES
from bot.starter.measuring.classifier import Heard, Listener
from bot.starter.measuring.features import Sound, sanity
from bot.starter.measuring.renders import FIRST_SEED, Truth
from bot.starter.measuring.section import Section, Share
from bot.starter.measuring.soundness import Ranges, checks
from bot.starter.measuring.studio import Order
from bot.starter.measuring.tempo import verdict
from bot.starter.measuring.wordings import ARTICLE, ASKED

_SEED = FIRST_SEED + 300_000
_OTHER_SEED = _SEED + 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A clip, what it should have been, and what it sounds like."""

    style: str
    heard: Heard


def style_orders(clips: int) -> list[tuple[str, Order]]:
    """Return so many orders a style: each another wording, seeds alike from style to style."""
    return [
        (style, Order(ASKED[style][number % len(ASKED[style])], _SEED + number))
        for number in range(clips)
        for style in STYLES
    ]


def again_orders() -> list[Order]:
    """Return the first wording of each style with another seed."""
    return [Order(ASKED[style][0], _OTHER_SEED) for style in STYLES]


def style_section(groups: Mapping[str, Sequence[Asked]]) -> Section:
    """Count how often the asked style is heard."""
    rows = [
        (
            name,
            Share.where(each.heard.ranking[0] == each.style for each in asked),
            Share.where(each.style in each.heard.ranking[:3] for each in asked),
        )
        for name, asked in groups.items()
    ]
    return Section(
        "Following the prompt: style",
        ("", "asked style heard first", "within the first three"),
        tuple(rows),
        f"{len(STYLES)} styles; the classifier has been taught by rendered pieces only.",
    )


def confusion_section(asked: Sequence[Asked]) -> Section:
    """Say what each style was taken for."""
    rows = []
    for style in STYLES:
        own = [each for each in asked if each.style == style]
        others = Counter(each.heard.ranking[0] for each in own)
        del others[style]
        named = ", ".join(f"{name} {count}" for name, count in others.most_common(3))
        met = Share.where(each.heard.ranking[0] == style for each in own)
        three = Share.where(style in each.heard.ranking[:3] for each in own)
        rows.append((style, met, three, named or "–"))
    headings = ("asked for", "heard first", "first three", "taken for")
    return Section("Style by style", headings, tuple(rows))


def tempo_section(groups: Mapping[str, Sequence[tuple[float, float]]]) -> Section:
    """Count how often the heard tempo is the true or asked one; pairs of heard and wanted."""
    rows = []
    for name, pairs in groups.items():
        counts = Counter(verdict(heard, wanted) for heard, wanted in pairs)
        of = len(pairs)
        met, off = counts.pop("met", 0), counts.pop("off", 0)
        named = ", ".join(f"×{ratio} {count}" for ratio, count in counts.most_common())
        ratio = Share(counts.total(), of)
        rows.append((name, Share(met, of), ratio, named or "–", Share(off, of)))
    return Section(
        "Following the prompt: tempo",
        ("", "within 4 %", "a simple ratio of it", "which", "neither"),
        tuple(rows),
        "What the renders of known tempo get is the ceiling: the estimator's own accuracy. It has "
        "been taught by other renders, and by their first bars over and over.",
    )


def truth_pairs(
    heard: Sequence[Heard], truths: Sequence[Truth], *, usual: bool | None = None
) -> list[tuple[float, float]]:
    """Return the heard and the true tempo of renders, of all or by how their tempo was drawn."""
    return [
        (each.bpm, truth.bpm)
        for each, truth in zip(heard, truths, strict=True)
        if usual is None or truth.is_usual_tempo == usual
    ]


def variety_section(listener: Listener, first: Sequence[Heard], again: Sequence[Heard]) -> Section:
    """Compare prompts with one seed to seeds of one prompt, both in the order of the styles."""
    by_seed = [listener.distance(a, b) for a, b in zip(first, again, strict=True)]
    by_prompt = {
        (one, other): listener.distance(first[one], first[other])
        for one in range(len(first))
        for other in range(len(first))
        if one != other
    }
    is_farther = (distance > by_seed[one] for (one, _), distance in by_prompt.items())
    return Section(
        "Prompt against seed",
        ("", "distance"),
        (
            ("two prompts, one seed (mean)", float(np.mean(list(by_prompt.values())))),
            ("two seeds, one prompt (mean)", float(np.mean(by_seed))),
            ("the prompt changes more than the seed", Share.where(is_farther)),
        ),
        "Euclidean distance of standardised portraits (colour, rhythm, harmony), divided by the "
        "root of the number of features.",
    )


def article_orders() -> list[Order]:
    """Return the article's prompts and a random clip, two seeds each."""
    return [Order(prompt, _SEED + n) for prompt in (*ARTICLE, None) for n in range(2)]


def article_section(
    orders: Sequence[Order], clips: Sequence[Sound], heard: Sequence[Heard], ranges: Ranges
) -> Section:
    """Say what the article's own prompts give."""
    rows: list[tuple[str | float | Share, ...]] = []
    for order, clip, each in zip(orders, clips, heard, strict=True):
        figures = sanity(clip)
        named = ", ".join(
            f"{name} {each.chances[list(STYLES).index(name)]:.2f}" for name in each.ranking[:3]
        )
        failed = [name for name, met in checks(figures, ranges).items() if not met]
        rows.append(
            (
                order.prompt or "(a random clip)",
                str(order.seed),
                named,
                f"{each.bpm:.0f}",
                f"{figures.level_db:.1f}",
                f"{figures.onsets_per_second:.1f}",
                f"{figures.flatness_db:.1f}",
                f"{figures.chroma_bits:.2f}",
                ", ".join(failed) or "–",
            )
        )
    headings = ("prompt", "seed", "heard", "BPM", "level dB", "onsets/s", "flatness dB",
                "chroma bits", "out of range")  # fmt: skip
    return Section("The article's prompts", headings, tuple(rows))
