"""The tokenizer of the starter's text encoder, learnt from captions.

A piece is a word, a Chinese character, a number or a punctuation mark. A number is one token
whatever it stands in ("120bpm", "速度120"), so that a tempo has one meaning to learn. What no
caption holds becomes the unknown token, which the model learns to pass over.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

PAD, END, UNKNOWN = 0, 1, 2

_SPECIALS = ("<pad>", "</s>", "<unk>")
_NUMBERS = tuple(f"▁{number}" for number in range(10, 201))
_RARE_SCORE = -12.0
_LEAST_COUNT = 3


def learn(captions: Iterable[str], size: int) -> Tokenizer:
    """Learn a tokenizer of at most `size` pieces from captions."""
    bare = _bare(models.Unigram())
    counts: Counter[str] = Counter()
    for caption in captions:
        text = bare.normalizer.normalize_str(caption)
        counts.update(piece for piece, _ in bare.pre_tokenizer.pre_tokenize_str(text))
    total = counts.total()
    pieces = [(special, 0.0) for special in _SPECIALS]
    pieces += [(number, _RARE_SCORE) for number in _NUMBERS]
    known = {piece for piece, _ in pieces}
    for piece, count in counts.most_common():
        if count >= _LEAST_COUNT and piece not in known and len(pieces) < size:
            pieces.append((piece, math.log(count / total)))
    tokenizer = _bare(models.Unigram(pieces, unk_id=UNKNOWN))
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


def _bare(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(r"\d+"), "isolated"),
            pre_tokenizers.Split(Regex(r"[^\w]|[\u3040-\u9fff]"), "isolated"),
            pre_tokenizers.Metaspace(),
        ]
    )
    return tokenizer


def _write(path: Path, contents: dict[str, Any]) -> None:
    path.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
