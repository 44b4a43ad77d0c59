"""Check the arguments of `zhiyin generate` and turn them into requests.

All errors are found here, before a model is loaded, which takes long: a model's dimensions and
default settings are known from its folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.audio.files import encode
from bot.cli.generate_audio import load_audio, load_kept, load_tokens
from bot.config import PRECISIONS, Config
from bot.domain.generation import GenerationRequest, Kept, Sampling
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.models.locate import locate
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import Contents, inspect
from bot.musicgen.engine.validation import check_sampling, check_seconds, check_stems

STANDARD_OUTPUT = Path("-")

_MAX_SEED = 2**63 - 1
_MAX_CHOSEN_SEED = 2**32 - 1  # what a person can copy by hand
_SAMPLING_OPTIONS = ("temperature", "top_k", "top_p")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("prompt", nargs="?", help='the music in words, such as "90s rock"; none: a random clip')
    add("--audio", type=Path, metavar="FILE", help="go on from the end of this sound file")
    add("--seconds", type=float, metavar="S", help="length of the new sound")
    add("--model", metavar="M", help="starter, a folder, or an id such as facebook/musicgen-small")
    add("--seed", type=int, metavar="N", help="the same seed makes the same clip again")
    add("--takes", type=int, default=1, metavar="N", help="make N clips at once, seed by seed")
    add("--guidance", type=float, metavar="G", help="how closely to follow the prompt; 1 is off")
    add("--temperature", type=float, metavar="T", help="below 1 tamer, above 1 wilder")
    add("--top-k", type=int, metavar="K", help="choose among the K likeliest sounds; 0 is all")
    add("--top-p", type=float, metavar="P", help="choose among the likeliest that add up to P")
    add("--greedy", action="store_true", help="always the likeliest sound: no chance, no seed")
    add("--stems", action="store_true", help="write drums, bass and so on beside it, each alone")
    add(
        "--keep", metavar="STEMS", help="keep these of --audio, such as drums,bass; the rest is new"
    )
    add("--without", metavar="STEMS", help="leave these out for certain, such as drums")
    add("--loop", action="store_true", help="cut it to whole bars, to repeat without a bump")
    add(
        "--precision",
        choices=PRECISIONS,
        metavar="P",
        help="arithmetic: auto, fp32, bf16 or int8",
    )
    add(
        "--stream",
        action="store_true",
        help="send it while it is made: `--stream -o - | ffplay -`",
    )
    add(
        "-o",
        "--out",
        type=Path,
        metavar="OUT",
        help="the file to write: .mp3 .ogg .opus .flac .wav; - with --stream: 16-bit WAV to "
        "standard output, not levelled, its peaks rounded off",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Checked arguments in the model's own terms: a file for each request."""

    model: str
    folder: Path
    precision: str
    requests: Sequence[GenerationRequest]
    files: Sequence[Path]
    as_loop: bool = False
    stems: tuple[str, ...] = ()
    """The stems to write beside each clip."""
    fingerprint: str = ""
    """The fingerprint of the model's codebooks, where it has stems."""
    is_streamed: bool = False
    """Whether the only clip goes to standard output while it is made."""
    sample_rate_hz: int
    channels: int

    def stem_files(self, file: Path) -> dict[str, Path]:
        """Return where the stems of a clip go, by name."""
        return {name: file.with_stem(f"{file.stem}-{name}") for name in self.stems}

    @property
    def seconds(self) -> float:
        """Return the seconds of new sound in all."""
        return sum(request.seconds for request in self.requests)

    @property
    def seconds_before(self) -> float:
        """Return the seconds of sound that each clip goes on from."""
        audio = self.requests[0].audio
        return audio.seconds if audio else 0.0


