"""The closing lines of `zhiyin generate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.cli.generate_options import STANDARD_OUTPUT
from bot.cli.generate_plan import Plan
from bot.i18n.sentence import Sentence, listing, verbatim


def _name(file: Path) -> Sentence:
    return Sentence("standard output") if file == STANDARD_OUTPUT else verbatim(str(file))


def summary(
    plan: Plan, lengths: Sequence[float], *, loading: float, making: float
) -> list[Sentence]:
    """Return the closing lines; lengths of files and both times are in seconds."""
    pace = Sentence(
        "made in {making:.1f} s (real-time factor {factor:.2f}), loading {loading:.1f} s",
        making=making,
        factor=plan.seconds / making,
        loading=loading,
    )
    clips = [
        _clip(plan, file, plan.new_seconds or seconds, seconds)
        for file, seconds in zip(plan.files, lengths, strict=True)
    ]
    stems = [
        Sentence(
            "{file}: its stems are {names}",
            file=file,
            names=listing([str(each) for each in plan.stem_files(file).values()]),
        )
        for file in plan.files
        if plan.stems
    ]
    seeds = [request.seed for request in plan.requests]
    if len(clips) == 1:
        one = Sentence("{clip}, {pace}, seed {seed}", clip=clips[0], pace=pace, seed=seeds[0])
        return [one, *stems]
    total = Sentence(
        "{count} clips: {seconds:.1f} s of sound {pace}",
        count=len(clips),
        seconds=plan.seconds,
        pace=pace,
    )
    each = [
        Sentence("{clip}, seed {seed}", clip=clip, seed=seed)
        for clip, seed in zip(clips, seeds, strict=True)
    ]
    return [*each, *stems, total]


def _clip(plan: Plan, file: Path, made_seconds: float, file_seconds: float) -> Sentence:
    if plan.as_loop:
        return Sentence("{file}: a loop of {seconds:.1f} s", file=file, seconds=file_seconds)
    if plan.seconds_before:
        return Sentence(
            "{file}: {seconds:.1f} s of sound after {before:.1f} s of yours",
            file=_name(file),
            seconds=made_seconds,
            before=plan.seconds_before,
        )
    return Sentence("{file}: {seconds:.1f} s of sound", file=_name(file), seconds=made_seconds)
