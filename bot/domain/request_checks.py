"""Validate requests, including their types, whoever sent them.

The same checks run before the queue and before the engine.
"""

from __future__ import annotations

import numpy as np

from bot.domain.generation import (
    MAX_GENERATION_PROMPT_CHARACTERS,
    MAX_MIXED_PROMPTS,
    MAX_SEED,
    PromptChange,
    Sampling,
)
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

# Beyond these bounds the result does not change, and logits may overflow fp32.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.01, 100.0
MAX_GUIDANCE = 100.0
MAX_TOP_K = 1_000_000

MAX_FADE_SECONDS = 600.0
MAX_WEIGHT = 1e6
MAX_CHANGE_AT_SECONDS = 1e9

OVER = Sentence("This music is over: its words can't be changed any more.")


def is_number(value: object, least: float, most: float) -> bool:
    """Return whether a value is a number within bounds; a NaN is not."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return False
    return bool(least <= value <= most)


def is_whole_number(value: object, least: int, most: int) -> bool:
    """Return whether a value is an integer within bounds."""
    return isinstance(value, (int, np.integer)) and is_number(value, least, most)


def check_prompt(prompt: str) -> None:
    """Raise RequestError for a prompt that is too long or not a text."""
    if not isinstance(prompt, str) or len(prompt) > MAX_GENERATION_PROMPT_CHARACTERS:
        raise RequestError(
            Sentence(
                "A prompt has at most {max_prompt_characters} characters.",
                max_prompt_characters=MAX_GENERATION_PROMPT_CHARACTERS,
            )
        )


def check_seed(seed: int, most: int = MAX_SEED) -> None:
    """Raise RequestError for an invalid seed, of any size."""
    if not is_whole_number(seed, 0, most):
        raise RequestError(Sentence("The seed is a whole number from 0 to {most}.", most=str(most)))


def check_seconds(seconds: float, *, max_seconds: float) -> None:
    """Raise RequestError for an invalid length."""
    if not (is_number(seconds, 0, max_seconds) and seconds > 0):
        raise RequestError(
            Sentence(
                "The length must be above 0 and at most {max_seconds:g} seconds.",
                max_seconds=max_seconds,
            )
        )


def check_sampling(sampling: Sampling) -> None:
    """Raise RequestError for invalid sampling settings."""
    if not is_number(sampling.temperature, MIN_TEMPERATURE, MAX_TEMPERATURE):
        raise RequestError(
            Sentence(
                "The temperature must be from {least_temperature:g} to {max_temperature:g}; 1 "
                "is usual.",
                least_temperature=MIN_TEMPERATURE,
                max_temperature=MAX_TEMPERATURE,
            )
        )
    if not is_whole_number(sampling.top_k, 0, MAX_TOP_K):
        raise RequestError(
            Sentence("Top-k must be from 0 (everything) to {most}; 250 is usual.", most=MAX_TOP_K)
        )
    if not (is_number(sampling.top_p, 0, 1) and sampling.top_p > 0):
        raise RequestError(Sentence("Top-p must be above 0 and at most 1 (everything)."))
    if not is_number(sampling.guidance, 1, MAX_GUIDANCE):
        raise RequestError(
            Sentence(
                "Guidance must be from 1 (none) to {max_guidance:g}; 3 is usual.",
                max_guidance=MAX_GUIDANCE,
            )
        )


def check_change(change: PromptChange, music_seconds: float | None) -> None:
    """Raise RequestError for an invalid prompt change; endless music has no `music_seconds`."""
    words = change.words
    if not 1 <= len(words) <= MAX_MIXED_PROMPTS:
        raise RequestError(
            Sentence("From 1 to {most} prompts can be mixed.", most=MAX_MIXED_PROMPTS)
        )
    for text, weight in words:
        if text is not None:
            check_prompt(text)
        if not (is_number(weight, 0, MAX_WEIGHT) and weight > 0):
            raise RequestError(
                Sentence("A prompt's weight must be above 0 and at most {most:g}.", most=MAX_WEIGHT)
            )
    if not is_number(change.fade_seconds, 0, MAX_FADE_SECONDS):
        raise RequestError(
            Sentence("A fade takes from 0 to {most:g} seconds.", most=MAX_FADE_SECONDS)
        )
    begin = change.at_seconds
    if begin is None:
        return
    if not (is_number(begin, 0, MAX_CHANGE_AT_SECONDS)):
        raise RequestError(Sentence("Words change at a second of the music from 0 on."))
    if music_seconds is not None and begin >= music_seconds:
        raise RequestError(
            Sentence(
                "The words can't change at {begin:g} s: the music is over at {seconds:g} s.",
                begin=begin,
                seconds=music_seconds,
            )
        )
