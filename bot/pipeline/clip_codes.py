"""The codes of the clips that are kept here: for the model that is loaded, and cut as their sound.

A clip's codes are worth keeping only where they say all of its sound.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.masters import SOUND_GONE
from bot.audio.prompt import AudioPrompt
from bot.domain.clips import Clip
from bot.domain.generation import Codes, Sound, Tokens
from bot.domain.status import ModelInfo
from bot.errors import SoundError
from bot.i18n.sentence import Sentence
from bot.store.store import Store

GONE = Sentence("This clip can't be split into stems: its codes are no longer stored.")
OTHER_MODEL = Sentence(
    "This clip was made by another model than the one that is loaded now, so it can't be split "
    "into stems."
)


async def load_codes(store: Store, clip: Clip, model: ModelInfo | None) -> Codes:
    """Return the codes of a clip; without a model it is not asked whose they are.

    Raises SoundError where they are gone, or belong to another model than this.
    """
    return await load_codes_at(store.clips_folder / clip.file, model)


async def load_codes_at(path: Path, model: ModelInfo | None) -> Codes:
    """Return the codes that are kept with a sound. Raises SoundError as `load_codes` does."""
    try:
        codes = await asyncio.to_thread(read_clip_codes, path)
    except SoundError:
        raise SoundError(SOUND_GONE) from None
    if codes is None:
        raise SoundError(GONE)
    if model is not None and codes.fingerprint != model.fingerprint:
        raise SoundError(OTHER_MODEL)
    return codes


def split_codes(codes: Codes, heard: AudioPrompt) -> tuple[Codes, Codes] | None:
    """Part the codes of a clip as its sound is parted: what comes before, and the end.

    The end has a frame for each that is begun. None where the codes are not all of the sound.
    """
    frames, samples = codes.tokens.shape[1], heard.source_samples
    hop, rest = divmod(samples, frames)
    if rest or not hop:
        return None
    end = heard.end.samples.shape[1]
    stop = -(-(heard.before.samples.shape[1] + end) // hop)
    cut = stop - -(-end // hop)
    before = Codes(tokens=codes.tokens[:, :cut], fingerprint=codes.fingerprint)
    return before, Codes(tokens=codes.tokens[:, cut:stop], fingerprint=codes.fingerprint)


def hold_harmony(kept: Codes, beat_frames: float | None, lead: int, frames: int) -> Tokens:
    """Return codes for so many frames that go through the bars of a sound again and again.

    They begin so many frames before the end of the bars; where there is a beat, whole beats are
    repeated.
    """
    length = kept.tokens.shape[1]
    period = length
    if beat_frames is not None:
        period = max(1, round(round(length / beat_frames) * beat_frames))
    loop = kept.tokens[:, -period:]
    # A first bar that begins with the sound lacks the breath before it.
    loop = np.pad(loop, ((0, 0), (period - loop.shape[1], 0)), mode="edge")
    return np.ascontiguousarray(loop[:, (np.arange(frames) - lead) % period])


def match_codes(sound: Sound, codes: Codes, made: Sound, before: Codes | None) -> Codes | None:
    """Return the codes of a sound that is the end of one that was made, or has more before it.

    `codes` are those of `made`, `before` those of what stands before it. None where they don't say
    all of the sound.
    """
    hop, rest = divmod(made.samples.shape[1], codes.tokens.shape[1])
    if rest or not hop or sound.samples.shape[1] % hop:
        return None
    wanted = sound.samples.shape[1] // hop
    tokens = codes.tokens
    if before is not None:
        tokens = np.concatenate([before.tokens, tokens], axis=1)
    if not 0 < wanted <= tokens.shape[1]:
        return None
    return Codes(tokens=tokens[:, -wanted:], fingerprint=codes.fingerprint)
