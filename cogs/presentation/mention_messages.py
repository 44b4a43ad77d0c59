"""Texts about messages that mention the bot."""

from __future__ import annotations

from bot.domain.sound_formats import ACCEPTED_FORMATS
from bot.i18n.sentence import Sentence

HELP = Sentence(
    "Mention me and say what you want to hear, such as *slow jazz with a piano*. Attach a sound "
    "file and I go on from it; reply to a message with sound and I remix that. `/help` tells the "
    "rest."
)
IS_IT_AN_ORDER = Sentence("Did you ask me to make music of that? If so, press the button.")
WORDS_ALONE = Sentence(
    "There is no sound that I can use in that message: {accepted}. Shall I make a clip from "
    "your words alone?",
    accepted=ACCEPTED_FORMATS,
)
WORDS_GONE = Sentence(
    "There is nothing more to make of that message: it was made already, or is gone."
)
WORDS_OUT_OF_SIGHT = Sentence(
    "I may not read earlier messages in this channel (Read Message History), so I can't see that "
    "one: use /music instead."
)
NOT_YOUR_WORDS = Sentence("Only the person who wrote that message can order it.")
TWO_SOUNDS = Sentence("Choose one: a file of your own, or a reply to a message with sound.")
