"""Load, read, cut and match the EnCodec codes that are stored with clips.

Codes are stored only if they cover all of a clip's sound.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.masters import SOUND_GONE
from bot.audio.notation import Notation
from bot.audio.prompt import AudioPrompt
from bot.audio.written_analysis import WrittenAnalysis, read_analysis
from bot.domain.clips import Clip
from bot.domain.generation import Codes, Sound
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
    """Return the codes of a clip; with `model` None any model's codes are accepted.

    Raises SoundError if they are deleted or belong to another model.
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


async def analyse_clip(
    store: Store, clip: Clip, model: ModelInfo | None, notation: Notation | None
) -> WrittenAnalysis | None:
    """Return what a clip's codes say of its tempo, bars and key.

    None where they aren't kept, aren't notes, or are those of another model.
    """
    if notation is None or not clip.stems or model is None:
        return None
    try:
        codes = await load_codes(store, clip, model)
    except SoundError:
        return None
    is_part = bool(clip.parent_ids) or clip.upload_name is not None
    return await asyncio.to_thread(read_analysis, codes.tokens, notation, from_start=not is_part)


def split_codes(codes: Codes, heard: AudioPrompt) -> tuple[Codes, Codes] | None:
    """Split a clip's codes where its sound was split: what comes before, and the audio prompt.

    The prompt's codes include a partly filled frame at its start. Returns None if the codes don't
    cover all of the sound.
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


def match_codes(sound: Sound, codes: Codes, made: Sound, before: Codes | None) -> Codes | None:
    """Return the codes of a sound that is the end of a generated one, or that follows other sound.

    `codes` belong to `made`, `before` to what precedes it. None if they don't cover all of the
    sound.
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
