"""What `zhiyin generate` says of words that the model does not know."""

from __future__ import annotations

import pytest

from bot.cli.generate_unknown import print_unknown_words
from bot.models.registry import starter_folder


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en_GB",
            'starter doesn\'t know "dubstep", "battle", so it passes over that. It heard: slow, '
            "piano.\n",
        ),
        ("zh_CN", "“dubstep”、“battle”"),
        ("zh_CN", "slow、piano"),
    ],
)
def test_unknown_words_are_told_in_the_terminal_s_language(monkeypatch, capsys, language, sentence):
    """With its quotation marks and commas, beside the output."""
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    print_unknown_words("starter", starter_folder(), "slow dubstep, battle piano")
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
    assert ("doesn't know" in told.err) == (language == "en_GB")


def test_nothing_is_told_where_all_is_known(capsys):
    """Silence is enough."""
    print_unknown_words("starter", starter_folder(), "slow piano")
    print_unknown_words("starter", starter_folder(), None)
    assert capsys.readouterr() == ("", "")
