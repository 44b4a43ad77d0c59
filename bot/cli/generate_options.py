"""The options of `zhiyin generate`: declared, read and checked."""

from __future__ import annotations

import argparse
import dataclasses
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from bot.cli.generate_words import FADE_SECONDS
from bot.cli.integer import integer
from bot.config import PRECISIONS, Config
from bot.domain.generation import (
    MAX_GENERATION_PROMPT_CHARACTERS,
    MAX_SEED,
    MAX_SHORT_SEED,
    Kept,
    Sampling,
)
from bot.domain.request_checks import check_prompt, check_sampling
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents

STANDARD_OUTPUT = Path("-")


_SAMPLING_OPTIONS = ("temperature", "top_k", "top_p")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add(
        "prompt",
        nargs="*",
        help='the music in words, such as "90s rock"; - reads them from standard input; '
        "none: a random clip",
    )
    add("--audio", type=Path, metavar="FILE", help="continue the end of this sound file")
    add(
        "--melody",
        type=Path,
        metavar="FILE",
        help="follow the tune of this sound file; a model with melody in its name can",
    )
    add("--seconds", type=float, metavar="S", help="length of the new sound")
    add("--model", metavar="M", help="starter, a folder, or an id such as facebook/musicgen-small")
    add("--seed", type=integer, metavar="N", help="the same seed makes the same clip again")
    add("--takes", type=integer, default=1, metavar="N", help="make N clips at once, seed by seed")
    add("--guidance", type=float, metavar="G", help="how closely to follow the prompt; 1 is off")
    add("--temperature", type=float, metavar="T", help="below 1 tamer, above 1 wilder")
    add("--top-k", type=integer, metavar="K", help="sample from the K most likely tokens; 0 is all")
    add(
        "--top-p",
        type=float,
        metavar="P",
        help="sample from the most likely tokens that add up to P",
    )
    add(
        "--greedy",
        action="store_true",
        help="always the most likely token: no randomness, no seed",
    )
    add("--stems", action="store_true", help="write drums, bass and so on beside it, each alone")
    add(
        "--keep",
        metavar="WHAT",
        help="make a remix of --audio that keeps its end or its start, in whole bars, its tempo "
        "and key, and of its words what yours don't contradict; or keep stems, such as drums,bass",
    )
    add("--without", metavar="STEMS", help="leave these out for certain, such as drums")
    add("--loop", action="store_true", help="cut it to whole bars, to loop seamlessly")
    add(
        "--precision",
        choices=PRECISIONS,
        metavar="P",
        help="arithmetic: auto, fp32, bf16, int8 or int4",
    )
    add(
        "--stream",
        action="store_true",
        help="send it while it is made: `--stream -o - | ffplay -`",
    )
    add(
        "--endless",
        action="store_true",
        help="with --stream: go on until Ctrl-C; a line that is typed meanwhile is the new words",
    )
    add(
        "--then",
        action="append",
        default=[],
        metavar="S:WORDS",
        help='other words from this second on, such as --then "20:slow jazz"; several at once by '
        'weight: "20:70%% jazz | 30%% techno"; may be given more than once',
    )
    add(
        "--fade",
        type=float,
        default=FADE_SECONDS,
        metavar="S",
        help="how long old words fade into new ones; 4 if nothing is said",
    )
    add(
        "-o",
        "--out",
        type=Path,
        metavar="OUT",
        help="the file to write: .mp3 .ogg .opus .flac .wav; - with --stream: 16-bit WAV to "
        "standard output, not levelled, its peaks rounded off",
    )


