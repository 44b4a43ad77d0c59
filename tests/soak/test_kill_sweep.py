"""What the audit of a kill sweep detects: pending answers, and clips and notices posted twice."""

from __future__ import annotations

import pytest

from bot.demo.discord.messages import LOADING
from cogs.presentation import messages
from tests.soak.kill_sweep import Swept, judge
from tests.soak.reconciliation import Books
from tests.support.discord_wire.server import Wire

NOTHING = Books(jobs=[], clips={}, sounds=set(), uploads=set(), charged_seconds=0.0, wrong=[])


def post_as_bot(wire, channel, text, *, flags=0, nonce=None):
    """Post a message as the bot."""
    wire.say(wire.me, channel, text, flags=flags, nonce=nonce)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (str(messages.IN_LINE), 0),
        (str(messages.LISTENING), 0),
        ("**rock**\n▰▰▱▱ 50 %", 0),
        ("**rock**\n2 clips ahead of you.", 0),
        ("", LOADING),
    ],
)
def test_a_pending_answer_is_detected(text, flags):
    """Of a command or of a further take, queued or in progress."""
    wire, swept = Wire(), Swept()
    post_as_bot(wire, wire.channel("music"), text, flags=flags)
    judge(swept, NOTHING, wire)
    assert len(swept.hanging) == 1
    assert not swept.is_clean


def test_repeated_notices_are_detected():
    """By the nonce: a job has one for its clip and one for its notice."""
    wire, swept = Wire(), Swept()
    channel = wire.channel("music")
    for _ in range(2):
        post_as_bot(wire, channel, "<@1> rock: Nothing was charged.", nonce="note-1")
    judge(swept, NOTHING, wire)
    assert swept.doubled == 1
    assert not swept.is_clean


def test_finished_answers_are_accepted():
    """A sentence and a clip that ended are not reported."""
    wire, swept = Wire(), Swept()
    channel = wire.channel("music")
    post_as_bot(wire, channel, str(messages.RESTARTED))
    post_as_bot(wire, channel, "<@1> rock: Nothing was charged.", nonce="note-1")
    judge(swept, NOTHING, wire)
    assert swept.is_clean
    assert swept.rows["answers ended by a sentence, since the bot had ended"] == 1
    assert swept.rows["delivered"] == 0
