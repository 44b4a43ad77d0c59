"""Evaluate the finished model on held-out prompts and pieces, and print tables.

    uv run --group dev --group judges python -m bot.starter.evaluate --out measured.json
    uv run --group dev python -m bot.starter.evaluate --quick --sections diversity,adherence

Needs the recordings of a training, or fluidsynth with its soundfonts to make them. Renders, and the
classifiers that were trained on them, are kept under --cache, so that a second run takes the time
of the model's clips alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.config import cache_folder
from bot.starter.evaluation.evaluation_set import Extent
from bot.starter.evaluation.measurement import SECTIONS, EvaluationTools, Measurement
from bot.starter.evaluation.report_section import Section


def main(arguments: Sequence[str] | None = None, tools: EvaluationTools | None = None) -> int:
    """Measure, print and return the exit code."""
    args = _parser().parse_args(arguments)
    tools = tools or EvaluationTools()
    extent = tools.quick if args.quick else Extent()
    extent = replace(
        extent,
        prompts=args.prompts or extent.prompts,
        takes=args.takes or extent.takes,
    )
    cache = args.cache or cache_folder() / "measure"
    measurement = Measurement(
        args.model,
        cache,
        extent,
        tools,
        model_cache=cache_folder(),
        recordings=args.recordings,
        temperature=args.temperature,
        guidance=args.guidance,
    )
    found: list[Section] = []
    for name in args.sections:
        for section in measurement.sections[name]():
            found.append(section)
            sys.stdout.write(section.markdown() + "\n")
            sys.stdout.flush()
    if args.out is not None:
        plain = [section.plain() for section in found]
        args.out.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if args.pictures is not None:
        measurement.draw(args.pictures)
    measurement.report("Done")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot.starter.evaluate", description=__doc__)
    default = Path(__file__).parent / "checkpoint"
    add = parser.add_argument
    add("--model", type=Path, default=default, metavar="FOLDER", help=f"checkpoint ({default})")
    add("--quick", action="store_true", help="few pieces and clips: shows that everything works")
    add("--prompts", type=_count, metavar="N", help="held-out prompts (40)")
    add("--takes", type=_count, metavar="N", help="takes of each prompt (8), two at least")
    add(
        "--sections",
        type=_sections,
        default=list(SECTIONS),
        metavar="NAMES",
        help=f"some of {','.join(SECTIONS)}, with commas between",
    )
    add("--temperature", type=float, metavar="T", help="in place of the model's own")
    add("--guidance", type=float, metavar="G", help="in place of the model's own")
    add("--recordings", type=Path, metavar="FILE", help="a training's samples.npz (recorded anew)")
    add("--cache", type=Path, metavar="FOLDER", help="where renders are kept (the bot's cache)")
    add("--out", type=Path, metavar="FILE", help="write the figures as JSON too")
    add("--pictures", type=Path, metavar="FOLDER", help="draw spectrograms of takes side by side")
    return parser


def _sections(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SECTIONS)}")
    return [name for name in SECTIONS if name in names]


def _count(text: str) -> int:
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("two at least, to compare")
    return number


if __name__ == "__main__":
    sys.exit(main())