def make_plan(args: argparse.Namespace, config: Config) -> Plan:
    """Check the arguments.

    Raises ZhiyinError for the first that can't be used.
    """
    longest = config.generation.max_seconds
    _check_stream(args)
    if args.seconds is not None:
        check_seconds(args.seconds, max_seconds=longest)
    seeds = _seeds(args, config)
    files = _files(args.out, seeds)
    for file in () if args.stream else files:
        encode.check(file)
    prompt = _prompt(args.prompt)
    model = args.model or config.model.name
    contents = inspect(locate(model, config))
    sampling = _sampling(args, contents.sampling)
    model_config = contents.config
    mark = fingerprint(contents) if model_config.stems else ""
    if args.loop and args.stems:
        raise RequestError(
            Sentence(
                "--loop cuts the clip, and its stems would not fit it any more: leave out "
                "--loop or --stems."
            )
        )
    kept, audio, audio_tokens = None, None, None
    if args.keep is not None:
        kept = load_kept(args.audio, _names(args.keep), contents, mark)
    elif args.audio is not None:
        most = config.generation.audio_prompt_max_seconds
        audio = load_audio(args.audio, contents, max_seconds=most)
        audio_tokens = load_tokens(args.audio, audio, contents, mark)
    request = GenerationRequest(
        seconds=_seconds(args, config, kept, contents),
        seed=seeds[0],
        prompt=prompt,
        audio=audio,
        audio_tokens=audio_tokens,
        sampling=sampling,
        kept=kept,
        muted=_names(args.without),
        wants_stems=args.stems,
    )
    check_stems(request, model_config.stems)
    plan = Plan(
        model=model,
        folder=contents.folder,
        precision=args.precision or config.engine.precision,
        requests=[dataclasses.replace(request, seed=seed) for seed in seeds],
        files=files,
        as_loop=args.loop,
        stems=tuple(stem.name for stem in model_config.stems) if args.stems else (),
        fingerprint=mark,
        is_streamed=args.stream,
        sample_rate_hz=model_config.codec.sample_rate_hz,
        channels=model_config.decoder.audio_channels,
    )
    for file in files:
        for beside in plan.stem_files(file).values():
            encode.check(beside)
    return plan


def _check_stream(args: argparse.Namespace) -> None:
    """Raise RequestError for what can't be streamed."""
    if args.stream != (args.out == STANDARD_OUTPUT):
        raise RequestError(
            Sentence(
                "--stream and -o - belong together: they send the sound to standard output "
                "while it is made, such as to a player: `zhiyin generate --stream -o - | "
                "ffplay -`."
            )
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


def _seeds(args: argparse.Namespace, config: Config) -> Sequence[int]:
    takes, slots = args.takes, config.engine.slots
    if not 1 <= takes <= slots:
        raise RequestError(
            Sentence("--takes must be from 1 to {slots}, not {takes}.", slots=slots, takes=takes)
        )
    if args.seed is None:
        first = secrets.randbelow(_MAX_CHOSEN_SEED - takes)
    elif 0 <= args.seed <= _MAX_SEED - takes:
        first = args.seed
    else:
        raise RequestError(
            Sentence(
                "--seed must be from 0 to {most}, not {seed}.",
                most=_MAX_SEED - takes,
                seed=args.seed,
            )
        )
    return range(first, first + takes)


def _prompt(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(Sentence("The prompt is not readable text; type it in UTF-8.")) from None
    return text.strip()


def _sampling(args: argparse.Namespace, usual: Sampling) -> Sampling:
    """Return the model's own settings with what was asked for in place of some."""
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


def _seconds(
    args: argparse.Namespace, config: Config, kept: Kept | None, contents: Contents
) -> float:
    """Return the length asked for; by default a clip with kept stems is as long as they are."""
    if args.seconds is not None:
        return float(args.seconds)
    if kept is None:
        return config.generation.default_seconds
    seconds = kept.tokens.shape[1] / contents.config.codec.frame_rate
    return min(seconds, config.generation.max_seconds)


def _names(text: str | None) -> tuple[str, ...]:
    """Return the stems that are listed: "drums, bass"."""
    names = (text or "").lower().split(",")
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _files(out: Path | None, seeds: Sequence[int]) -> list[Path]:
    if out is None:
        return [_unused(f"zhiyin-{seed}") for seed in seeds]
    if len(seeds) == 1:
        return [out]
    return [out.with_stem(f"{out.stem}-{take}") for take in range(1, len(seeds) + 1)]


def _unused(stem: str) -> Path:
    """Return a free file name: only a name given by the user is overwritten."""
    path, count = Path(f"{stem}.mp3"), 1
    while path.exists():
        count += 1
        path = Path(f"{stem}-{count}.mp3")
    return path
