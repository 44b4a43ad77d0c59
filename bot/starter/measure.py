"""Measure the finished model on prompts and pieces that no training has seen, and print tables.

    python -m bot.starter.measure --model FOLDER --out measured.json

Needs fluidsynth with its General MIDI sounds, and ffmpeg. The renders and what the classifier has
learnt from them are kept under --cache, so that a second run takes the time of the clips alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.config import cache_folder
from bot.starter.measuring import classifier, continuation, following, renders, soundness
from bot.starter.measuring.classifier import Heard, Listener
from bot.starter.measuring.features import Sound
from bot.starter.measuring.fidelity import MP3S, Loss, loss
from bot.starter.measuring.following import Asked, truth_pairs
from bot.starter.measuring.renders import FIRST_SEED, Renders, Truth
from bot.starter.measuring.section import Section
from bot.starter.measuring.studio import Order, Studio, pace
from bot.starter.measuring.wordings import ARTICLE, ASKED, with_tempo

_RENDERS = "held-out renders"
_CODED = "held-out renders through the codec"
_MADE = "clips made by the model"
_TEMPO_SEED, _LONG_SEED = FIRST_SEED + 500_000, FIRST_SEED + 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured; numbers of pieces are those of a style."""

    teaching: int = 24
    coded: int = 8
    held_out: int = 8
    long: int = 2
    clips: int = 6
    tempo_clips: int = 104
    long_clips: int = 26
    codec_pieces: int = 52


