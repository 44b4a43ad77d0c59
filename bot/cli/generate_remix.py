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
from bot.audio.held_harmony import hold_harmony, overlap_frames, tempo_factor
from bot.audio.notation import load_notation
from bot.audio.prompt import AudioPrompt, cut_at_bars
from bot.audio.resample import fit
from bot.audio.written_analysis import read_analysis
from bot.domain.generation import MAX_GENERATION_PROMPT_CHARACTERS, Kept, Sound, Tokens
from bot.domain.jobs import REMIX_KEEP_SECONDS, Keep
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents
from bot.musicgen.engine.validation import check_tokens
from bot.words.join import TempoAndKey, join_words, keeps_tempo_and_key

KEEPS: Mapping[str, Keep] = {keep.value: keep for keep in (Keep.END, Keep.START)}
"""Parts of a file that can be kept, besides stems."""

NO_FILE = Sentence("--keep needs --audio: the sound that a part is kept of.")
NO_WORDS = Sentence("A remix needs words: say what the sound should become.")

_HEARD_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remix:
    """The beginning of a remix, and the combined prompt.

    `all_tokens` are the codes up to where it ends, those before it among them, if they are known.
    """

    heard: AudioPrompt
    all_tokens: Tokens | None
    prompt: str
    keeps_harmony: bool
    frames: int
    """The frames of the beginning."""

    @property
    def tokens(self) -> Tokens | None:
        """Return the codes of the beginning, if they are known."""
        return None if self.all_tokens is None else self.all_tokens[:, -self.frames :]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshPart:
    """A new part that is made without hearing what it follows.

    `kept` is the tempo and harmony that it keeps, `tokens` the codes of what precedes it, if known.
    It starts `overlap_samples` before the joint; `seconds` of it are generated, and played faster
    by `factor`.
    """

    kept: Kept | None
    tokens: Tokens | None
    seconds: float
    overlap_samples: int = 0
    factor: float = 1.0


def plan_fresh_part(remix: Remix, contents: Contents, seconds: float) -> FreshPart | None:
    """Return how the new part of a remix is made over the old tempo and harmony.

    None for a model that can't be told them, and goes on from what it hears.
    """
    heard, tokens, hop = remix.heard, remix.tokens, contents.config.codec.hop
    notation, has_codes = load_notation(contents.folder), tokens is not None
    if not contents.config.stems or (notation is None and not has_codes):
        return None
    if not remix.keeps_harmony:
        return FreshPart(kept=None, tokens=tokens, seconds=seconds)
    overlap = overlap_frames(heard, notation, hop, has_codes=has_codes)
    factor = 1.0 if has_codes else tempo_factor(heard, notation, hop)
    frames = round(factor * seconds * contents.config.codec.sample_rate_hz / hop)
    kept = hold_harmony(
        heard, remix.all_tokens, notation, frame_samples=hop, lead=overlap, frames=frames
    )
    if tokens is not None:
        tokens = tokens[:, : tokens.shape[1] - overlap]
    return FreshPart(
        kept=kept,
        tokens=tokens,
        seconds=factor * seconds,
        overlap_samples=overlap * hop,
        factor=factor,
    )


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
    known = None if is_cut else _tokens(path, keep, sound, contents, fingerprint)
    written, notation = None, load_notation(contents.folder)
    if known is not None and notation is not None:
        written = read_analysis(known, notation, from_start=False)
    heard = cut_at_bars(
        sound,
        REMIX_KEEP_SECONDS,
        keep,
        config.codec.hop,
        None if written is None else written.rhythm,
    )
    old = _old_words(path)
    bpm, key = detect_tempo_and_key(sound, old, written)
    prompt = join_words(
        old, asked, TempoAndKey(bpm=bpm, key=key), most=MAX_GENERATION_PROMPT_CHARACTERS
    )
    frames = -(-heard.end.samples.shape[1] // config.codec.hop)
    whole = heard.before.samples.shape[1] // config.codec.hop + frames
    return Remix(
        heard=heard,
        all_tokens=None if known is None or known.shape[1] < whole else known[:, :whole],
        prompt=prompt,
        keeps_harmony=keeps_tempo_and_key(asked),
        frames=frames,
    )


def _old_words(path: Path) -> str | None:
    """Return the prompt in a file's tags; None if Zhiyin did not make it."""
    try:
        with path.open("rb") as file:
            tags = read_tags(file)
    except OSError:
        return None
    return None if tags is None else tags.prompt


def _tokens(
    path: Path, keep: Keep, sound: Sound, contents: Contents, fingerprint: str
) -> Tokens | None:
    """Return the codes from where a sound begins, if the file is an uncut clip of this model."""
    codes = read_clip_codes(path) if fingerprint else None
    if codes is None or codes.fingerprint != fingerprint:
        return None
    check_tokens(codes.tokens, contents.config)
    codec = contents.config.codec
    frame_seconds, frames = codec.hop / codec.sample_rate_hz, codes.tokens.shape[1]
    if not is_uncut(path, frames * frame_seconds, within_seconds=frame_seconds):
        return None
    skipped = 0 if keep is Keep.START else max(0, frames - -(-sound.samples.shape[1] // codec.hop))
    return np.ascontiguousarray(codes.tokens[:, skipped:])
