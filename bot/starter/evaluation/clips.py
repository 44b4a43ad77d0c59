"""Clips as they are measured: listened to once, every section looks at what was heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.key import PROFILES, correlate_profiles
from bot.domain.generation import Floats
from bot.starter.evaluation.features import (
    Sanity,
    Sound,
    decibels,
    measure_sanity,
    measure_spectra,
)
from bot.starter.evaluation.held_out_prompts import Prompt
from bot.starter.evaluation.listener import ClipAnalysis, Listener
from bot.starter.evaluation.note_score import Score
from bot.starter.evaluation.similarity import Traces, measure_traces

_BRIGHT_BAND = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip of a prompt, what is heard in it, and its notes where its codes tell them.

    `minor` is how much better the best minor key fits than the best major one, `bright_db` how
    loud the upper half of the bands is against the whole.
    """

    prompt: Prompt
    sound: Sound
    analysis: ClipAnalysis
    sane: Sanity
    traces: Traces
    chroma: Floats
    minor: float
    bright_db: float
    score: Score | None = None


def analyse_clip(
    listener: Listener, prompt: Prompt, sound: Sound, score: Score | None = None
) -> Clip:
    """Listen to a clip."""
    shown = measure_spectra(sound)
    chroma = shown.chroma.mean(axis=0)
    major, minor = correlate_profiles(chroma, PROFILES).max(axis=1)
    bands = shown.mel.mean(axis=0)
    bright = float(bands[_BRIGHT_BAND:].sum()) / max(float(bands.sum()), 1e-9)
    return Clip(
        prompt=prompt,
        sound=sound,
        analysis=listener.analyse_spectra(shown),
        sane=measure_sanity(sound, shown),
        traces=measure_traces(shown),
        chroma=chroma,
        minor=float(minor - major),
        bright_db=float(decibels(np.array(bright))),
        score=score,
    )