_QUICK = Extent(
    teaching=6, coded=0, held_out=2, long=1, clips=1, tempo_clips=8, long_clips=2, codec_pieces=4
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and return the exit code."""
    parser = argparse.ArgumentParser(prog="bot.starter.measure", description=__doc__)
    default = Path(__file__).parent / "checkpoint"
    add = parser.add_argument
    add("--model", type=Path, default=default, metavar="FOLDER", help=f"checkpoint ({default})")
    add("--clips", type=int, metavar="N", help="clips of each style, each another wording (6)")
    add("--quick", action="store_true", help="few pieces and clips: shows that everything works")
    add("--cache", type=Path, metavar="FOLDER", help="where renders are kept (the bot's cache)")
    add("--out", type=Path, metavar="FILE", help="write the figures as JSON too")
    args = parser.parse_args(arguments)
    extent = _QUICK if args.quick else Extent()
    clips = extent.clips if args.clips is None else args.clips
    cache = args.cache or cache_folder() / "measure"
    sections = []
    for section in _Measurement(args.model, cache, extent, clips).sections():
        sections.append(section)
        sys.stdout.write(section.markdown() + "\n")
        sys.stdout.flush()
    if args.out is not None:
        plain = [section.plain() for section in sections]
        args.out.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """Pieces that nobody has learnt from, as they are and through the codec."""

    truths: list[Truth]
    sounds: list[Sound]
    coded: list[Sound]
    heard: list[Heard]
    heard_coded: list[Heard]
    loop_bpm: list[float]


class _Measurement:
    def __init__(self, folder: Path, cache: Path, extent: Extent, clips: int) -> None:
        self.folder, self.cache, self.extent, self.clips = folder, cache, extent, clips
        self.begun = time.monotonic()

    def sections(self) -> Iterator[Section]:
        """Measure everything, the pace first: nothing else has warmed the machine by then."""
        yield self._speed()
        pieces = renders.load(
            self.cache,
            teaching=self.extent.teaching,
            held_out=self.extent.held_out,
            long=self.extent.long,
            report=self._report,
        )
        studio = Studio(self.folder, cache_folder(), self._report)
        listener = self._listener(studio, pieces)
        yield self._codec(studio, pieces)
        yield from self._following(studio, listener, self._held_out(studio, listener, pieces))
        orders = [
            Order(words[0], _LONG_SEED + number, 30.0)
            for number, words in enumerate(list(ASKED.values())[: self.extent.long_clips])
        ]
        long = studio.make(orders, "clips of 30 s")
        yield soundness.long_section(long, listener.ranges)
        orders = following.article_orders()
        article = studio.make(orders, "the article's clips")
        heard = [listener.hear(clip) for clip in article]
        yield following.article_section(orders, article, heard, listener.ranges)
        made = studio.make(continuation.orders(pieces.long), "continuations")
        yield continuation.section(pieces.long, made, listener)
        self._report("Done")

    def _speed(self) -> Section:
        rows = []
        for seconds in (10.0, 30.0):
            self._report(f"Timing {seconds:g} s")
            rows.append((f"{seconds:g} s", pace(self.folder, cache_folder(), seconds, ARTICLE[1])))
        note = "One request, sampling with guidance, from handing it in to its last sample."
        return Section("Speed", ("clip", "seconds of sound a second"), tuple(rows), note)

    def _listener(self, studio: Studio, pieces: Renders) -> Listener:
        coded = self.extent.coded * len(ASKED)
        name = f"{len(pieces.teaching)}-{coded}"
        if coded:
            name += f"-{_fingerprint(studio)}"
        through = studio.through_codec if coded else None
        return classifier.load_or_teach(
            self.cache,
            name,
            lambda: classifier.teach(pieces.teaching, through, coded, self._report),
        )

    def _codec(self, studio: Studio, pieces: Renders) -> Section:
        sounds = [piece.clip() for piece in pieces.held_out[: self.extent.codec_pieces]]
        self._report("Comparing codecs")
        losses = {"EnCodec": [loss(studio.through_codec(sound), sound) for sound in sounds]}
        for mp3 in MP3S:
            losses[mp3.name] = [loss(mp3(sound), sound) for sound in sounds]
        rows = [
            (name, _mean(each, "log_mel_db"), _mean(each, "stft")) for name, each in losses.items()
        ]
        shape = studio.model.shape.codec
        note = (
            f"{len(sounds)} held-out pieces of 10 s; EnCodec has {shape.bandwidth_kbps:g} kbit/s. "
            "Log-mel: mean difference of 80 bands up to 12 kHz, in dB. STFT: spectral convergence "
            "plus distance of log magnitudes, windows of 2048, 1024 and 512. MPEG has no 24 kbit/s "
            "at 32 kHz: the sound is resampled to 24 kHz for it. 0 is lossless."
        )
        headings = ("codec", "log-mel distance, dB", "multi-resolution STFT distance")
        return Section("Codec", headings, tuple(rows), note)

    def _held_out(self, studio: Studio, listener: Listener, pieces: Renders) -> _HeldOut:
        self._report("Listening to held-out pieces")
        sounds = [piece.clip() for piece in pieces.held_out]
        heard = [listener.hear(sound) for sound in sounds]
        self._report("The same through the codec")
        coded = [studio.through_codec(sound) for sound in sounds]
        return _HeldOut(
            [piece.truth for piece in pieces.held_out],
            sounds,
            coded,
            heard,
            [listener.hear(sound) for sound in coded],
            [listener.hear(piece.loop()).bpm for piece in pieces.held_out],
        )

    def _following(
        self, studio: Studio, listener: Listener, held_out: _HeldOut
    ) -> Iterator[Section]:
        asked = following.style_orders(self.clips)
        styled = studio.make([order for _, order in asked], "clips of each style")
        heard = [listener.hear(clip) for clip in styled]
        answers = _asked([style for style, _ in asked], heard)
        known = [truth.style for truth in held_out.truths]
        yield following.style_section(
            {
                _RENDERS: _asked(known, held_out.heard),
                _CODED: _asked(known, held_out.heard_coded),
                _MADE: answers,
            }
        )
        yield following.confusion_section(answers)
        tempi = with_tempo(self.extent.tempo_clips, _TEMPO_SEED)
        orders = [Order(text, _TEMPO_SEED + number) for number, (text, _) in enumerate(tempi)]
        timed = studio.make(orders, "clips of a tempo")
        found = [listener.hear(clip).bpm for clip in timed]
        truths = held_out.truths
        yield following.tempo_section(
            {
                f"{_RENDERS}, usual tempo": truth_pairs(held_out.heard, truths, usual=True),
                f"{_RENDERS}, any tempo": truth_pairs(held_out.heard, truths, usual=False),
                _CODED: truth_pairs(held_out.heard_coded, truths),
                f"two bars of {_RENDERS} over and over": [
                    (bpm, truth.bpm) for bpm, truth in zip(held_out.loop_bpm, truths, strict=True)
                ],
                _MADE: [(bpm, wanted) for bpm, (_, wanted) in zip(found, tempi, strict=True)],
            }
        )
        again = studio.make(following.again_orders(), "clips with another seed")
        heard_again = [listener.hear(clip) for clip in again]
        yield following.variety_section(listener, heard[: len(ASKED)], heard_again)
        groups = {
            _RENDERS: held_out.sounds,
            _CODED: held_out.coded,
            _MADE: [*styled, *again, *timed],
        }
        yield soundness.section(groups, listener.ranges)

    def _report(self, doing: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self.begun:6.0f} s  {doing}\n")
        sys.stderr.flush()


def _asked(styles: Sequence[str], heard: Sequence[Heard]) -> list[Asked]:
    return [Asked(style, each) for style, each in zip(styles, heard, strict=True)]


def _mean(losses: Sequence[Loss], name: str) -> float:
    return float(np.mean([getattr(each, name) for each in losses]))


def _fingerprint(studio: Studio) -> str:
    """Return a name for the state of the model's codec: what it makes of a sound."""
    sound: Sound = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    made = studio.through_codec(sound)
    return hashlib.sha256(made.tobytes()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
