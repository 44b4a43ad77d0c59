"""The tokenizer of the starter's text encoder, learnt from captions.

A piece is a word, a Chinese character, a number or a punctuation mark. A number is one token
whatever it stands in ("120bpm", "速度120"), so that a tempo has one meaning to learn. A word that
no caption holds becomes the unknown token as a whole, which the model learns to pass over: pieces
of it might mean something else ("everywhere" is not in E). A key's tonic is one token, however and
in whichever language it is spelled: "C#", "Db", "升C" are one note, and "A minor" has no article.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

PAD, END, UNKNOWN_TOKEN = 0, 1, 2

_SPECIALS = ("<pad>", "</s>", "<unk>")
_NUMBERS = tuple(f"▁{number}" for number in range(10, 201))
_LEAST_COUNT = 3
# Notes with a sign come first: what is left of a note then has none.
_TONICS: tuple[tuple[str, str], ...] = (
    ("tonic_c_sharp", r"C#|Db|升\s?C|降\s?D"),
    ("tonic_e_flat", r"D#|Eb|升\s?D|降\s?E"),
    ("tonic_f_sharp", r"F#|Gb|升\s?F|降\s?G"),
    ("tonic_a_flat", r"G#|Ab|升\s?G|降\s?A"),
    ("tonic_b_flat", r"A#|Bb|升\s?A|降\s?B"),
    ("tonic_c", "C"),
    ("tonic_d", "D"),
    ("tonic_e", "E"),
    ("tonic_f", "F"),
    ("tonic_g", "G"),
    ("tonic_a", "A"),
    ("tonic_b", "B"),
)
_NOTE = r"(?<![A-Za-z])[A-G][#b]?"
_ANY_NOTE = r"(?<![A-Za-z])[A-Ga-g]"
_MODE = r"(?=[\s-]+(?:[Mm]aj|[Mm]in))"
_IN = r"(?:(?<=\bin )|(?<=\bkey )|(?<=\bof )|(?<=\bis )|(?<=[,:] ))"
# "F♯", "Am", "C maj", "E flat major" as "F#", "A minor", "C major", "Eb major".
_KEY_SPELLINGS = (
    ("♯", "#"),
    ("♭", "b"),
    (rf"{_ANY_NOTE}\K[\s-]?[Ss]harp{_MODE}", "#"),
    (rf"{_ANY_NOTE}\K[\s-]?[Ff]lat{_MODE}", "b"),
    (rf"{_NOTE}\Km(?![A-Za-z])", " minor"),
    (rf"{_ANY_NOTE}[#b]?\K[\s-]*[Mm]aj(?![A-Za-z])", " major"),
    (rf"{_ANY_NOTE}[#b]?\K[\s-]*[Mm]in(?![A-Za-z])", " minor"),
)
_NAMED_MODE = r"[\s-]+(?i:major|minor)(?![A-Za-z])(?!\s+key)"


def learn(captions: Iterable[str], size: int) -> Tokenizer:
    """Learn a tokenizer of at most `size` pieces from captions."""
    bare = _bare({})
    counts: Counter[str] = Counter()
    for caption in captions:
        text = bare.normalizer.normalize_str(caption)
        counts.update(piece for piece, _ in bare.pre_tokenizer.pre_tokenize_str(text))
    pieces = [*_SPECIALS, *_NUMBERS]
    known = set(pieces)
    for piece, count in counts.most_common():
        if count >= _LEAST_COUNT and piece not in known and len(pieces) < size:
            pieces.append(piece)
    return of_pieces(pieces)


def of_pieces(pieces: Sequence[str]) -> Tokenizer:
    """Return the tokenizer whose ids are the places of pieces in a list."""
    tokenizer = _bare({piece: number for number, piece in enumerate(pieces)})
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", END)]
    )
    tokenizer.add_special_tokens(list(_SPECIALS))
    return tokenizer


def write(folder: Path, tokenizer: Tokenizer) -> None:
    """Write the files that transformers' T5 tokenizer is loaded from."""
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    settings: dict[str, Any] = {
        "tokenizer_class": "T5Tokenizer",
        "model_max_length": 512,
        "extra_ids": 0,
    }
    _write(folder / "special_tokens_map.json", names)
    _write(folder / "tokenizer_config.json", names | settings)


def _bare(pieces: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token=_SPECIALS[UNKNOWN_TOKEN]))
    spellings = (*_KEY_SPELLINGS, *_tonic_spellings())
    spelled = [normalizers.Replace(Regex(found), plain) for found, plain in spellings]
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), *spelled, normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(r"\d+"), "isolated"),
            pre_tokenizers.Split(Regex(r"[^\w]|[\u3040-\u9fff]"), "isolated"),
            pre_tokenizers.Metaspace(),
        ]
    )
    return tokenizer


def _tonic_spellings() -> list[tuple[str, str]]:
    """Return what the tonics of keys look like, and their tokens.

    "a" may be an article ("a minor blues"), so it needs something before it that names keys, or
    nothing after its mode. A key without a mode ("in C") has a capital, and is not A.
    """
    found = []
    for piece, names in _TONICS:
        note = rf"(?i:{names})"
        if piece == "tonic_a":
            note = rf"(?:A|{_IN}a|a(?={_NAMED_MODE}(?!\s+\w)))"
        else:
            found.append((rf"(?:(?<=\bin )|(?<=\bkey of ))(?:{names})(?![\w#'&-])", piece))
        found.append((rf"(?<![A-Za-z_]){note}(?={_NAMED_MODE})", piece))
        found.append((rf"(?<![A-Za-z_])(?i:{names})(?=\s*[大小]调)", piece))
    return found


def _write(path: Path, contents: dict[str, Any]) -> None:
    path.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
