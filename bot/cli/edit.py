"""The command `zhiyin edit`: cut a sound file at its beats, join or mix two, or make a loop."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.alignment import Alignment
from bot.audio.editing.edit import NOTHING_LEFT, cut, join_with_crossfade, make_loop
from bot.audio.editing.mix import MixedSound, analyse_part, mix
from bot.audio.files import decode, encode
from bot.audio.files.edited_metadata import MIXED, Source, edited_fields, read_source
from bot.audio.files.formats import finest_sample_format
from bot.audio.files.tags import find_tags
from bot.cli.terminal_language import print_sentence
from bot.config import Config
from bot.domain.generation import Sound
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

_AROUND_SECONDS = 30.0
"""Seconds analysed on either side of a part, to find its beats."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add(
        "files", nargs="+", type=Path, metavar="FILE", help="one file, or two to be joined or mixed"
    )
    add("--from", dest="start", type=float, metavar="S", help="begin at the beat nearest to here")
    add("--to", dest="end", type=float, metavar="S", help="end at the beat nearest to here")
    add("--crossfade", type=float, default=2.0, metavar="S", help="how long the seam of two is")
    add("--mix", action="store_true", help="lay the second over the first: one tempo, one key")
    add("--loop", action="store_true", help="cut it to whole bars, to loop seamlessly")
    add("--force", action="store_true", help="replace OUT if it is there, or one of the files")
    add(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="OUT",
        help="the file to write: .mp3 .ogg .opus .flac .wav",
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Edit and write; return the exit code. Raises ZhiyinError if the edit is impossible."""
    if len(args.files) > 2:
        raise RequestError(Sentence("Two files can be joined at once, not more."))
    is_cut = args.start is not None or args.end is not None
    if args.mix and (len(args.files) != 2 or args.loop or is_cut):
        raise RequestError(Sentence("--mix takes two files as they are, without --from or --loop."))
    if not 0 <= args.crossfade <= 30:
        raise RequestError(
            Sentence(
                "--crossfade must be from 0 to 30 seconds, not {crossfade:g}.",
                crossfade=args.crossfade,
            )
        )
    encode.check(args.out, sources=() if args.force else args.files, may_replace=args.force)
    # Read everything first: the output may overwrite an input.
    sources = [read_source(file) for file in args.files]
    loops = args.loop
    if args.mix:
        mixed = _mixed(args.files, sources)
        sound, loops = mixed.sound, mixed.loops
        print_sentence(_done(mixed.alignment))
    elif len(args.files) == 2:
        sound = _joined(args)
    else:
        sound = _part(args.files[0], args.start, args.end)
    if args.loop:
        sound = make_loop(sound, find_rhythm(sound)).sound
    is_whole = not is_cut and not args.loop
    fields = [source.fields for source in sources]
    encode.write_edited(
        args.out,
        sound,
        fields=edited_fields(
            fields, loops=loops, is_whole=is_whole, kind=MIXED if args.mix else None
        ),
        cover=sources[0].cover,
        sample_format=finest_sample_format(source.sample_format for source in sources),
    )
    print_sentence(Sentence("{file}: {seconds:.1f} s", file=args.out, seconds=sound.seconds))
    return 0


def _mixed(files: Sequence[Path], sources: Sequence[Source]) -> MixedSound:
    """Mix the second file over the first; Zhiyin's own files say whether they are loops."""
    parts = []
    for file, source in zip(files, sources, strict=True):
        sound, tags = decode.load_part(file).sound, find_tags(source.fields)
        parts.append((sound, analyse_part(sound, loops=tags is not None and tags.loops)))
    return mix(parts[0], parts[1])


def _done(alignment: Alignment) -> Sentence:
    if not alignment.on_the_beat:
        return Sentence("They have no beat in common, and begin together.")
    return Sentence(
        "The second one's tempo times {factor:.3f}, shifted by {semitones} semitones.",
        factor=alignment.time_factor,
        semitones=alignment.semitones,
    )


def _joined(args: argparse.Namespace) -> Sound:
    first, second = (decode.load_part(file).sound for file in args.files)
    rhythms = (find_rhythm(first), find_rhythm(second))
    sound = join_with_crossfade(first, second, args.crossfade, rhythms)
    return _cut(sound, args.start, args.end)


def _part(file: Path, start: float | None, end: float | None) -> Sound:
    """Read a part of a file, without reading the whole of it."""
    if start is None and end is None:
        return decode.load_part(file).sound
    first, last = start or 0.0, math.inf if end is None else end
    if not first < last:
        raise RequestError(NOTHING_LEFT)
    part = decode.load_part(
        file,
        start_seconds=max(0.0, first - _AROUND_SECONDS),
        end_seconds=None if math.isinf(last) else last + _AROUND_SECONDS,
    )
    return _cut(part.sound, first - part.start_seconds, last - part.start_seconds)


def _cut(sound: Sound, start: float | None, end: float | None) -> Sound:
    if start is None and end is None:
        return sound
    last = sound.seconds if end is None else min(end, sound.seconds)
    return cut(sound, start or 0.0, last, find_rhythm(sound))
