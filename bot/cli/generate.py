"""The command `zhiyin generate`: sound files from a prompt, from a sound file, or from neither."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot.audio.editing.joint import follow_joint, join_new_part
from bot.audio.editing.playback import prepare_clip, prepare_stems
from bot.audio.files import codes, encode
from bot.audio.files.wav_stream import WavStream
from bot.audio.finish import finish
from bot.audio.held_harmony import join_over_overlap
from bot.audio.notation import load_notation
from bot.audio.written_analysis import WrittenAnalysis, read_analysis
from bot.cli import console
from bot.cli.generate_plan import Plan, make_plan
from bot.cli.generate_stream import open_stream
from bot.cli.generate_summary import summary
from bot.cli.generate_unknown import print_unknown_words
from bot.cli.generate_words import TypedWords, describe_change
from bot.cli.interrupts import Interrupts
from bot.cli.terminal_language import print_sentence
from bot.config import Config
from bot.domain.clips import Tags
from bot.domain.engine import Engine
from bot.domain.generation import (
    Codes,
    Finished,
    GenerationRequest,
    Progress,
    PromptChange,
    PromptChanged,
    Sound,
    Tokens,
)
from bot.domain.progress import Reporter
from bot.errors import RequestError
from bot.i18n.sentence import Plural, Sentence
from bot.models import opening


class OpenEngine(Protocol):
    """Opens the engine of a plan."""

    def __call__(self, plan: Plan, config: Config, interrupts: Interrupts) -> Engine:
        """Load the model and return its engine."""


def open_engine(plan: Plan, config: Config, interrupts: Interrupts) -> Engine:
    """Load the model of a plan, with room for all its requests at once."""
    # Warm up before the timer starts, so that the ETA depends on generation alone.
    engine, _ = opening.open_engine(
        config,
        name=plan.model,
        folder=plan.folder,
        slots=len(plan.requests),
        precision=plan.precision,
        prompts=plan.prompts,
        most_words=plan.most_words,
        warming=interrupts.deferred(),
    )
    interrupts.check()
    return engine


def run(
    args: argparse.Namespace,
    config: Config,
    interrupts: Interrupts,
    *,
    open_engine: OpenEngine = open_engine,
) -> int:
    """Make the clips and write them; return the exit code."""
    plan = make_plan(args, config)
    print_unknown_words(plan.model, plan.folder, plan.prompt)
    with console.reporter(sys.stderr) as report, open_stream(plan, interrupts) as stream:
        started = time.monotonic()
        report.stage(Sentence("Loading {model}", model=plan.model))
        engine = open_engine(plan, config, interrupts)
        loaded = time.monotonic()
        report.stage(_making(plan))
        typed = TypedWords(_typed_at() if plan.is_endless else None, plan.fade_seconds)
        with interrupts.deferred():
            clips_made = make(
                engine, plan.requests, report, interrupts, stream, changes=plan.changes, typed=typed
            )
        finished = time.monotonic()
        if plan.is_streamed:
            lengths = [made.sound.seconds for made in clips_made]
        else:
            lengths = [
                write(plan, request, file, made, config.sound.loudness_lufs)
                for request, file, made in zip(plan.requests, plan.files, clips_made, strict=True)
            ]
    for line in summary(plan, lengths, loading=loaded - started, making=finished - loaded):
        print_sentence(line, sys.stderr if plan.is_streamed else sys.stdout)
    return 0


def _making(plan: Plan) -> Sentence:
    if plan.is_endless:
        return Sentence("Making music until Ctrl-C; type other words and they are heard soon")
    return Plural(
        "Making a clip of {seconds:g} s",
        "Making {n} clips of {seconds:g} s",
        n=len(plan.requests),
        seconds=plan.new_seconds or 0.0,
    )


def _typed_at() -> int | None:
    """Return the file descriptor of typed input, or None."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def make(
    engine: Engine,
    requests: Sequence[GenerationRequest],
    report: Reporter,
    interrupts: Interrupts,
    stream: WavStream | None = None,
    *,
    changes: Sequence[PromptChange] = (),
    typed: TypedWords | None = None,
) -> list[Finished]:
    """Run all requests at once and return their clips in order; `stream` gets the partial sound.

    Prompts change by `changes` in every clip, and by typed lines in the first one.
    """
    typed = typed or TypedWords(None, 0.0)
    total = sum(request.seconds or 0.0 for request in requests)
    ids = [engine.submit(request) for request in requests]
    asked = {engine.change_prompt(id_, change): change for id_ in ids for change in changes}
    done = dict.fromkeys(ids, 0.0)
    taken = 0
    clips: dict[int, Finished] = {}
    while engine.busy:
        interrupts.check()
        for line in typed.read():
            try:
                change = typed.change(line)
                asked[engine.change_prompt(ids[0], change)] = change
            except RequestError as error:  # the other lines are still used
                report.stage(error.sentence)
        for event in engine.step():
            if isinstance(event, Progress):
                done[event.request_id] = event.seconds_done
            elif isinstance(event, Finished):
                clips[event.request_id] = event
            elif isinstance(event, PromptChanged):
                if stream is not None and event.at_seconds is not None:
                    report.stage(describe_change(asked[event.change_id], event.at_seconds))
            elif stream is not None:
                stream.append(event.samples)
                taken += event.samples.shape[1]
                engine.note_taken(event.request_id, taken / stream.sample_rate_hz)
        if total:
            report.made(sum(done.values()), total)
    return [clips[id_] for id_ in ids]


