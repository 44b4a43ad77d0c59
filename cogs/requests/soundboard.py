"""Add a part of a clip to a server's soundboard, and remove it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused, RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation.prompts import escape
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.secrecy import require_not_secret

log = logging.getLogger(__name__)

ON_SERVERS = Sentence("Soundboards only work on servers that I've joined.")
NOT_YOURS = Sentence(
    "You may put no sounds on this server's soundboard: you need the permission *Create "
    "Expressions*."
)
NOT_MINE = Sentence(
    "I may put no sounds on this server's soundboard: I need the permission *Create Expressions*."
)
IS_FULL = Sentence(
    "This server's soundboard is full. Somebody with the permission has to remove a sound first, "
    "or boost the server."
)
NOT_TAKEN = Sentence("Discord did not take the sound. Try again later.")
PUT_ON = Sentence("On this server's soundboard, as **{name}**: {seconds:.1f} s.")
TAKEN_OFF = Sentence("It is off the soundboard.")
GONE = Sentence("It is not on the soundboard any more.")
_REASON = Sentence("asked by {person}")
"""What the server's audit log says about it."""
ANOTHERS = Sentence("Only the person who put it on the soundboard can take it off here.")

_FULL = 30045

ViewOf = Callable[[Renderer, int, int], discord.ui.View]


async def put_on_soundboard(interaction: Interaction, clip: Clip, view_of: ViewOf) -> None:
    """Add a clip's loudest bars to the server's soundboard. Costs no quota.

    `view_of` makes the button that removes it, from the ids of the sound and of its person. Raises
    Refused without permission, RequestError if it is secret, SoundError if the clip's sound is
    deleted.
    """
    guild = interaction.guild
    if guild is None:
        raise Refused(ON_SERVERS)
    await resolve_limits(
        interaction.client,
        origin_of(interaction),
        interaction.user,
        parent_channel_id=getattr(interaction.channel, "parent_id", None),
    )
    await interaction.client.service.guilds.check_person(guild.id, interaction.user.id)
    _check_rights(interaction)
    await require_not_secret(interaction.client, clip)
    render = own_renderer(interaction)
    async with thinking(interaction, ephemeral=True):
        sound = await interaction.client.service.clips.soundboard_sound(clip)
        try:
            made = await guild.create_soundboard_sound(
                name=sound.name, sound=sound.data, reason=_reason(interaction)
            )
        except discord.HTTPException as error:
            raise _refusal(error) from error
        log.info("soundboard.added clip=%d sound=%d", clip.id, made.id)
        answer = PUT_ON.fill(name=escape(sound.name), seconds=sound.seconds)
        view = view_of(render, made.id, interaction.user.id)
        await interaction.followup.send(render(answer), view=view, ephemeral=True)


async def take_off_soundboard(interaction: Interaction, sound_id: int, person_id: int) -> None:
    """Remove a sound from the server's soundboard. Raises Refused, RequestError."""
    guild, bot = interaction.guild, interaction.client
    if guild is None or bot.user is None:
        raise Refused(ON_SERVERS)
    if interaction.user.id != person_id:
        raise Refused(ANOTHERS)
    _check_rights(interaction)
    try:
        sound = await guild.fetch_soundboard_sound(sound_id)
        # Only sounds that the bot added can be removed through it.
        if sound.user is None or sound.user.id != bot.user.id:
            raise Refused(ANOTHERS)
        await sound.delete(reason=_reason(interaction))
    except discord.NotFound:
        raise RequestError(GONE) from None
    except discord.HTTPException as error:
        raise _refusal(error) from error
    await interaction.response.edit_message(content=own_renderer(interaction)(TAKEN_OFF), view=None)


def _reason(interaction: Interaction) -> str:
    return shared_renderer(interaction)(_REASON.fill(person=str(interaction.user)))


def _check_rights(interaction: Interaction) -> None:
    for rights, missing in (
        (interaction.permissions, NOT_YOURS),
        (interaction.app_permissions, NOT_MINE),
    ):
        if not (rights.create_expressions or rights.manage_expressions):
            raise Refused(missing)


def _refusal(error: discord.HTTPException) -> Refused:
    if error.code == _FULL:
        return Refused(IS_FULL)
    if error.status == 403:
        return Refused(NOT_MINE)
    log.warning("soundboard.refused %d/%d %s", error.status, error.code, error.text)
    return Refused(NOT_TAKEN)
