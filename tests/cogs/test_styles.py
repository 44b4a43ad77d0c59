"""The model's vocabulary: /styles, suggestions, and notices about ignored words."""

from __future__ import annotations

import pytest

from bot.app.services.words import Unknown, WordService
from bot.i18n.environment import translations_of
from bot.jams.daily_prompts import PLAIN
from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.vocabulary import read_vocabulary
from bot.words.vocabulary import unknown_words
from cogs.presentation import word_messages
from cogs.requests.suggestions import PRESETS
from tests.support.simulated_server import open_server, strict


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


async def test_unknown_words_are_reported_once_and_privately(tmp_path):
    """The notice names the words that were used; the clip is made, and /styles lists all."""
    async with open_server(tmp_path) as server:
        server.bot.service.words = WordService(read_vocabulary(starter_folder()))

        async def notices_for(who, prompt):
            result = await who.slash(server.channel, "music", prompt=prompt, seconds=1.0)
            await server.idle()
            notices = [each for each in result.followups if "passes over" in each.content]
            assert all(each.ephemeral for each in notices)
            return [each.content for each in notices]

        (first,) = await notices_for(server.alice, "dubstep battle with piano")
        assert first.startswith("starter doesn't know “dubstep”, “battle”")
        assert "It heard: piano." in first
        assert await notices_for(server.alice, "Dubstep, slow") == []
        assert len(await notices_for(server.bob, "dubstep")) == 1
        assert await notices_for(server.alice, "slow jazz, 84 BPM") == []
        assert await server.used() == 3.0

        shown = (await server.alice.slash(server.channel, "styles")).response
        assert shown.ephemeral
        assert "bossa nova" in shown.content
        assert "dubstep" not in shown.content
        server.bot.service.words = WordService(None)
        assert "dubstep" in (await server.alice.slash(server.channel, "styles")).response.content


def test_ignored_words_are_listed_as_in_the_reader_s_language():
    """With its commas between them."""
    told = word_messages.unknown("starter", Unknown(("dubstep", "战斗"), ("slow", "钢琴")))
    shown = told.render(translations_of({"LC_ALL": "zh_CN.UTF-8"}))
    assert "“dubstep”、“战斗”" in shown
    assert "slow、钢琴" in shown
    assert "“dubstep”, “战斗”" in str(told)


def test_only_known_words_are_suggested():
    """In the suggestions while typing, and in daily prompts."""
    vocabulary = read_vocabulary(starter_folder())
    unknown = {prompt: unknown_words(prompt, vocabulary) for prompt in (*PRESETS, *PLAIN)}
    assert {prompt: words for prompt, words in unknown.items() if words} == {}
