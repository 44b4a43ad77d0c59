"""Validate requests before they are accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bot.domain.generation import GenerationRequest, Sound, Tokens
from bot.domain.request_checks import (
    check_prompt,
    check_sampling,
    check_seconds,
    check_seed,
    is_number,
)
from bot.errors import RequestError, SoundError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.stems import Stem, check_stem_names, guide_codebooks

if TYPE_CHECKING:  # so that the checks don't import MindSpore
    from bot.musicgen.model import Model

OTHER_CODES = Sentence("The codes of this clip are those of another model.")


NO_MELODY = Sentence(
    "This model can't follow a melody: facebook/musicgen-melody and the others with melody in "
    "their name can."
)
MELODY_OR_AUDIO = Sentence("Continue a sound, or follow its melody: choose one.")

MIN_AHEAD_SECONDS, MAX_AHEAD_SECONDS = 2.0, 60.0
"""How far endless music may be made ahead: less would be less than a piece of its sound."""


def check_request(request: GenerationRequest, model: Model, *, max_seconds: float) -> None:
    """Raise RequestError or SoundError for an invalid request."""
    if request.seconds is None:
        check_endless(request)
    else:
        check_seconds(request.seconds, max_seconds=max_seconds)
    check_sampling(request.sampling)
    if request.prompt is not None:
        check_prompt(request.prompt)
    check_seed(request.seed)
    config = model.config
    check_stems(request, config.stems)
    check_melody(request, model)
    if request.kept is not None:
        check_tokens(request.kept.tokens, config)
    if request.audio is not None:
        _check_audio(request.audio, model)
        frames = -(-request.audio.samples.shape[1] // config.codec.hop)
        if request.audio_tokens is not None:
            check_tokens(request.audio_tokens, config)
            if request.audio_tokens.shape[1] != frames:
                raise RequestError(
                    Sentence("The codes of the audio prompt are not as long as its sound.")
                )
        if request.audio_guides is not None:
            _check_guides(request.audio_guides, frames, config)


def check_melody(request: GenerationRequest, model: Model) -> None:
    """Raise RequestError or SoundError for a melody that the model can't follow."""
    melody = request.melody
    if melody is None:
        return
    if model.config.melody is None:
        raise RequestError(NO_MELODY)
    if request.audio is not None:
        raise RequestError(MELODY_OR_AUDIO)
    if melody.samples.ndim != 2 or melody.samples.size == 0:
        raise SoundError(Sentence("The melody holds no sound."))
    if not np.isfinite(melody.samples).all():
        raise SoundError(Sentence("The melody holds values that are not sound (NaN or infinity)."))
    if melody.sample_rate_hz != model.sample_rate_hz:
        raise SoundError(
            Sentence(
                "The melody must be at {sample_rate_hz} Hz for this model.",
                sample_rate_hz=model.sample_rate_hz,
            )
        )


def check_endless(request: GenerationRequest) -> None:
    """Raise RequestError for options that endless music can't have."""
    if request.wants_stems or request.kept is not None:
        raise RequestError(Sentence("Endless music has no stems to keep or to split."))
    if not is_number(request.ahead_seconds, MIN_AHEAD_SECONDS, MAX_AHEAD_SECONDS):
        raise RequestError(
            Sentence(
                "Endless music is made from {least:g} to {most:g} seconds ahead.",
                least=MIN_AHEAD_SECONDS,
                most=MAX_AHEAD_SECONDS,
            )
        )


def check_stems(request: GenerationRequest, stems: Sequence[Stem]) -> None:
    """Raise RequestError for stems that the model can't keep, mute or separate."""
    if request.kept is None and not request.muted and not request.wants_stems:
        return
    kept = () if request.kept is None else request.kept.stems
    check_stem_names([*kept, *request.muted], stems)
    if request.kept is not None:
        if not kept and not request.kept.harmony_only:
            raise RequestError(Sentence("Say which stems to keep."))
        if request.audio is not None:
            raise RequestError(Sentence("Continue a clip, or keep stems of it: choose one."))
    both = next((name for name in kept if name in request.muted), None)
    if both is not None:
        raise RequestError(
            Sentence("The stem '{both}' can be kept or left out: choose one.", both=both)
        )
    if {*kept, *request.muted} == {stem.name for stem in stems}:
        raise RequestError(
            Sentence("Every stem is kept or left out: leave at least one to be made anew.")
        )


def check_tokens(tokens: Tokens, config: ModelConfig) -> None:
    """Raise RequestError for codes that don't fit the model."""
    right = tokens.ndim == 2 and tokens.shape[0] == config.decoder.codebooks and tokens.size > 0
    right = right and np.issubdtype(tokens.dtype, np.integer)
    if not right or tokens.min() < 0 or tokens.max() >= config.decoder.vocab_size:
        raise RequestError(OTHER_CODES)


def _check_guides(guides: Tokens, frames: int, config: ModelConfig) -> None:
    codebooks = len(guide_codebooks(config.stems, config.decoder.codebooks))
    right = config.stems and guides.shape == (codebooks, frames)
    right = right and np.issubdtype(guides.dtype, np.integer)
    if not right or guides.min() < 0 or guides.max() >= config.decoder.vocab_size:
        raise RequestError(OTHER_CODES)


def _check_audio(sound: Sound, model: Model) -> None:
    if sound.samples.ndim != 2 or sound.samples.shape[1] == 0:
        raise SoundError(Sentence("The audio prompt holds no sound."))
    if not np.isfinite(sound.samples).all():
        raise SoundError(
            Sentence("The audio prompt holds values that are not sound (NaN or infinity).")
        )
    if sound.sample_rate_hz != model.sample_rate_hz or sound.channels != model.channels:
        raise SoundError(
            Sentence(
                "The audio prompt must have {channels} channel(s) at {sample_rate_hz} Hz for "
                "this model.",
                channels=model.channels,
                sample_rate_hz=model.sample_rate_hz,
            )
        )