def write(
    plan: Plan, request: GenerationRequest, file: Path, made: Finished, loudness_lufs: float
) -> float:
    """Normalize a clip and write it with tags of how it was made; return its seconds.

    Its stems are written beside it, with the same gain.
    """
    sound = made.sound
    if request.audio is not None:
        beat_seconds = None if plan.remix is None else plan.remix.beat_seconds
        sound = join_new_part(request.audio, sound, beat_seconds)
    elif plan.remix is not None and plan.fresh_part is not None:
        fresh_part = plan.fresh_part
        sound = join_over_overlap(
            plan.remix, sound, fresh_part.overlap_samples, factor=fresh_part.factor
        )
    tokens = plan.all_tokens(made.tokens)
    is_new = request.audio is None and plan.remix is None
    written = _read_codes(plan, sound, tokens, from_start=is_new)
    done = finish(sound, as_loop=plan.as_loop, prompt=plan.prompt, written=written)
    tags = Tags(
        prompt=plan.prompt,
        seed=request.seed,
        model=plan.model,
        kind="remix" if plan.remix is not None else _kind(request),
        guidance=request.sampling.guidance,
        temperature=request.sampling.temperature,
        top_k=request.sampling.top_k,
        bpm=done.bpm,
        key=done.key,
        loops=done.loops,
    )
    packed = None
    # A loop is cut, so its codes don't match.
    if plan.fingerprint and tokens is not None and not done.loops:
        packed = codes.pack_codes(Codes(tokens=tokens, fingerprint=plan.fingerprint))
    if not plan.stems:
        clip = prepare_clip(done.sound, loudness_lufs, loops=done.loops)
    else:
        sounds = {name: made.stems[name] for name in plan.stems}
        sounds = follow_joint(done.sound, sounds, plan.seconds_before)
        clip, stems = prepare_stems(done.sound, sounds, loudness_lufs, loops=done.loops)
        for name, beside in plan.stem_files(file).items():
            encode.write(beside, stems[name], replace(tags, stem=name))
    encode.write(file, clip, tags, packed)
    return done.sound.seconds


def _read_codes(
    plan: Plan, sound: Sound, tokens: Tokens | None, *, from_start: bool
) -> WrittenAnalysis | None:
    """Return what the codes of a whole sound say of its tempo, bars and key."""
    notation = load_notation(plan.folder)
    if notation is None or tokens is None:
        return None
    frame_seconds = 1 / notation.frames_per_second
    is_whole = abs(tokens.shape[1] * frame_seconds - sound.seconds) < frame_seconds
    return read_analysis(tokens, notation, from_start=from_start) if is_whole else None


def _kind(request: GenerationRequest) -> str:
    if request.kept is not None:
        return "remix"
    return "random" if request.prompt is None and request.audio is None else "music"
