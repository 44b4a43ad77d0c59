"""Sample clips from the finished model through the bot's own engine, eight at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.audio.finish import detect_tempo_and_key
from bot.audio.held_harmony import hold_harmony
from bot.audio.notation import Notation, load_notation
from bot.audio.prompt import cut_at_bars
from bot.audio.written_analysis import read_analysis
from bot.audio.written_guides import find_guides
from bot.config import Config
from bot.domain.generation import (
    MAX_GENERATION_PROMPT_CHARACTERS,
    Finished,
    GenerationRequest,
    Tokens,
)
from bot.domain.generation import Sound as Clip
from bot.domain.jobs import Keep
from bot.models.opening import open_model
from bot.musicgen.engine.engine import Engine
from bot.musicgen.model import Model
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.words.held_words import without_tempo_and_key
from bot.words.join import TempoAndKey, join_words
from bot.words.muted_stems import muted_stems

AT_ONCE = 8

_MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A clip to be made; the sound of `opening` is continued, whose `codes` may be known.

    Of a remix `opening` is the whole sound, and its last `keep_seconds` lead into the new one.
    """

    prompt: str | None
    seed: int
    seconds: float = 10.0
    opening: Sound | None = None
    codes: Tokens | None = None
    keep_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """A clip that was made: its new sound, and all its codes [codebooks, frames]."""

    sound: Sound
    tokens: Tokens


class Sampler:
    """A loaded model with room for eight."""

    def __init__(
        self,
        folder: Path,
        cache: Path,
        report: Callable[[str], None],
        *,
        temperature: float | None = None,
        guidance: float | None = None,
    ) -> None:
        """Load a model; what is None is as the model has it."""
        report(f"Loading {folder}")
        self.model = _load(folder, cache, requests=AT_ONCE)
        self._stems = tuple(stem.name for stem in self.model.config.stems)
        self._notation = load_notation(folder) if self.has_stems else None
        own = self.model.sampling
        self.sampling = replace(
            own,
            temperature=own.temperature if temperature is None else temperature,
            guidance=own.guidance if guidance is None else guidance,
        )
        self._report = report

    @property
    def has_stems(self) -> bool:
        """Tell whether the model's codes are stems, and so can be read as notes."""
        return bool(self.model.config.stems)

    def make(self, requests: Sequence[SampleRequest], what: str) -> list[Take]:
        """Make clips; what comes back of one that continues is the new sound only."""
        engine = Engine(self.model, max_seconds=_MOST_SECONDS)
        made: list[Take] = []
        for start in range(0, len(requests), AT_ONCE):
            self._report(f"Making {what}, {start} of {len(requests)}")
            made += self._batch(engine, requests[start : start + AT_ONCE])
        return made

    def decoded(self, tokens: Tokens) -> Sound:
        """Return the sound of codes [codebooks, frames]."""
        return np.ascontiguousarray(self.model.codec.decode(tokens[None])[0])

    def _batch(self, engine: Engine, requests: Sequence[SampleRequest]) -> list[Take]:
        ids = [engine.submit(self._request(order)) for order in requests]
        found: dict[int, Finished] = {}
        while engine.busy:
            for event in engine.step():
                if isinstance(event, Finished):
                    found[event.request_id] = event
        return [_take(found[id_], order.seconds) for id_, order in zip(ids, requests, strict=True)]

    def _request(self, order: SampleRequest) -> GenerationRequest:
        hop = self.model.config.codec.hop
        if order.keep_seconds is not None:
            request = remix_request(order, order.keep_seconds, self._notation, hop)
            muted = muted_stems(request.prompt, self._stems, ())
            return replace(request, sampling=self.sampling, muted=muted)
        audio, guides = None, None
        if order.opening is not None:
            audio = Clip(samples=order.opening[None], sample_rate_hz=SAMPLE_RATE_HZ)
        if audio is not None and order.codes is None and self._notation is not None:
            # As the bot does with a recording.
            guides = find_guides(audio, hop, self._notation, order.prompt)
        return GenerationRequest(
            seconds=order.seconds,
            seed=order.seed,
            prompt=order.prompt,
            audio=audio,
            audio_tokens=order.codes,
            audio_guides=guides,
            sampling=self.sampling,
            # As the bot leaves drums out.
            muted=muted_stems(order.prompt, self._stems, ()),
        )


def remix_request(
    order: SampleRequest, keep_seconds: float, notation: Notation | None, hop: int
) -> GenerationRequest:
    """Return what the bot asks an engine for, of which the new part comes back.

    A model with a notation makes it afresh, over the old tempo and harmony. If there are none, or
    they can't be told, its words name them.
    """
    assert order.opening is not None and order.prompt is not None
    sound = Clip(samples=order.opening[None], sample_rate_hz=SAMPLE_RATE_HZ)
    written = None
    if notation is not None and order.codes is not None:
        written = read_analysis(order.codes, notation, from_start=False)
    rhythm = None if written is None else written.rhythm
    heard = cut_at_bars(sound, keep_seconds, Keep.END, hop, rhythm)
    kept = None
    if notation is not None:
        tokens = None
        if order.codes is not None:
            joint = (heard.before.samples.shape[1] + heard.end.samples.shape[1]) // hop
            tokens = order.codes[:, :joint]
        frames = round(order.seconds * SAMPLE_RATE_HZ / hop)
        kept = hold_harmony(heard, tokens, notation, frame_samples=hop, lead=0, frames=frames)
    bpm, key = detect_tempo_and_key(sound, None, written)
    words: str | None = join_words(
        None, order.prompt, TempoAndKey(bpm=bpm, key=key), most=MAX_GENERATION_PROMPT_CHARACTERS
    )
    if kept is not None and words is not None:
        words = without_tempo_and_key(words)
    audio = heard.end if notation is None else None
    return GenerationRequest(
        seconds=order.seconds, seed=order.seed, prompt=words, audio=audio, kept=kept
    )


def _take(finished: Finished, seconds: float) -> Take:
    whole = finished.sound.samples[0]
    return Take(whole[-round(seconds * SAMPLE_RATE_HZ) :], finished.tokens)


def pace(folder: Path, cache: Path, seconds: float, prompt: str) -> float:
    """Return the seconds of sound that a single request gets per second of the wall clock.

    From handing it in to its last sample, at the model's own settings, everything compiled.
    """
    model = _load(folder, cache, requests=1)
    engine = Engine(model, max_seconds=_MOST_SECONDS)
    usual = GenerationRequest(seconds=1.0, seed=1, prompt="warm up", sampling=model.sampling)
    _run(engine, usual)
    begun = time.perf_counter()
    _run(engine, replace(usual, seconds=seconds, prompt=prompt))
    return seconds / (time.perf_counter() - begun)


def _run(engine: Engine, request: GenerationRequest) -> None:
    engine.submit(request)
    while engine.busy:
        engine.step()


def _load(folder: Path, cache: Path, *, requests: int) -> Model:
    model, _ = open_model(Config(), folder, slots=requests, precision="fp32", cache=cache)
    assert (model.channels, model.sample_rate_hz) == (1, SAMPLE_RATE_HZ), "not the starter's format"
    return model
