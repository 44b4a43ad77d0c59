"""An evaluation of the finished model: each section measures when it is asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.starter.evaluation import (
    continuation,
    diversity,
    drift,
    moods,
    note_adherence,
    note_statistics,
    prompt_adherence,
    remixes,
    sanity_checks,
    spectrograms,
    stem_fidelity,
    tag_agreement,
    tuning,
)
from bot.starter.evaluation.evaluation_set import (
    QUICK,
    EvaluationSet,
    Extent,
    LoadListener,
)
from bot.starter.evaluation.keys import NoteTranscriber, installed_note_transcriber
from bot.starter.evaluation.listener import load_or_train
from bot.starter.evaluation.musicnn import TagSound, installed_taggers, tags_of
from bot.starter.evaluation.prompt_wordings import ARTICLE
from bot.starter.evaluation.renders import Player
from bot.starter.evaluation.report_section import DECODED, MODEL, RENDERS, Row, Section
from bot.starter.evaluation.sampler import Sampler, pace

_JUDGED_KEYS = 80
_DRAWN_TAKES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationTools:
    """What makes clips, plays pieces and judges them; the slow parts of an evaluation."""

    sampler: Callable[..., Sampler] = Sampler
    player: Callable[[Path, Callable[[str], None], Path | None], Player] = Player
    load_listener: LoadListener = load_or_train
    measure_pace: Callable[[Path, Path, float, str], float] = pace
    find_taggers: Callable[[], Sequence[TagSound]] = installed_taggers
    quick: Extent = QUICK


SECTIONS = tuple(
    "speed diversity adherence moods notes form sanity drift codec continuation tags".split()
)
"""What can be measured, in the order in which it is."""


class Measurement:
    """What is measured of one model, section by section."""

    def __init__(
        self,
        folder: Path,
        cache: Path,
        extent: Extent,
        tools: EvaluationTools,
        *,
        model_cache: Path,
        recordings: Path | None,
        temperature: float | None,
        guidance: float | None,
    ) -> None:
        """Measure the checkpoint in a folder; what is None is as the model has it.

        Renders are kept in `cache`, kernels and packed weights in `model_cache`.
        """
        self.model_cache = model_cache
        self.folder, self.extent, self.begun = folder, extent, time.monotonic()
        self.tools = tools
        self.temperature, self.guidance = temperature, guidance
        self.evaluation_set = EvaluationSet(
            self._make_sampler,
            tools.player(cache, self.report, recordings),
            cache,
            extent,
            self.report,
            tools.load_listener,
        )
        each: Mapping[str, Callable[[], list[Section]]] = {
            "speed": self._speed,
            "diversity": self._diversity,
            "adherence": self._adherence,
            "moods": lambda: [moods.build_section(self.evaluation_set.moody())],
            "notes": lambda: [note_statistics.build_section(self.evaluation_set.flat)],
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
        for name, takes in self.evaluation_set.groups.items():
            for index, own in list(enumerate(takes))[::5]:
                title = f"{name}: {own[0].prompt.ask}"
                spectrograms.draw_takes(
                    own[:_DRAWN_TAKES], folder / f"{index:02}-{name}.png", title
                )

    def _make_sampler(self) -> Sampler:
        return self.tools.sampler(
            self.folder,
            self.model_cache,
            self.report,
            temperature=self.temperature,
            guidance=self.guidance,
        )

    def _speed(self) -> list[Section]:
        rows = []
        for seconds in (10.0, 30.0):
            self.report(f"Timing {seconds:g} s")
            found = self.tools.measure_pace(self.folder, self.model_cache, seconds, ARTICLE[1])
            rows.append(Row(f"seconds of sound a second, {seconds:g} s", "≥ 8", {MODEL: found}))
        note = "One request at the model's own settings, from handing it in to its last sample."
        return [Section.compared("Speed", rows, note)]

    def _diversity(self) -> list[Section]:
        return [diversity.build_section(self.evaluation_set.groups, self.evaluation_set.listener)]

    def _adherence(self) -> list[Section]:
        flat, has_stems = self.evaluation_set.flat, self.evaluation_set.sampler.has_stems
        groups = flat | ({DECODED: self.evaluation_set.decoded} if has_stems else {})
        found = [
            prompt_adherence.build_section(groups, self.note_transcriber, judged_keys=_JUDGED_KEYS)
        ]
        if has_stems:
            found.append(note_adherence.build_section(flat, self.evaluation_set.note_style))
        return [*found, prompt_adherence.build_confusion_section(flat[MODEL])]

    def _form(self) -> list[Section]:
        return [
            note_statistics.build_form_section(
                self.evaluation_set.long(self.extent.half_minute_clips, 30.0)
            )
        ]

    def _sanity(self) -> list[Section]:
        sane = {name: [clip.sane for clip in own] for name, own in self.evaluation_set.flat.items()}
        return [sanity_checks.build_section(sane, self.evaluation_set.listener.ranges)]

    def _drift(self) -> list[Section]:
        clips = self.evaluation_set.long(self.extent.minute_clips, 60.0)
        sounds = {name: [clip.sound for clip in own] for name, own in clips.items()}
        return [drift.build_section(sounds, self.evaluation_set.listener)]

    def _codec(self) -> list[Section]:
        sampler = self.evaluation_set.sampler
        if not sampler.has_stems:
            self.report("The model has no stems: its sound is not measured")
            return []
        self.report("Comparing the codec with what is played")
        pieces = self.evaluation_set.held_out_pieces(self.extent.codec_pieces, 10.0)
        player = self.evaluation_set.player
        return [
            stem_fidelity.build_section(pieces, player, sampler.decoded),
            tuning.build_section(player.mix, sampler.decoded),
        ]

    def _continuation(self) -> list[Section]:
        pieces = self.evaluation_set.held_out_pieces(
            self.extent.continued, 2 * continuation.OPENING_SECONDS
        )
        sampler, listener = self.evaluation_set.sampler, self.evaluation_set.listener
        remixed = remixes.composed_remixes([each.piece for each in pieces])
        played = self.evaluation_set.player.renders(remixed, "remixes")
        composed = [each.sound() for each in played]
        found = []
        for by_codes in (False, True) if sampler.has_stems else (False,):
            sample_requests = continuation.sample_requests(pieces, by_codes=by_codes)
            made = [take.sound for take in sampler.make(sample_requests, "continuations")]
            found.append(continuation.build_section(pieces, made, listener, by_codes=by_codes))
            takes = sampler.make(remixes.remix_requests(pieces, by_codes=by_codes), "remixes")
            codes: dict[str, list[NDArray[np.integer[Any]]]] = {
                MODEL: [take.tokens for take in takes],
                RENDERS: [each.codes for each in played],
            }
            written = {
                name: remixes.read_remixes(pieces, each, self.evaluation_set.note_style)
                for name, each in codes.items()
                if sampler.has_stems
            }
            found.append(
                remixes.build_section(
                    pieces,
                    [take.sound for take in takes],
                    composed,
                    listener,
                    by_codes=by_codes,
                    written=written,
                )
            )
        return found

    def _tags(self) -> list[Section]:
        taggers = self.tools.find_taggers()
        if not taggers:
            self.report("musicnn is not installed (--group judges): no independent judge")
            return []
        groups = {}
        for name, takes in self.evaluation_set.groups.items():
            self.report(f"The judge listens to the {name}")
            groups[name] = [
                (clip.prompt.ask.style, tags_of(taggers, clip.sound))
                for own in takes
                for clip in own[: self.extent.judged_takes]
            ]
        return [tag_agreement.build_section(groups)]
