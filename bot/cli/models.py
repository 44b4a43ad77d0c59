"""The command `zhiyin models`: list, download and clear models."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from rich.console import Console
from rich.table import Table

from bot.cli import console
from bot.cli.terminal_language import print_sentence, render
from bot.config import Config, cache_folder
from bot.domain.generation import Precision
from bot.domain.progress import Reporter
from bot.errors import ZhiyinError
from bot.i18n.sentence import Plural, Sentence
from bot.models import download, pace, registry
from bot.musicgen.checkpoint import packed_cache
from bot.musicgen.checkpoint.memory import memory_needed
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.device import ON_ASCEND, ON_PROCESSOR, wants_ascend
from bot.printable import escape_controls

_PIPED_COLUMNS = 200
_HEADINGS = (
    Sentence("model"),
    Sentence("sound"),
    Sentence("here"),
    Sentence("memory"),
    Sentence("pace"),
    Sentence("licence"),
)
_STEREO, _MONO = Sentence("stereo"), Sentence("mono")
_WHERE = Sentence("{where}, {size}")

MeasurePace = Callable[[Sequence[ModelConfig], Config, Reporter], Mapping[ModelConfig, float]]


def add_arguments(
    parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()
) -> None:
    """Add the arguments; `parents` options are accepted before and after the subcommand."""
    parser.set_defaults(action=None)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", help="none: the list")
    get = actions.add_parser(
        "download",
        help="get a model from the hub",
        description="Get a model from the hub. If it breaks off, the same command goes on.",
        parents=parents,
        allow_abbrev=False,
    )
    get.add_argument("id", metavar="ID", help="its hub id, such as facebook/musicgen-small")
    get.set_defaults(action=get_one)
    forget = actions.add_parser(
        "clear",
        help="delete what was prepared of models for this machine",
        description="Delete what was prepared of models for this machine, to start faster. The "
        "models themselves stay; the next start of each takes longer, once.",
        parents=parents,
        allow_abbrev=False,
    )
    forget.set_defaults(action=clear)


def run(
    args: argparse.Namespace,
    config: Config,
    *,
    measure: MeasurePace = pace.real_time_factors,
) -> int:
    """Run the subcommand and return the exit code; `measure` measures the pace of models."""
    if args.action is None:
        return show(config, measure)
    action = args.action
    return int(action(args, config))


def show(config: Config, measure: MeasurePace) -> int:
    """Print all models with their requirements and pace."""
    models = registry.entries(config)
    try:
        with console.reporter(sys.stderr) as report:
            paces = measure([entry.config for entry in models], config, report)
    except ZhiyinError as error:
        print_sentence(error.sentence, sys.stderr)
        paces = {}
    rows = [
        tuple(map(escape_controls, _row(entry, config.engine.precision, paces.get(entry.config))))
        for entry in models
    ]
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    print_rows(rows, Console(width=width, markup=False, highlight=False))
    print()
    print_sentence(
        Sentence(
            "Memory is what one clip of 30 s takes; two figures: with int8, which the bot uses\n"
            "where the processor has instructions for it, and with fp32."
        )
    )
    on_ascend = wants_ascend(config.engine.device)
    print_sentence(ON_ASCEND if on_ascend else ON_PROCESSOR)
    if paces:
        print_sentence(
            Sentence(
                "Pace is how many seconds of music a second of work makes on this machine, one "
                "clip at a\ntime: an estimate from a few steps with made-up weights."
            )
        )
    elif not on_ascend:
        print_sentence(Sentence("The pace on this machine is shown once a clip was made on it."))
    print_sentence(Sentence("To get a model: zhiyin models download ID"))
    print_sentence(
        Sentence(
            "{meta_licence}: Meta's weights may not be used commercially.",
            meta_licence=registry.META_LICENCE,
        )
    )
    print_sentence(Sentence("The larger a model, the better it sounds and the longer it takes."))
    prepared = packed_cache.entries(cache_folder())
    if prepared:
        print_sentence(
            Plural(
                "Prepared for a faster start: {n} model, {size} in {folder}\n"
                "(zhiyin models clear deletes it)",
                "Prepared for a faster start: {n} models, {size} in {folder}\n"
                "(zhiyin models clear deletes them)",
                n=len(prepared),
                size=_size(sum(entry.size_bytes for entry in prepared)),
                folder=prepared[0].path.parent,
            )
        )
    return 0


def print_rows(rows: Sequence[tuple[str, ...]], screen: Console) -> None:
    """Print models as a table, or as blocks on a screen too narrow for one."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in _HEADINGS:
        table.add_column(render(heading), no_wrap=True)
    for row in rows:
        table.add_row(*row)
    wide = screen.options.update(width=_PIPED_COLUMNS)
    if screen.measure(table, options=wide).maximum <= screen.width:
        screen.print(table)
        return
    # Never break a name, since it is there to be copied.
    for name, *facts in rows:
        print(name, *(f"  {fact}" for fact in facts), sep="\n", file=screen.file)


def clear(args: argparse.Namespace, config: Config) -> int:
    """Delete the packed weights of all models, and their measured pace."""
    del args, config
    (cache_folder() / pace.FILE).unlink(missing_ok=True)
    freed_bytes = packed_cache.clear(cache_folder())
    print_sentence(
        Sentence("Deleted {size}. The next start takes longer, once.", size=_size(freed_bytes))
    )
    return 0


def get_one(args: argparse.Namespace, config: Config) -> int:
    """Download a model."""
    if args.id in registry.PUBLISHED:
        print_sentence(
            Sentence(
                "{id} is under {meta_licence}: no commercial use.",
                id=args.id,
                meta_licence=registry.META_LICENCE,
            ),
            file=sys.stderr,
        )
    with console.reporter(sys.stderr) as report:
        folder = download.fetch(args.id, config, report)
    print_sentence(Sentence("{id} is here: {folder}", id=args.id, folder=folder))
    print_sentence(Sentence('Use it: zhiyin generate --model {id} "90s rock"', id=args.id))
    return 0


def _row(entry: registry.Entry, precision: str, factor: float | None) -> tuple[str, ...]:
    return (
        entry.name,
        render(_STEREO if entry.config.decoder.audio_channels == 2 else _MONO),
        render(_WHERE.fill(where=_here(entry), size=_size(entry.size_bytes))),
        _memory(entry, precision),
        "?" if factor is None else f"{factor:.2g} x",
        entry.licence,
    )


def _memory(entry: registry.Entry, precision: str) -> str:
    """Describe a model's memory; both figures if the precision depends on the processor."""
    kinds: list[Precision] = [kind for kind in get_args(Precision) if kind == precision]
    sizes = [
        _size(memory_needed(entry.config, slots=1, seconds=30, precision=kind))
        for kind in kinds or ("int8", "fp32")
    ]
    return " / ".join(dict.fromkeys(sizes))


def _here(entry: registry.Entry) -> Sentence:
    if entry.name == registry.STARTER:
        return Sentence("built in")
    if entry.folder is None:
        return Sentence("no")
    return Sentence("yes") if entry.is_complete else Sentence("incomplete")


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
