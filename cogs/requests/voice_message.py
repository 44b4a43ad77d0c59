"""Post a clip as Discord's own voice message, which one plays by a tap."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from cogs.posting.voice_file import may_post_voice_messages, send_voice_message
from cogs.presentation.messages import link
from cogs.presentation.renderers import own_renderer
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.secrecy import require_not_secret

ONLY_HERE = Sentence("I can only post voice messages on servers that I've joined.")
NO_VOICE_MESSAGES = Sentence(
    "I may post no voice messages here: I need the permissions *Send Messages*, *Attach Files* "
    "and *Send Voice Messages*."
)
POSTED = Sentence("Posted below as a voice message. Its card: {clip}")


async def post_voice_message(interaction: Interaction, clip: Clip) -> None:
    """Post a clip as a voice message, for everybody. Costs no quota.

    A voice message can't have text or buttons; the clip's card has them. Raises Refused without
    permission, RequestError if it is secret, SoundError if its sound is deleted, OutputError if it
    is too large.
    """
    bot, channel = interaction.client, interaction.channel
    rights = interaction.app_permissions
    if interaction.guild is None or channel is None:
        raise Refused(ONLY_HERE)
    await resolve_limits(
        bot,
        origin_of(interaction),
        interaction.user,
        parent_channel_id=getattr(channel, "parent_id", None),
    )
    await bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
    if not may_post_voice_messages(rights, in_thread=hasattr(channel, "parent_id")):
        raise Refused(NO_VOICE_MESSAGES)
    await require_not_secret(bot, clip)
    async with thinking(interaction, ephemeral=True):
        message = await bot.service.clips.voice_message(clip, interaction.filesize_limit)
        await send_voice_message(bot, channel.id, message)
        await interaction.followup.send(
            own_renderer(interaction)(POSTED.fill(clip=link(clip))), ephemeral=True
        )
