"""How the built-in model's tokenizer reads what people type."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from bot.models import registry
from bot.starter.training.data.vocabulary import UNKNOWN_TOKEN


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(registry.starter_folder() / "tokenizer.json"))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("120bpm", ["▁120", "▁bpm"]),
        ("120 BPM", ["▁120", "▁bpm"]),
        ("90s", ["▁90", "▁s"]),
        ("每分钟120拍", ["▁每", "▁分", "▁钟", "▁120", "▁拍"]),
    ],
)
def test_a_number_is_one_token(tokenizer, text, pieces):
    """A tempo has the same token in any context."""
    encoding = tokenizer.encode(text)
    assert encoding.tokens == [*pieces, "</s>"]
    assert UNKNOWN_TOKEN not in encoding.ids


@pytest.mark.parametrize(
    ("spelled", "plain"),
    [
        ("blues in F sharp minor", "blues in F# minor"),
        ("E-flat major", "Eb major"),
        ("B♭ minor, G♯ major", "Bb minor, G# major"),
        ("blues in Am", "blues in A minor"),
        ("F#m, Bbm", "F# minor, Bb minor"),
        ("C maj, Dmin", "C major, D minor"),
        ("用Em弹奏", "用E minor弹奏"),
        ("Db major", "C# major"),
        ("A# minor", "Bb minor"),
        ("升C小调", "C#小调"),
        ("慢速，降 B 大调", "慢速，Bb大调"),
        ("soul in gb minor", "soul in F# minor"),
        ("in the key of E♭", "in the key of D#"),
    ],
)
def test_a_key_is_read_however_it_is_spelled(tokenizer, spelled, plain):
    """Am and F sharp minor are read as the tokens of the usual spelling."""
    assert tokenizer.encode(spelled).ids == tokenizer.encode(plain).ids


@pytest.mark.parametrize(
    "text", ["in A minor", "rock, a minor, 90 bpm", "key of a major", "A小调", "Am", "key: A major"]
)
def test_the_key_of_a_is_no_article(tokenizer, text):
    """Its tonic has a token that the article "a" does not share."""
    tokens = tokenizer.encode(text).tokens
    assert "▁tonic_a" in tokens
    assert "▁a" not in tokens


@pytest.mark.parametrize(
    "text",
    ["a minor blues", "in a minor key", "a soul number in G major", "in A big hall"],
)
def test_an_article_is_no_key(tokenizer, text):
    """What stands before a noun names no tonic."""
    assert "▁tonic_a" not in tokenizer.encode(text).tokens


@pytest.mark.parametrize("text", ["I am here", "a flat beat", "FM radio", "mint jam"])
def test_what_only_looks_like_a_key_is_none(tokenizer, text):
    """Ordinary words are not read as a key."""
    assert not {"▁minor", "▁major"} & set(tokenizer.encode(text).tokens)


def test_an_unknown_word_is_unknown_as_a_whole(tokenizer):
    """Neither its first letter nor its beginning is read as a word."""
    assert tokenizer.encode("fabulous anthem everywhere").ids == [UNKNOWN_TOKEN] * 3 + [1]


@pytest.mark.parametrize("number", range(40, 201, 20))
def test_every_tempo_is_known(tokenizer, number):
    """Every tempo that people ask for is a known word."""
    assert tokenizer.encode(f"{number} BPM").tokens == [f"▁{number}", "▁bpm", "</s>"]
