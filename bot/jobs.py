"""The frozen values of the engine: what is asked of it, and what comes back.

Nothing here knows Discord, a file format or the model. What people order is in `orders.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Sound as float32 in [-1, 1], shape [channels, samples]."""

Tokens = NDArray[np.int32]
"""EnCodec codes, shape [codebooks, frames]."""

Precision = Literal["fp32", "bf16", "int8"]
"""What the decoder's weights, and what it keeps of the past, are rounded to."""


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
        """Tell whether guidance changes anything, so that an unconditional row is needed."""
        return self.guidance > 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One clip to be made.

    Without prompt and audio it is a random clip. `seconds` is the length of the new sound;
    the audio prompt comes before it in the result and is not counted.
    """

    seconds: float
    seed: int
    prompt: str | None = None
    audio: Sound | None = None
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request has come further: seconds of new sound made, of those asked for."""

    request_id: int
    seconds_done: float
    seconds_total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The next stretch of a request's sound, while the rest is still being made."""

    request_id: int
    samples: Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A request is done. The sound is the audio prompt's, if there was one, and the new."""

    request_id: int
    sound: Sound
    tokens: Tokens


Event = Progress | Piece | Finished
