"""Frozen values of the engine: requests in, events and sound out.

Independent of Discord, file formats and models. A person's order is in `jobs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Single-precision numbers of any shape."""

Samples = NDArray[np.float32]
"""Sound as float32 in [-1, 1], shape [channels, samples]."""

Tokens = NDArray[np.int32]
"""EnCodec codes, shape [codebooks, frames]."""

Precision = Literal["fp32", "bf16", "fp16", "int8", "int4"]
"""The number format of the decoder's weights and KV cache."""


MAX_SEED = 2**63 - 1
"""The largest seed that a request may have."""

MAX_SHORT_SEED = 2**32 - 1
"""The largest seed chosen for a request, and on Discord: short enough to copy by hand."""

MAX_GENERATION_PROMPT_CHARACTERS = 2000
"""The engine's limit of a prompt; Discord's is lower: see `domain/jobs.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A stretch of sound at a known rate."""

    samples: Samples
    sample_rate_hz: int

    @property
    def channels(self) -> int:
        """Return the number of channels."""
        return int(self.samples.shape[0])

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return float(self.samples.shape[1] / self.sample_rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen from the model's probabilities."""

    greedy: bool = False
    guidance: float = 3.0
    temperature: float = 1.0
    top_k: int = 250
    top_p: float = 1.0

    @property
    def guided(self) -> bool:
        """Return whether guidance changes anything, so that an unconditional row is needed."""
        return self.guidance > 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes of a clip, and the fingerprint of their codebooks."""

    tokens: Tokens
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Stems of an earlier clip that a new one keeps; `tokens` are all codes of the earlier clip.

    The new clip's other stems are generated; beyond the earlier clip's end, all of them are.
    """

    tokens: Tokens
    stems: tuple[str, ...]
    harmony_only: bool = False
    """Whether no stem is kept, only the guide codebooks for tempo and harmony.

    Where a guide's code is 0, which says nothing, the model chooses.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A clip to generate.

    Without prompt and audio it is a random clip. `seconds` is the length of the new sound; the
    audio prompt precedes it in the result and is not counted. None is endless music: it is
    streamed, and generated no further ahead than its subscribers read.
    """

    seconds: float | None
    seed: int
    prompt: str | None = None
    audio: Sound | None = None
    audio_tokens: Tokens | None = None
    """The codes of `audio` if known, so that it need not be encoded."""
    audio_guides: Tokens | None = None
    """What the codebooks that are no stem say of `audio`, [codebooks, frames], if it is encoded."""
    melody: Sound | None = None
    """An isolated melody to follow, at the model's sample rate, instead of `audio`."""
    sampling: Sampling = field(default_factory=Sampling)
    kept: Kept | None = None
    muted: tuple[str, ...] = ()
    """The stems that are left out of the new sound."""
    wants_stems: bool = False
    """Whether the sound of each stem alone comes with the clip."""
    ahead_seconds: float = 8.0
    """How far endless music is generated ahead of its subscribers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StemsRequest:
    """An existing clip whose stems are to be decoded separately."""

    tokens: Tokens


Request = GenerationRequest | StemsRequest


MAX_MIXED_PROMPTS = 3
"""How many prompts may be mixed; each is a row of every decoder step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptChange:
    """A new prompt for music in progress; several are mixed by their weights.

    None instead of a prompt is music without a text prompt.
    """

    words: tuple[tuple[str | None, float], ...]
    fade_seconds: float = 4.0
    """The length of the crossfade from the old prompts to the new."""
    at_seconds: float | None = None
    """The second of the new sound at which the fade begins; None is as soon as possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a request, in seconds of new sound."""

    request_id: int
    seconds_done: float
    seconds_total: float | None
    """None for endless music."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptChanged:
    """The prompt of a request starts to change, at this second of the new sound.

    The same change with this `at_seconds` generates the same music again. None: it never starts,
    since a later change replaced it.
    """

    request_id: int
    change_id: int
    at_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioChunk:
    """The next stretch of a request's sound, while the rest is being generated."""

    request_id: int
    samples: Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished request. The sound includes the audio prompt, if there was one.

    `stems` are the stems' sounds by name, if requested. The sound of a StemsRequest is empty;
    endless music has no tokens.
    """

    request_id: int
    sound: Sound
    tokens: Tokens
    stems: Mapping[str, Sound] = field(default_factory=lambda: MappingProxyType({}))


Event = Progress | PromptChanged | AudioChunk | Finished
