"""The command `zhiyin whatis`: print how a clip was made, from its file's tags."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from bot.audio.files.tags import MADE_BY, read_tags
from bot.cli.terminal_language import render
from bot.config import Config
from bot.domain.clips import Tags
from bot.errors import SoundError
from bot.i18n.contexts import KEY, KIND, STEM
from bot.i18n.sentence import Sentence, listing, term
from bot.printable import escape_controls

NOT_OURS = Sentence(
    "Nothing in {name} says how it was made: it is not one of Zhiyin's clips, or something "
    "took its tags out."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a clip: .mp3 .ogg .opus .flac .wav"
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Print a file's tags; return the exit code."""
    for line in lines(_tags_of(args.file)):
        print(escape_controls(line))
    return 0


def lines(tags: Tags) -> Iterator[str]:
    """Return the description of how a clip was made."""
    yield MADE_BY
    parents = listing([Sentence("clip {id}", id=parent) for parent in tags.parent_ids])
    rows: list[tuple[Sentence, object]] = [
        (Sentence("prompt"), tags.prompt or Sentence("(none: a random clip)")),
        (Sentence("kind"), term(KIND, tags.kind)),
        (Sentence("model"), tags.model),
        (Sentence("seed"), tags.seed),
        (Sentence("guidance"), tags.guidance),
        (Sentence("temperature"), tags.temperature),
        (Sentence("top-k"), tags.top_k),
        (Sentence("tempo"), tags.bpm and Sentence("about {bpm:.0f} BPM", bpm=tags.bpm)),
        (Sentence("key"), tags.key and term(KEY, tags.key)),
        (Sentence("loop"), Sentence("loops seamlessly") if tags.loops else None),
        (Sentence("clip"), tags.clip_id),
        (Sentence("stem"), tags.stem and term(STEM, tags.stem)),
        (Sentence("made from"), parents if tags.parent_ids else None),
    ]
    for name, value in rows:
        if value is not None and value != "":
            shown = render(value) if isinstance(value, Sentence) else value
            yield f"  {f'{render(name)}:':13}{shown}"


def _tags_of(file: Path) -> Tags:
    try:
        if file.exists() and not file.is_file():
            raise SoundError(Sentence("{file} is not a file.", file=file))
        with file.open("rb") as opened:
            tags = read_tags(opened)
    except FileNotFoundError:
        raise SoundError(Sentence("There is no file {file}.", file=file)) from None
    except OSError as error:
        raise SoundError(
            Sentence("{file} can't be read: {strerror}.", file=file, strerror=error.strerror)
        ) from None
    if tags is None:
        raise SoundError(NOT_OURS.fill(name=file.name))
    return tags