def check_stream(args: argparse.Namespace) -> None:
    """Raise RequestError if the arguments can't be streamed."""
    if args.stream != (args.out == STANDARD_OUTPUT):
        raise RequestError(
            Sentence(
                "--stream and -o - belong together: they send the sound to standard output "
                "while it is made, such as to a player: `zhiyin generate --stream -o - | "
                "ffplay -`."
            )
        )
    if args.endless and not args.stream:
        raise RequestError(
            Sentence(
                "--endless makes no file, since it has no end: add `--stream -o - | ffplay -`."
            )
        )
    if args.endless and args.seconds is not None:
        raise RequestError(
            Sentence("--endless goes on until Ctrl-C: leave out --endless or --seconds.")
        )
    if not args.stream:
        return
    whole = [name for name in ("loop", "stems") if getattr(args, name)]
    whole += ["takes"] if args.takes > 1 else []
    if whole:
        raise RequestError(
            Sentence(
                "--stream sends one clip as it is made: leave out --stream or --{whole}.",
                whole=whole[0],
            )
        )
    if sys.stdout.isatty():
        raise RequestError(
            Sentence(
                "Standard output is this terminal, which can't play sound: add `| ffplay -` "
                "or another player."
            )
        )


def read_seeds(args: argparse.Namespace, config: Config) -> Sequence[int]:
    """Return a seed for each take, in sequence. Raises RequestError."""
    takes, slots = args.takes, config.engine.slots
    if not 1 <= takes <= slots:
        raise RequestError(
            Sentence("--takes must be from 1 to {slots}, not {takes}.", slots=slots, takes=takes)
        )
    if args.seed is None:
        first = secrets.randbelow(MAX_SHORT_SEED - takes)
    elif 0 <= args.seed <= MAX_SEED - takes:
        first = args.seed
    else:
        raise RequestError(
            Sentence(
                "--seed must be from 0 to {most}, not {seed}.",
                most=MAX_SEED - takes,
                seed=args.seed,
            )
        )
    return range(first, first + takes)


def read_prompt(words: Sequence[str], standard_input: TextIO) -> str | None:
    """Return the prompt of the words, or of standard input for `-`; None for an empty one.

    Raises RequestError.
    """
    try:
        if list(words) == ["-"]:
            # Read no more than shows that it is too long.
            text = " ".join(standard_input.read(2 * MAX_GENERATION_PROMPT_CHARACTERS).split())
        else:
            # In an ASCII locale UTF-8 arrives as surrogate escapes.
            text = os.fsencode(" ".join(words).strip()).decode()
    except UnicodeError:
        raise RequestError(Sentence("The prompt is not readable text; type it in UTF-8.")) from None
    if not text:
        return None
    check_prompt(text)
    return text


def read_sampling(args: argparse.Namespace, usual: Sampling) -> Sampling:
    """Return the model's default sampling with the given options applied."""
    options = {key: getattr(args, key) for key in ("guidance", *_SAMPLING_OPTIONS)}
    chosen: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    random = [key for key in _SAMPLING_OPTIONS if key in chosen]
    if args.greedy and random:
        option = "--" + random[0].replace("_", "-")
        raise RequestError(
            Sentence(
                "--greedy leaves nothing to chance, {option} does: choose one of them.",
                option=option,
            )
        )
    if args.greedy and args.takes > 1:
        raise RequestError(
            Sentence("--greedy makes every take the same: leave out --takes or --greedy.")
        )
    if args.greedy or random:
        chosen["greedy"] = args.greedy
    sampling = dataclasses.replace(usual, **chosen)
    check_sampling(sampling)
    return sampling


def read_seconds(
    args: argparse.Namespace, config: Config, kept: Kept | None, contents: Contents
) -> float | None:
    """Return the requested length; by default that of kept stems.

    None is endless music.
    """
    if args.endless:
        return None
    if args.seconds is not None:
        return float(args.seconds)
    if kept is None:
        return config.generation.default_seconds
    seconds = kept.tokens.shape[1] / contents.config.codec.frame_rate
    return min(seconds, config.generation.max_seconds)


def read_names(text: str | None) -> tuple[str, ...]:
    """Parse a list of stems such as "drums, bass"."""
    names = (text or "").lower().split(",")
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
