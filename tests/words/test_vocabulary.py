"""The words that the built-in model knows, and the words offered to people."""

from __future__ import annotations

import json
import re

import pytest

from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.vocabulary import read_vocabulary
from bot.words.facets import Facet
from bot.words.phrases import read_phrases
from bot.words.random_words import roll_words
from bot.words.vocabulary import complete, known_phrases, unknown_words, words_to_choose


@pytest.fixture(scope="module")
def starter():
    return read_vocabulary(starter_folder())


@pytest.mark.parametrize(
    ("text", "unknown", "heard"),
    [
        ("epic orchestral battle music", ("battle",), ("epic", "orchestral")),
        ("taylor swift singing, slow blues", ("taylor", "swift", "singing"), ("slow", "blues")),
        ("lo-fi hip hop to study to, 84 BPM", ("study",), ("lo-fi hip hop", "84 BPM")),
        ("drum'n'bass at 240 bpm, no drums", ("240",), ("drum'n'bass", "no drums")),
        ("K-pop with loud guitars", ("K-pop",), ("loud guitars",)),
        ("史诗战斗音乐，钢琴", ("战斗",), ("史诗", "钢琴")),
        ("慢速爵士, 钢琴, A小调", (), ("慢速", "爵士", "钢琴", "A小调")),
        ("8-bit c# minor for 5 of us", (), ("8-bit", "c# minor")),
        ("house in F sharp minor, E-flat major", (), ("house", "in F sharp minor", "E-flat major")),
        ("blues in F#m or Dm", (), ("blues",)),
        ("rock in Gb, slow", (), ("rock", "slow")),
        ("ＪＡＺＺ", (), ()),
        ("", (), ()),
        ("asdf ASDF asdf", ("asdf", "ASDF"), ()),
        ("jazz ፩፪", ("፩፪",), ("jazz",)),
    ],
)
def test_unknown_and_known_words_are_separated(starter, text, unknown, heard):
    """With their spelling; function words and obfuscated known words are ignored."""
    assert unknown_words(text, starter) == unknown
    assert known_phrases(text, starter) == heard


def test_offered_words_are_known(starter):
    """In both languages, and for every facet of music."""
    for facet in (Facet.STYLE, Facet.INSTRUMENT, Facet.MOOD, Facet.PACE, Facet.ERA):
        for chinese_words in (False, True):
            words = words_to_choose(facet, starter, chinese_words=chinese_words)
            assert len(words) > 2
            assert unknown_words(", ".join(words), starter) == ()
    english = words_to_choose(Facet.STYLE, starter, chinese_words=False)
    assert "jazz" in english
    assert "dubstep" not in english


def test_the_last_word_is_completed(starter):
    """After the words before it, and without words that are there already."""
    assert complete("slow ja", starter, most=25) == ["slow jazz"]
    assert complete("爵", starter, most=25) == ["爵士"]
    assert "slow, piano, harp" in complete("slow, piano, ha", starter, most=25)
    assert complete("jazz, ja", starter, most=25) == []
    assert complete("jazz ", starter, most=25) == []
    assert len(complete("s", starter, most=3)) == 3


def test_random_prompts_use_known_words(starter):
    """Otherwise the card would name what can't be heard."""
    for seed in range(200):
        assert unknown_words(roll_words(seed, most=400, vocabulary=starter), starter) == ()


def test_random_prompts_are_chinese_for_chinese_readers(starter):
    """With known words that can be parsed; an English style, or an English model, gets English."""
    for seed in range(200):
        words = roll_words(seed, most=400, vocabulary=starter, in_chinese=True)
        assert unknown_words(words, starter) == ()
        facets = {each.facet for each in read_phrases(words)}
        assert {Facet.STYLE, Facet.MOOD, Facet.INSTRUMENT, Facet.TEMPO} <= facets, words
        assert not re.search("[a-z]", words), words
    whole = roll_words(3, "平静的爵士", most=400, vocabulary=starter, in_chinese=True)
    assert whole.startswith("平静的爵士，")
    for style, vocabulary in (("calm jazz", starter), (None, None)):
        english = roll_words(3, style, most=400, vocabulary=vocabulary)
        assert roll_words(3, style, most=400, vocabulary=vocabulary, in_chinese=True) == english


def test_a_model_that_reads_every_word_has_no_vocabulary(tmp_path):
    """Its tokenizer has subwords; neither has a model whose file can't be read."""
    file = tmp_path / "tokenizer.json"
    assert read_vocabulary(tmp_path) is None
    for vocabulary in ([["▁rock", 0], ["s", 0]], [], "x", None, [["<unk>", 0]]):
        file.write_text(json.dumps({"model": {"vocab": vocabulary}}))
        assert read_vocabulary(tmp_path) is None
    assert unknown_words("asdf", None) == ()
    for pieces in ([["<unk>", 0], ["▁rock", 0]], {"<unk>": 0, "▁rock": 1}):
        file.write_text(json.dumps({"model": {"vocab": pieces}}))
        assert read_vocabulary(tmp_path) == frozenset({"rock"})
