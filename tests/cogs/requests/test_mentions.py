"""When a message that mentions the bot is certainly an order."""

from __future__ import annotations

import pytest

from cogs.requests.mentions import asks_clearly, is_typed

OWN = 7
ORDERS = [
    "<@7> make it jazzier",
    "<@!7> make it jazzier",
    "<@7>\nslow blues\n80 BPM",
    "make it jazzier <@7>",
    "hey <@7>, make me some jazz please!",
    "ok <@7> <@7> techno",
    "<@7> 慢速爵士",
    "<@7>: love song with a piano",
]
NOT_CLEAR = [
    "<@7> thanks, nice one!",
    "haha <@7> you're so good",
    "<@7> 谢谢",
    "<@7> ❤️",
    "I love what <@7> made of this",
    "<@7> what is this?",
    "<@7> 这是什么？",
    "<@7> and <@8> make a good team",
    "<@8> <@7> make it jazzier",
    "<@7> see <#9> for jazz",
    "> <@7> make it jazzier\nhaha that was good",
]


@pytest.mark.parametrize("content", ORDERS)
def test_a_mention_with_words_is_an_order(content):
    """The mention may come before or after the words, which may be polite."""
    assert asks_clearly(content, OWN)


@pytest.mark.parametrize("content", NOT_CLEAR)
def test_talking_about_the_bot_is_not_clearly_an_order(content):
    """Thanks, questions, quotes, words about the bot, and words for others, too."""
    assert is_typed(content, OWN)
    assert not asks_clearly(content, OWN)


@pytest.mark.parametrize(
    "content", ["haha nice one", "", "<@77> jazz", "<@&7> jazz", "@Zhiyin jazz"]
)
def test_an_implicit_mention_is_ignored(content):
    """The ping of a reply, other people and roles, and the bare name."""
    assert not is_typed(content, OWN)
