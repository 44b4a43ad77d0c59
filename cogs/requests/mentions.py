"""Interpret a message that mentions the bot: an order, a question, or small talk."""

from __future__ import annotations

import re
from dataclasses import dataclass

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jobs import REMIX_KEEP_SECONDS, Keep, Kind
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.posting.outages import is_outage
from cogs.presentation import mention_messages, messages
from cogs.presentation.prompts import clean_prompt
from cogs.requests.draft import RequestDraft
from cogs.requests.message_audio import find_clip_or_sound, find_sound

_QUOTED = re.compile(r"^\s*>.*$", re.MULTILINE)
_REFERENCE = re.compile(r"<(?:@[!&]?|#)\d+>")
_ADDRESS = frozenset(
    "dear hello hey hi ok okay please so well yo 你好 hallo hola salut ciao".split()
)
"""Words that may precede the mention in an order."""
_SMALL_TALK = _ADDRESS | frozenset(
    "a absolutely again amazing and are awesome beautiful best bot bye cheers congrats cool damn "
    "dude fire fun funny good great haha hahaha how i im is it its job just lmao lol love loved "
    "loving man nice no oh omg one pls really right sorry sweet thank thanks that thats the this "
    "thx to too ty very was what whoa wow ya yeah yep yes you your youre bonjour danke merci "
    "gracias grazie 谢谢 哈哈 好听 不错".split()
)
"""Words that are not an order if nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """The interpretation of a message.

    A draft alone is ordered; with a sentence it is ordered after a button press; a sentence alone
    is the answer.
    """

    draft: RequestDraft | None = None
    sentence: Sentence | None = None


def is_typed(content: str, own_id: int) -> bool:
    """Return whether a mention was typed; Discord also lists the author of a replied message."""
    return re.search(_own(own_id), content) is not None


def asks_clearly(content: str, own_id: int) -> bool:
    """Return whether a message that mentions the bot is certainly an order.

    Not certain: a mention within a quote or a sentence, mentions of others, questions, small talk.
    """
    spoken = _QUOTED.sub("", content)
    before, *after = re.split(_own(own_id), spoken)
    rest = " ".join(after)
    if not after or _REFERENCE.search(before + rest):
        return False
    if spoken.rstrip().endswith(("?", "？")) or _words(f"{before} {rest}") <= _SMALL_TALK:
        return False
    return _words(before) <= _ADDRESS or not _words(rest)


async def read_mention(bot: ZhiyinBot, message: discord.Message) -> Mention:
    """Return the interpretation of a message that mentions the bot.

    Raises what discord.py raises in an outage.
    """
    assert bot.user is not None
    words = clean_prompt(_REFERENCE.sub(" ", message.content) or None)
    sound, clip, theirs = find_sound(message), None, None
    target = await _replied_to(message)
    if target is not None:
        try:
            clip, theirs = await find_clip_or_sound(bot, target)
        except RequestError as error:
            return Mention(sentence=error.sentence)
    has_source = clip is not None or theirs is not None
    if sound is not None and has_source:
        return Mention(sentence=mention_messages.TWO_SOUNDS)
    # The reply or the attachment has no sound.
    is_pointless = (is_reply(message) or bool(message.attachments)) and not (sound or has_source)
    if words is None and is_pointless:
        return Mention(sentence=messages.NO_SOUND)
    if words is None and sound is None:
        return Mention(sentence=messages.NO_WORDS if has_source else mention_messages.HELP)
    if sound is not None:
        # As /music does; without words, as the entry under Apps does.
        kind = Kind.CONTINUE if words is None else Kind.MUSIC
        draft = RequestDraft(kind=kind, prompt=words, attachment=sound)
    elif has_source:
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=words,
            clip=clip,
            attachment=theirs,
            keep=Keep.END,
            keep_seconds=REMIX_KEEP_SECONDS,
        )
    else:
        draft = RequestDraft(kind=Kind.MUSIC, prompt=words)
    if is_pointless:
        return Mention(draft=draft, sentence=mention_messages.WORDS_ALONE)
    if words is not None and not asks_clearly(message.content, bot.user.id):
        return Mention(draft=draft, sentence=mention_messages.IS_IT_AN_ORDER)
    return Mention(draft=draft)


def is_reply(message: discord.Message) -> bool:
    """Return whether a message is a reply; a forwarded one references another, too."""
    return message.type is discord.MessageType.reply


async def _replied_to(message: discord.Message) -> discord.Message | None:
    reference = message.reference
    if not is_reply(message) or reference is None or reference.message_id is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    try:
        return await message.channel.fetch_message(reference.message_id)
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        return None


def _own(own_id: int) -> str:
    return rf"<@!?{own_id}>"


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold().replace("'", "").replace("’", "")))
