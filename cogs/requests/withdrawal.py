"""Remove a deleted clip from the messages that show it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, cast

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.withdrawals import Withdrawal
from bot.i18n.sentence import Sentence
from cogs.requests.limits import is_reached_by_token_only

OUT_OF_REACH = Sentence(
    "The sound is deleted. I can't delete the message: I'm not a member of this server, and "
    "Discord lets me change a reply for 15 minutes only."
)
STILL_SHOWN = Sentence(
    "The sound is deleted here, but Discord doesn't let me change the message that plays it: "
    "please delete that message, or ask a manager of this server to."
)


class WithdrawingCog(Protocol):
    """The extension that edits and deletes messages of clips."""

    async def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Remove a deleted clip from a message; return whether it is removed."""
        ...


def messages_showing(clip: Clip, interaction: Interaction, pressed_id: int = 0) -> list[Withdrawal]:
    """Return the messages that show a clip: its own, and the one with the pressed button.

    `pressed_id` is 0 for an ephemeral message. Clips whose channel was closed to the bot are in
    direct messages.
    """
    here = interaction.channel_id or 0
    places = [(clip.message_id or 0, clip.origin.channel_id), (pressed_id, here)]
    if interaction.guild_id is None:
        places.append((clip.message_id or 0, here))
    return [
        Withdrawal(message_id=message_id, channel_id=channel_id, clip_id=clip.id)
        for message_id, channel_id in dict.fromkeys(places)
        if message_id
    ]


async def withdraw(bot: ZhiyinBot, shown: Collection[Withdrawal]) -> bool:
    """Remove deleted clips from messages; return whether all are removed."""
    takes = cast(WithdrawingCog, bot.get_cog("ClipMessages"))
    # Takes that share a message are removed in one edit.
    by_place = {(each.channel_id, each.message_id): each for each in shown}
    return all([await takes.withdraw(each) for each in by_place.values()])


def why_still_shown(interaction: Interaction) -> Sentence:
    """Return why a deleted clip is still shown, for the person who deleted it."""
    return OUT_OF_REACH if is_reached_by_token_only(interaction) else STILL_SHOWN
