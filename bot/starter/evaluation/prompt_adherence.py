"""Whether clips are what their prompts ask for: style, tempo, key, lead instrument and drums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.keys import Key, NoteTranscriber, best_key, is_related, own_key
from bot.starter.evaluation.report_section import Cell, Row, Section, Share
from bot.starter.evaluation.tempo import verdict

Groups = Mapping[str, Sequence[Clip]]


def build_section(
    groups: Groups, transcriber: NoteTranscriber | None, *, judged_keys: int
) -> Section:
    """Count how often what was asked for is heard, in the model's clips and in renders.

    `judged_keys` is how many clips of each group the independent judge of keys listens to at most.
    """
    rows = [
        *_style_rows(groups),
        *_tempo_rows(groups),
        *_key_rows(groups, transcriber, judged_keys),
    ]
    rows += [*_lead_rows(groups), *_drum_rows(groups)]
    note = (
        "What the renders get is the ceiling: the classifiers' own accuracy on pieces that are "
        "what was asked for. The classifiers were trained on other renders only. Where the "
        "renders miss a target, the classifier does; the codes decide. Renders whose codes the "
        "model's codec plays are what it would reach by writing as the composer does."
    )
    return Section.compared("Following the prompt", rows, note)


def build_confusion_section(clips: Sequence[Clip]) -> Section:
    """Say what each style was taken for."""
    rows: list[tuple[Cell, ...]] = []
    for style in dict.fromkeys(clip.prompt.ask.style for clip in clips):
        own = [clip.analysis.style for clip in clips if clip.prompt.ask.style == style]
        others = Counter(each.first for each in own)
        del others[style]
        named = ", ".join(f"{name} {count}" for name, count in others.most_common(3))
        first = Share.where(each.first == style for each in own)
        three = Share.where(style in each.ordered[:3] for each in own)
        rows.append((style, first, three, named or "–"))
    headings = ("asked for", "heard first", "first three", "taken for")
    return Section("Style by style", headings, tuple(rows))


def _style_rows(groups: Groups) -> list[Row]:
    def first(clip: Clip) -> bool:
        return clip.analysis.style.first == clip.prompt.ask.style

    def three(clip: Clip) -> bool:
        return clip.prompt.ask.style in clip.analysis.style.ordered[:3]

    return [
        Row("asked style heard first", "≥ 85 %", _shares(groups, first)),
        Row("asked style in the first three", "≥ 95 %", _shares(groups, three)),
    ]


def _tempo_rows(groups: Groups) -> list[Row]:
    verdicts = {
        name: [
            verdict(clip.analysis.bpm, clip.prompt.ask.bpm)
            for clip in clips
            if clip.prompt.ask.bpm is not None
        ]
        for name, clips in groups.items()
    }
    kinds: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("asked tempo within 4 %", "≥ 85 %", lambda each: each == "met"),
        ("a simple ratio of it", "", lambda each: each not in ("met", "off")),
        ("tempo off altogether", "≤ 3 %", lambda each: each == "off"),
    )
    rows = [
        Row(name, target, {n: Share.where(map(is_so, each)) for n, each in verdicts.items()})
        for name, target, is_so in kinds
    ]
    ratios = {
        name: Counter(each for each in own if each not in ("met", "off"))
        for name, own in verdicts.items()
    }
    named: dict[str, Cell] = {
        name: ", ".join(f"×{ratio} {count}" for ratio, count in own.most_common(3)) or "–"
        for name, own in ratios.items()
    }
    return [*rows, Row("which ratios", "", named)]


def _key_rows(groups: Groups, transcriber: NoteTranscriber | None, judged: int) -> list[Row]:
    asked = {
        name: [clip for clip in clips if clip.prompt.ask.key is not None]
        for name, clips in groups.items()
    }
    judges: list[tuple[str, str, Callable[[Clip], Key | None]]] = [
        ("the bot's own", "≥ 75 %", lambda clip: own_key(clip.sound))
    ]
    if transcriber is None:
        judges.append(("key profiles", "", lambda clip: best_key(clip.chroma, np.zeros(12))))
    else:
        judges.append(("basic-pitch", "≥ 75 %", lambda clip: transcriber.key(clip.sound)))
    rows = []
    for judge, target, key_of in judges:
        exact: dict[str, Cell] = {}
        related: dict[str, Cell] = {}
        for name, clips in asked.items():
            heard = clips[:: -(-len(clips) // judged) or 1] if judge == "basic-pitch" else clips
            pairs = [(key_of(clip), clip.prompt.ask.key) for clip in heard]
            exact[name] = Share.where(found == wanted for found, wanted in pairs)
            related[name] = Share.where(
                wanted is not None and is_related(found, wanted) for found, wanted in pairs
            )
        rows.append(Row(f"asked key, {judge}", target, exact))
        rows.append(Row(f"or its relative, {judge}", "", related))
    return rows


def _lead_rows(groups: Groups) -> list[Row]:
    asked = {
        name: [clip for clip in clips if clip.prompt.ask.lead is not None]
        for name, clips in groups.items()
    }

    def first(clip: Clip) -> bool:
        return clip.analysis.lead.first == clip.prompt.ask.lead

    def three(clip: Clip) -> bool:
        return clip.prompt.ask.lead in clip.analysis.lead.ordered[:3]

    return [
        Row("asked lead instrument heard first", "", _shares(asked, first)),
        Row("asked lead instrument in the first three", "≥ 75 %", _shares(asked, three)),
    ]


def _drum_rows(groups: Groups) -> list[Row]:
    asked = {
        name: [clip for clip in clips if clip.prompt.ask.wants_drums is not None]
        for name, clips in groups.items()
    }

    def met(clip: Clip) -> bool:
        return clip.analysis.has_drums == clip.prompt.ask.wants_drums

    return [Row("drums or none as asked", "≥ 98 %", _shares(asked, met))]


def _shares(groups: Groups, met: Callable[[Clip], bool]) -> dict[str, Cell]:
    return {name: Share.where(met(clip) for clip in clips) for name, clips in groups.items()}
