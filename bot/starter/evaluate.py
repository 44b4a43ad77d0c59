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
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from bot.config import cache_folder
from bot.starter.evaluation import (
    continuation,
    diversity,
    drift,
    moods,
    note_adherence,
    note_statistics,
    prompt_adherence,
    sanity_checks,
    spectrograms,
    stem_fidelity,
    tag_agreement,
    tuning,
)
from bot.starter.evaluation.evaluation_set import QUICK, EvaluationSet, Extent
from bot.starter.evaluation.keys import NoteTranscriber, installed_note_transcriber
from bot.starter.evaluation.musicnn import installed_taggers, tags_of
from bot.starter.evaluation.prompt_wordings import ARTICLE
from bot.starter.evaluation.renders import Player
from bot.starter.evaluation.report_section import MODEL, Row, Section
from bot.starter.evaluation.sampler import Sampler, pace

_JUDGED_KEYS = 80
_DRAWN_TAKES = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and return the exit code."""
    args = _parser().parse_args(arguments)
    extent = QUICK if args.quick else Extent()
    extent = replace(
        extent,
        prompts=args.prompts or extent.prompts,
        takes=args.takes or extent.takes,
    )
    cache = args.cache or cache_folder() / "measure"
    measurement = _Measurement(args, cache, extent)
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


SECTIONS = tuple(
    "speed diversity adherence moods notes form sanity drift codec continuation tags".split()
)
"""What can be measured, in the order in which it is."""


class _Measurement:
    def __init__(self, args: argparse.Namespace, cache: Path, extent: Extent) -> None:
        self.folder, self.extent, self.begun = args.model, extent, time.monotonic()
        self.temperature, self.guidance = args.temperature, args.guidance
        self.material = EvaluationSet(
            self._studio, Player(cache, self.report, args.recordings), cache, extent, self.report
        )
        each: Mapping[str, Callable[[], list[Section]]] = {
            "speed": self._speed,
            "diversity": self._diversity,
            "adherence": self._adherence,
            "moods": lambda: [moods.section(self.material.moody())],
            "notes": lambda: [note_statistics.section(self.material.flat)],
            "form": self._form,
            "sanity": self._sanity,
            "drift": self._drift,
            "codec": self._codec,
            "continuation": self._continuation,
            "tags": self._tags,
        }
        self.sections = each

    @cached_property
    def note_transcriber(self) -> NoteTranscriber | None:
        """Return the independent network for keys, if it is installed."""
        transcriber = installed_note_transcriber()
        if transcriber is None:
            self.report(
                "basic-pitch is not installed (--group judges): keys by our own analysis only"
            )
        return transcriber

    def report(self, doing: str) -> None:
        """Say on the standard error what is being done."""
        sys.stderr.write(f"{time.monotonic() - self.begun:6.0f} s  {doing}\n")
        sys.stderr.flush()

    def draw(self, folder: Path) -> None:
        """Write pictures of the first takes of every fifth prompt, and of their renders."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, takes in self.material.groups.items():
            for index, own in list(enumerate(takes))[::5]:
                title = f"{name}: {own[0].prompt.ask}"
                spectrograms.draw_takes(
                    own[:_DRAWN_TAKES], folder / f"{index:02}-{name}.png", title
                )

    def _studio(self) -> Sampler:
        return Sampler(
            self.folder,
            cache_folder(),
            self.report,
            temperature=self.temperature,
            guidance=self.guidance,
        )

    def _speed(self) -> list[Section]:
        rows = []
        for seconds in (10.0, 30.0):
            self.report(f"Timing {seconds:g} s")
            found = pace(self.folder, cache_folder(), seconds, ARTICLE[1])
            rows.append(Row(f"seconds of sound a second, {seconds:g} s", "≥ 8", {MODEL: found}))
        note = "One request, sampling with guidance, from handing it in to its last sample."
        return [Section.compared("Speed", rows, note)]

    def _diversity(self) -> list[Section]:
        return [diversity.section(self.material.groups, self.material.listener)]

    def _adherence(self) -> list[Section]:
        flat = self.material.flat
        found = [prompt_adherence.section(flat, self.note_transcriber, judged_keys=_JUDGED_KEYS)]
        if self.material.studio.has_stems:
            found.append(note_adherence.section(flat, self.material.note_style))
        return [*found, prompt_adherence.confusion_section(flat[MODEL])]

    def _form(self) -> list[Section]:
        return [note_statistics.form_section(self.material.long(self.extent.half_minutes, 30.0))]

    def _sanity(self) -> list[Section]:
        sane = {name: [clip.sane for clip in own] for name, own in self.material.flat.items()}
        return [sanity_checks.section(sane, self.material.listener.ranges)]

    def _drift(self) -> list[Section]:
        clips = self.material.long(self.extent.minutes, 60.0)
        sounds = {name: [clip.sound for clip in own] for name, own in clips.items()}
        return [drift.section(sounds, self.material.listener)]

    def _codec(self) -> list[Section]:
        studio = self.material.studio
        if not studio.has_stems:
            self.report("The model has no stems: its sound is not measured")
            return []
        self.report("Comparing the codec with what is played")
        pieces = self.material.strangers(self.extent.codec_pieces, 10.0)
        player = self.material.player
        return [
            stem_fidelity.section(pieces, player, studio.decoded),
            tuning.section(player.mix, studio.decoded),
        ]

    def _continuation(self) -> list[Section]:
        pieces = self.material.strangers(self.extent.continued, 2 * continuation.OPENING_SECONDS)
        studio, listener = self.material.studio, self.material.listener
        found = []
        for by_codes in (False, True) if studio.has_stems else (False,):
            sample_requests = continuation.sample_requests(pieces, by_codes=by_codes)
            made = [take.sound for take in studio.make(sample_requests, "continuations")]
            found.append(continuation.section(pieces, made, listener, by_codes=by_codes))
            sample_requests = continuation.remix_requests(pieces, by_codes=by_codes)
            made = [take.sound for take in studio.make(sample_requests, "remixes")]
            found.append(continuation.remix_section(pieces, made, listener, by_codes=by_codes))
        return found

    def _tags(self) -> list[Section]:
        taggers = installed_taggers()
        if not taggers:
            self.report("musicnn is not installed (--group judges): no independent judge")
            return []
        groups = {}
        for name, takes in self.material.groups.items():
            self.report(f"The judge listens to the {name}")
            groups[name] = [
                (clip.prompt.ask.style, tags_of(taggers, clip.sound))
                for own in takes
                for clip in own[: self.extent.judged_takes]
            ]
        return [tag_agreement.section(groups)]


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
