"""Check the arguments of `zhiyin generate` and turn them into requests.

All errors are found before the slow loading of the model: its dimensions and default settings are
read from its folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.audio.files import encode
from bot.audio.notation import load_notation
from bot.audio.prompt import AudioPrompt
from bot.audio.written_guides import find_guides
from bot.cli.generate_audio import load_audio, load_kept, load_tokens
from bot.cli.generate_files import choose_files
from bot.cli.generate_melody import load_melody
from bot.cli.generate_options import (
    check_stream,
    read_names,
    read_prompt,
    read_sampling,
    read_seconds,
    read_seeds,
)
from bot.cli.generate_remix import KEEPS, FreshPart, load_remix, plan_fresh_part
from bot.cli.generate_words import FADE_SECONDS, most_words, read_changes
from bot.config import Config
from bot.domain.generation import (
    MAX_MIXED_PROMPTS,
    GenerationRequest,
    Kept,
    PromptChange,
    Tokens,
)
from bot.domain.request_checks import check_change, check_seconds
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.models.locate import locate
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import Contents, inspect
from bot.musicgen.engine.validation import check_endless, check_stems
from bot.words.held_words import without_tempo_and_key
from bot.words.muted_stems import muted_stems


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Checked arguments as requests, with a file for each."""

    model: str
    folder: Path
    precision: str
    requests: Sequence[GenerationRequest]
    files: Sequence[Path]
    prompt: str | None = None
    """The words of every clip; those whose meaning is held by codes are not in the requests."""
    as_loop: bool = False
    stems: tuple[str, ...] = ()
    """The stems to write beside each clip."""
    fingerprint: str = ""
    """The fingerprint of the model's codebooks, where it has stems."""
    remix: AudioPrompt | None = None
    """The beginning of each clip, for a remix."""
    fresh_part: FreshPart | None = None
    """How the rest of a remix is made, unless the model goes on from its beginning."""
    changes: tuple[PromptChange, ...] = ()
    """The prompt changes of each clip."""
    fade_seconds: float = FADE_SECONDS
    """The fade-in of prompts typed during playback, in seconds."""
    is_streamed: bool = False
    """Whether the only clip is streamed to standard output."""
    sample_rate_hz: int
    channels: int

    def stem_files(self, file: Path) -> dict[str, Path]:
        """Return the files of a clip's stems by name."""
        return {name: file.with_stem(f"{file.stem}-{name}") for name in self.stems}

    def all_tokens(self, made: Tokens) -> Tokens | None:
        """Return the codes of a whole clip, of which a part was made; None if some are unknown."""
        if self.fresh_part is None:
            return made
        before = self.fresh_part.tokens
        return None if before is None else np.concatenate([before, made], axis=1)

    @property
    def is_endless(self) -> bool:
        """Return whether it plays until stopped."""
        return self.requests[0].seconds is None

    @property
    def most_words(self) -> int:
        """Return how many prompts may change at once."""
        typed = MAX_MIXED_PROMPTS if self.is_endless else 0
        return typed + most_words(self.changes) * len(self.requests)

    @property
    def prompts(self) -> set[str] | None:
        """Return all prompts; None if more may be typed."""
        if self.is_endless:
            return None
        first = {request.prompt for request in self.requests}
        later = {text for change in self.changes for text, _ in change.words}
        return {prompt for prompt in first | later if prompt is not None}

    @property
    def seconds(self) -> float:
        """Return the total seconds of new sound."""
        return sum(request.seconds or 0.0 for request in self.requests)

    @property
    def new_seconds(self) -> float | None:
        """Return how long the new part of each clip is; None for endless music."""
        seconds = self.requests[0].seconds
        factor = 1.0 if self.fresh_part is None else self.fresh_part.factor
        return None if seconds is None else seconds / factor

    @property
    def seconds_before(self) -> float:
        """Return the seconds of sound that each clip continues from."""
        if self.remix is not None and self.fresh_part is not None:
            overlap = self.fresh_part.overlap_samples / self.fresh_part.factor / self.sample_rate_hz
            return self.remix.end.seconds - overlap
        audio = self.requests[0].audio
        return audio.seconds if audio else 0.0


