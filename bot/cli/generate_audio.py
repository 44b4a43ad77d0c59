"""Read the file of `zhiyin generate --audio`: sound to continue, or a clip to keep stems of."""

from __future__ import annotations

from pathlib import Path

from bot.audio.files import decode
from bot.audio.files.clip_file import is_uncut, read_clip_codes
from bot.audio.untrusted.reading import FileEnd
from bot.domain.generation import Kept, Tokens
from bot.errors import RequestError, SoundError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents
from bot.musicgen.checkpoint.stems import check_stem_names
from bot.musicgen.engine.validation import OTHER_CODES, check_tokens


def load_audio(path: Path, contents: Contents, *, max_seconds: float) -> FileEnd:
    """Return the end of a sound file at a model's rate and channels. Raises SoundError."""
    config = contents.config
    return decode.load_end(
        path,
        keep_seconds=max_seconds,
        sample_rate_hz=config.codec.sample_rate_hz,
        channels=config.decoder.audio_channels,
    )


def load_tokens(path: Path, end: FileEnd, contents: Contents, fingerprint: str) -> Tokens | None:
    """Return the codes of that end, if the file is an uncut clip of this very model.

    `fingerprint` is that of the model's codebooks, "" for a model without stems. Raises
    RequestError for codes that the model can't have.
    """
    codec = contents.config.codec
    codes = read_clip_codes(path) if fingerprint else None
    if codes is None or codes.fingerprint != fingerprint or end.is_cut:
        return None
    check_tokens(codes.tokens, contents.config)
    frame_seconds = codec.hop / codec.sample_rate_hz
    frames = -(-end.sound.samples.shape[1] // codec.hop)
    seconds = codes.tokens.shape[1] * frame_seconds
    if frames > codes.tokens.shape[1] or not is_uncut(path, seconds, within_seconds=frame_seconds):
        return None
    return codes.tokens[:, -frames:]


def load_kept(
    path: Path | None, stems: tuple[str, ...], contents: Contents, fingerprint: str
) -> Kept:
    """Return the stems of a clip to keep, from the codes in its file.

    Raises RequestError and SoundError if that is impossible.
    """
    check_stem_names(stems, contents.config.stems)
    if path is None:
        raise RequestError(Sentence("--keep needs --audio: the clip whose stems are kept."))
    codes = read_clip_codes(path)
    if codes is None:
        raise SoundError(
            Sentence(
                "{name} doesn't tell its codes, so its stems can't be kept: only whole clips "
                "of a model with stems do.",
                name=path.name,
            )
        )
    if codes.fingerprint != fingerprint:
        raise SoundError(OTHER_CODES)
    check_tokens(codes.tokens, contents.config)
    return Kept(tokens=codes.tokens, stems=stems)
