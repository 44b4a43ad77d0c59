"""Check and begin a battle, and order an entry."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.battles import Battle, BattleState, NewBattle
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, REMIX_KEEP_SECONDS, Keep, Kind
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import battle_messages, messages
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.renderers import shared_locale
from cogs.requests.clip_recall import find_typed_clip
from cogs.requests.draft import RequestDraft
from cogs.requests.limits import is_reached_by_token_only, origin_of, resolve_limits
from cogs.requests.rights import require_kept_clip
from cogs.requests.secrecy import require_not_secret
from cogs.requests.submit import submit_request

_MOST_THEME_CHARACTERS = MAX_PROMPT_CHARACTERS // 2
TOO_LONG = Sentence(
    "The words of a battle may have at most {most} characters: people add their own.",
    most=_MOST_THEME_CHARACTERS,
)


async def check_battle(
    interaction: Interaction,
    *,
    prompt: str | None,
    clip: str | None,
    seconds: float | None,
    entry_seconds: float,
    voting_seconds: float,
) -> tuple[NewBattle, Clip | None]:
    """Return the requested battle, and the clip that it is of.

    Raises RequestError and Refused.
    """
    bot = interaction.client
    if interaction.guild_id is None:
        raise RequestError(battle_messages.ON_SERVERS)
    if is_reached_by_token_only(interaction):
        raise Refused(battle_messages.NOT_A_MEMBER)
    parent = getattr(interaction.channel, "parent_id", None)
    origin = origin_of(interaction)
    _, longest = await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    await bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
    _check_rights(interaction)
    if (prompt is None) == (clip is None):
        raise RequestError(battle_messages.ONE_THEME)
    if seconds is not None and seconds > longest:
        raise RequestError(
            Sentence("A clip may be from 1 to {longest:g} seconds long here.", longest=longest)
        )
    words = clean_prompt(prompt)
    if prompt is not None and words is None:
        raise RequestError(messages.NO_PROMPT)
    # The words will be public.
    await bot.service.word_filter.check(interaction.guild_id, words)
    if words is not None and len(words) > _MOST_THEME_CHARACTERS:
        raise RequestError(TOO_LONG)
    sample = None if clip is None else await find_typed_clip(interaction, clip)
    if sample is not None:
        await require_not_secret(bot, sample)
    new = NewBattle(
        key=str(interaction.id),
        guild_id=interaction.guild_id,
        channel_id=origin.channel_id,
        user_id=interaction.user.id,
        prompt=words,
        clip_id=None if sample is None else sample.id,
        seconds=seconds,
        closes_at=bot.clock() + entry_seconds,
        voting_seconds=voting_seconds,
        locale=shared_locale(interaction),
    )
    return new, sample


def _check_rights(interaction: Interaction) -> None:
    """Raise Refused if the bot lacks permissions for the vote; the answer needs none."""
    rights = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    may_send = rights.send_messages_in_threads if is_thread else rights.send_messages
    if not (may_send and rights.view_channel and rights.read_message_history):
        raise Refused(battle_messages.NO_PLACE)
    if not rights.attach_files:
        raise Refused(messages.NO_FILES)
    if not rights.send_polls:
        raise Refused(battle_messages.NO_POLLS)


async def require_battle(interaction: Interaction, battle_id: int) -> Battle:
    """Return a running battle of this server. Raises RequestError."""
    battle = await interaction.client.service.battles.find(battle_id)
    if (
        battle is None
        # It is called off, with the data of its starter.
        or battle.user_id is None
        or battle.state in (BattleState.COUNTED, BattleState.ENDED)
        or battle.channel_id != interaction.channel_id
    ):
        raise RequestError(battle_messages.NO_BATTLE)
    return battle


def require_beginner(interaction: discord.Interaction, battle: Battle) -> None:
    """Raise RequestError unless the person began a battle, or manages messages there."""
    if battle.user_id != interaction.user.id and not interaction.permissions.manage_messages:
        raise RequestError(battle_messages.NOT_YOUR_BATTLE)


async def enter_battle(
    interaction: Interaction, battle: Battle, words: str | None, seed: int | None
) -> None:
    """Order an entry, which only its person sees. Raises RequestError."""
    if battle.clip_id is None:
        draft = RequestDraft(
            kind=Kind.MUSIC,
            prompt=", ".join(filter(None, (battle.prompt, words))),
            seconds=battle.seconds,
            seed=seed,
            battle_id=battle.id,
        )
    else:
        # The person who began it made the clip public here.
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=words or "",
            seconds=battle.seconds,
            seed=seed,
            clip=await require_kept_clip(interaction.client, battle.clip_id),
            keep=Keep.END,
            keep_seconds=REMIX_KEEP_SECONDS,
            battle_id=battle.id,
        )
    await submit_request(interaction, draft)
    interaction.client.dispatch("battle_changed", battle.id)