def make_plan(args: argparse.Namespace, config: Config) -> Plan:
    """Check the arguments.

    Raises ZhiyinError for the first invalid one.
    """
    longest = config.generation.max_seconds
    check_stream(args)
    if args.seconds is not None:
        check_seconds(args.seconds, max_seconds=longest)
    seeds = read_seeds(args, config)
    files = choose_files(args.out, seeds)
    sources = [each for each in (args.audio, args.melody) if each is not None]
    for file in () if args.stream else files:
        encode.check(file, sources=sources)
    prompt = read_prompt(args.prompt, sys.stdin)
    model = args.model or config.model.name
    contents = inspect(locate(model, config))
    sampling = read_sampling(args, contents.sampling)
    model_config = contents.config
    mark = fingerprint(contents) if model_config.stems else ""
    if args.loop and args.stems:
        raise RequestError(
            Sentence(
                "--loop cuts the clip, and its stems would not fit it any more: leave out "
                "--loop or --stems."
            )
        )
    melody = load_melody(args, contents)
    kept, audio, audio_tokens, remix, fresh_part = None, None, None, None, None
    if args.keep in KEEPS:
        remix = load_remix(args.audio, KEEPS[args.keep], prompt, contents, mark)
        prompt, audio, audio_tokens = remix.prompt, remix.heard.end, remix.tokens
    elif args.keep is not None:
        kept = load_kept(args.audio, read_names(args.keep), contents, mark)
    elif args.audio is not None:
        most = config.generation.audio_prompt_max_seconds
        end = load_audio(args.audio, contents, max_seconds=most)
        audio = end.sound
        audio_tokens = load_tokens(args.audio, end, contents, mark)
    seconds = read_seconds(args, config, kept, contents)
    # Their stems, and what is streamed, begin with what is heard of the old.
    if remix is not None and seconds is not None and not args.stems and not args.stream:
        fresh_part = plan_fresh_part(remix, contents, seconds)
    if fresh_part is not None:
        kept, audio, audio_tokens, seconds = fresh_part.kept, None, None, fresh_part.seconds
    words = prompt
    if fresh_part is not None and kept is not None and prompt is not None:
        words = without_tempo_and_key(prompt)
    guides = None
    if audio is not None and audio_tokens is None and model_config.stems:
        notation = load_notation(contents.folder)
        if notation is not None:
            guides = find_guides(audio, model_config.codec.hop, notation, prompt)
    request = GenerationRequest(
        seconds=seconds,
        seed=seeds[0],
        prompt=words,
        audio=audio,
        audio_tokens=audio_tokens,
        audio_guides=guides,
        melody=melody,
        sampling=sampling,
        kept=kept,
        muted=_muted(args, prompt, contents, kept),
        wants_stems=args.stems,
    )
    if request.seconds is None:
        check_endless(request)
        # Fail now rather than when a line is typed.
        check_change(PromptChange(words=((None, 1.0),), fade_seconds=args.fade), None)
    check_stems(request, model_config.stems)
    plan = Plan(
        model=model,
        folder=contents.folder,
        precision=args.precision or config.engine.precision,
        requests=[dataclasses.replace(request, seed=seed) for seed in seeds],
        files=files,
        prompt=prompt,
        as_loop=args.loop,
        stems=tuple(stem.name for stem in model_config.stems) if args.stems else (),
        fingerprint=mark,
        remix=None if remix is None else remix.heard,
        fresh_part=fresh_part,
        changes=read_changes(args.then, args.fade, request.seconds),
        fade_seconds=args.fade,
        is_streamed=args.stream,
        sample_rate_hz=model_config.codec.sample_rate_hz,
        channels=model_config.decoder.audio_channels,
    )
    for file in files:
        for beside in plan.stem_files(file).values():
            encode.check(beside, sources=sources)
    return plan


def _muted(
    args: argparse.Namespace, prompt: str | None, contents: Contents, kept: Kept | None
) -> tuple[str, ...]:
    """Return the stems to mute: the named ones, or those that the prompt excludes.

    Words that change may ask for them later.
    """
    named = read_names(args.without)
    if named or args.then or args.endless:
        return named
    stems = [stem.name for stem in contents.config.stems]
    return muted_stems(prompt, stems, () if kept is None else kept.stems)
