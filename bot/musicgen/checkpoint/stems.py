"""The stems of a model: drums, bass and so on, each made of some of its codebooks.

A checkpoint defines them in its config.json by the key "stems": {"drums": [2], "bass": [3]}. The
codebooks of a stem are decoded independently of other stems, and their code 0 is silence. A
codebook in no stem is a guide: it is not decoded, and tells the others the position in the music.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.domain.generation import GenerationRequest, Tokens
from bot.errors import CheckpointError, RequestError
from bot.i18n.sentence import Sentence

SILENCE = 0
"""The code for silence in every codebook of a stem."""

UNKNOWN = 0
"""The code of a guide that says nothing."""

FREE = -1
"""Marks tokens that the model chooses."""

NO_STEMS = Sentence("This model makes no stems: its music can't be split.")

_KEY = "stems"
_NAME = re.compile(r"[a-z][a-z0-9 ]{0,31}")
_MOST = 16


@dataclass(frozen=True, slots=True)
class Stem:
    """A separately audible part of the music, and its codebooks."""

    name: str
    codebooks: tuple[int, ...]


def parse_stems(config: Mapping[str, Any], codebooks: int, channels: int) -> tuple[Stem, ...]:
    """Read a model's stems from the contents of its config.json; empty for most models.

    Raises CheckpointError for codebooks that don't exist or are in two stems, and for stereo.
    """
    value = config.get(_KEY)
    if value is None:
        return ()
    if not isinstance(value, Mapping) or not 0 < len(value) <= _MOST:
        raise _wrong(value, f"it must name from 1 to {_MOST} stems, each with its codebooks")
    if channels != 1:
        raise _wrong(value, "only a mono model can have stems")
    taken: set[int] = set()
    for name, books in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _wrong(value, "a name must be of small letters, digits and spaces")
        if not isinstance(books, list | tuple) or not books:
            raise _wrong(value, f"{name} must have a list of codebooks")
        for book in books:
            if isinstance(book, bool) or not isinstance(book, int) or not 0 <= book < codebooks:
                raise _wrong(value, f"the codebooks are numbered from 0 to {codebooks - 1}")
            if book in taken:
                raise _wrong(value, f"codebook {book} is in more than one place")
            taken.add(book)
    return tuple(Stem(name, tuple(books)) for name, books in value.items())


def stems_to_json(stems: Iterable[Stem]) -> dict[str, list[int]]:
    """Return stems in the form of config.json."""
    return {stem.name: list(stem.codebooks) for stem in stems}


def check_stem_names(names: Sequence[str], stems: Sequence[Stem]) -> None:
    """Raise RequestError if a model has no stems, or none of a given name."""
    if not stems:
        raise RequestError(NO_STEMS)
    known = [stem.name for stem in stems]
    for name in names:
        if name not in known:
            raise RequestError(
                Sentence(
                    "There is no stem '{name}' here: choose among {names}.",
                    name=name,
                    names=", ".join(known),
                )
            )


def codebooks_of(names: Iterable[str], stems: Iterable[Stem]) -> list[int]:
    """Return the codebooks of the named stems."""
    wanted = set(names)
    return [book for stem in stems if stem.name in wanted for book in stem.codebooks]


def guide_codebooks(stems: Iterable[Stem], codebooks: int) -> list[int]:
    """Return the codebooks that are in no stem."""
    heard = {book for stem in stems for book in stem.codebooks}
    return [book for book in range(codebooks) if book not in heard]


def isolate_stem(tokens: Tokens, stem: Stem) -> Tokens:
    """Return the codes [codebooks, frames] of one stem, with all others silent."""
    codes = np.full_like(tokens, SILENCE)
    codes[list(stem.codebooks)] = tokens[list(stem.codebooks)]
    return codes


def fixed_tokens(
    request: GenerationRequest, stems: Sequence[Stem], codebooks: int, frames: int
) -> Tokens | None:
    """Return the tokens fixed by a request, [codebooks, frames], and FREE elsewhere.

    Kept stems have their codes, and so have the guides, which hold tempo and harmony together;
    muted stems are silent. Where only the harmony is kept, guides that say nothing are free. None
    if all tokens are free.
    """
    kept = request.kept
    if kept is None and not request.muted:
        return None
    fixed = np.full((codebooks, frames), FREE, np.int32)
    if kept is not None:
        guides = guide_codebooks(stems, codebooks)
        books = codebooks_of(kept.stems, stems) + guides
        length = min(frames, kept.tokens.shape[1])
        fixed[books, :length] = kept.tokens[books, :length]
        if kept.harmony_only:
            fixed[guides] = np.where(fixed[guides] == UNKNOWN, FREE, fixed[guides])
    fixed[codebooks_of(request.muted, stems)] = SILENCE
    return fixed


def _wrong(value: object, reason: str) -> CheckpointError:
    return CheckpointError(
        Sentence(
            "The config.json gives {key} as {value}; {reason}.",
            key=_KEY,
            value=repr(value),
            reason=reason,
        )
    )
