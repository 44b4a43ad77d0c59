"""Why a worker can't be used, as sentences, and the backoff before the next start."""

from __future__ import annotations

from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence

CANT_START = Sentence(
    "The music engine can't be started on this machine; its owner can see why in the log."
)
NOT_READY = Sentence(
    "The music engine is taking too long to start. I'm trying again; my owner can see more in the "
    "log."
)
OTHER_VERSION = Sentence(
    "The music engine runs another version of Zhiyin than the bot does; its owner can see "
    "more in the log."
)
NOBODY = Sentence(
    "No machine that makes music is there just now; your clip is made as soon as one has joined."
)
OTHER_VERSION_THERE = Sentence(
    "{host} runs another version of Zhiyin than the bot: bring both to the same one."
)
OTHER_MODEL = Sentence(
    "{host} has loaded another model than the bot's other workers: {theirs}, not {ours}. The same "
    "seed would make another clip there."
)
OTHER_PRECISION = Sentence(
    "{host} computes in {theirs} and the bot's other workers in {ours}, so the same seed would "
    "sound different there. worker.other_precisions = true allows it."
)

_MAX_BACKOFF_SECONDS = 60.0


class CannotStart(OSError):
    """No worker can be started now."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class MachineLost(EOFError):
    """A joined machine has left or failed, with its worker; no job of its is the cause."""


class WorkerRefused(Exception):
    """A worker can't be used beside the others."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def backoff_seconds(failures: int) -> float:
    """Return the wait before the next start, after that many failures in a row."""
    # Cap the exponent: 2.0 ** failures overflows after about 1,000 failures.
    grown = 2.0 ** min(failures - 2, 10)
    return min(_MAX_BACKOFF_SECONDS, grown) if failures > 1 else 0.0


def refuse_model(
    info: ModelInfo, reference: ModelInfo | None, host: str, *, other_precisions: bool
) -> Sentence | None:
    """Return why a worker's model can't be used beside the reference; None if it can."""
    if reference is None:
        return None
    if _identity(info) != _identity(reference):
        return OTHER_MODEL.fill(host=host, theirs=info.name, ours=reference.name)
    if info.arithmetic != reference.arithmetic and not other_precisions:
        return OTHER_PRECISION.fill(host=host, theirs=info.arithmetic, ours=reference.arithmetic)
    return None


def check_model(
    info: ModelInfo, reference: ModelInfo | None, host: str, *, other_precisions: bool
) -> None:
    """Raise WorkerRefused if a worker's model can't be used beside the reference."""
    refused = refuse_model(info, reference, host, other_precisions=other_precisions)
    if refused is not None:
        raise WorkerRefused(refused)


def _identity(info: ModelInfo) -> tuple[object, ...]:
    return (info.name, info.weights, info.channels, info.sample_rate_hz, info.stems, info.sampling)
