"""Read the file of a remix: `zhiyin generate --audio FILE --keep end` (or `start`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.audio.files import decode
from bot.audio.files.clip_file import is_uncut, read_clip_codes
from bot.audio.files.tags import read_tags
from bot.audio.finish import detect_tempo_and_key
from bot.audio.prompt import AudioPrompt, cut_at_bars
from bot.audio.resample import fit
from bot.domain.generation import MAX_GENERATION_PROMPT_CHARACTERS, Sound, Tokens
from bot.domain.jobs import REMIX_KEEP_SECONDS, Keep
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents
from bot.musicgen.engine.validation import check_tokens
from bot.words.join import TempoAndKey, join_words

KEEPS: Mapping[str, Keep] = {keep.value: keep for keep in (Keep.END, Keep.START)}
"""Parts of a file that can be kept, besides stems."""

NO_FILE = Sentence("--keep needs --audio: the sound that a part is kept of.")
NO_WORDS = Sentence("A remix needs words: say what the sound should become.")

_HEARD_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remix:
    """The beginning of a remix, its codes if known, and the combined prompt."""

    heard: AudioPrompt
    tokens: Tokens | None
    prompt: str


def load_remix(
    path: Path | None, keep: Keep, asked: str | None, contents: Contents, fingerprint: str
) -> Remix:
    """Return the bars of a file that a remix keeps, and its prompt combined with the file's own.

    `fingerprint` is that of the model's codebooks, "" for a model without stems. Raises
    RequestError and SoundError.
    """
    if path is None:
        raise RequestError(NO_FILE)
    if asked is None:
        raise RequestError(NO_WORDS)
    config = contents.config
    rate_hz, channels = config.codec.sample_rate_hz, config.decoder.audio_channels
    if keep is Keep.START:
        part = decode.load_part(path, end_seconds=_HEARD_SECONDS)
        sound, is_cut = fit(part.sound, sample_rate_hz=rate_hz, channels=channels), False
    else:
        end = decode.load_end(
            path, keep_seconds=_HEARD_SECONDS, sample_rate_hz=rate_hz, channels=channels
        )
        sound, is_cut = end.sound, end.is_cut
    heard = cut_at_bars(sound, REMIX_KEEP_SECONDS, keep, config.codec.hop)
    old = _old_words(path)
    bpm, key = detect_tempo_and_key(sound, old)
    prompt = join_words(
        old, asked, TempoAndKey(bpm=bpm, key=key), most=MAX_GENERATION_PROMPT_CHARACTERS
    )
    tokens = None if is_cut else _tokens(path, keep, sound, heard, contents, fingerprint)
    return Remix(heard=heard, tokens=tokens, prompt=prompt)


def _old_words(path: Path) -> str | None:
    """Return the prompt in a file's tags; None if Zhiyin did not make it."""
    try:
        with path.open("rb") as file:
            tags = read_tags(file)
    except OSError:
        return None
    return None if tags is None else tags.prompt


def _tokens(
    path: Path,
    keep: Keep,
    sound: Sound,
    heard: AudioPrompt,
    contents: Contents,
    fingerprint: str,
) -> Tokens | None:
    """Return the codes of the bars, if the file is an uncut clip of this very model."""
    codes = read_clip_codes(path) if fingerprint else None
    if codes is None or codes.fingerprint != fingerprint:
        return None
    check_tokens(codes.tokens, contents.config)
    codec = contents.config.codec
    frame_seconds, frames = codec.hop / codec.sample_rate_hz, codes.tokens.shape[1]
    if not is_uncut(path, frames * frame_seconds, within_seconds=frame_seconds):
        return None
    skipped = 0 if keep is Keep.START else max(0, frames - -(-sound.samples.shape[1] // codec.hop))
    first = skipped + heard.before.samples.shape[1] // codec.hop
    count = -(-heard.end.samples.shape[1] // codec.hop)
    found: Tokens = np.ascontiguousarray(codes.tokens[:, first : first + count])
    return found if found.shape[1] == count else None
