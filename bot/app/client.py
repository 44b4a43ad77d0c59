"""The discord.py client: its extensions, its services, and its startup."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import importlib
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import cast

import discord
from discord.ext import commands

from bot.app import attachment_fetch
from bot.app.command_translator import CommandTranslator
from bot.app.commands_in_flight import CommandsInFlight
from bot.app.connection import log_in, skip_unreadable_events, stay_connected
from bot.app.discord_proxy import Proxy
from bot.app.health import Health
from bot.app.invitation import invitation_link
from bot.app.services.bot_service import BotService
from bot.app.shards import ShardedBot
from bot.config import Config
from bot.domain.generation import Sampling
from bot.i18n.languages import Languages, load_languages
from bot.pipeline.presenter import Presenter
from bot.pipeline.service import Pipeline
from bot.words.vocabulary import Vocabulary

log = logging.getLogger(__name__)

COGS = (
    "cogs.errors",
    "cogs.access",
    "cogs.delivery",
    "cogs.answer_cleanup",
    "cogs.music",
    "cogs.remix",
    "cogs.mixes",
    "cogs.mentions",
    "cogs.whatis",
    "cogs.presets",
    "cogs.queue",
    "cogs.account",
    "cogs.clips",
    "cogs.clip_messages",
    "cogs.stars",
    "cogs.jam",
    "cogs.radio",
    "cogs.battle",
    "cogs.privacy",
    "cogs.about",
    "cogs.styles",
    "cogs.admin",
    "cogs.admin_operations",
    "cogs.admin_moderation",
    "cogs.reports",
    "cogs.best_of",
    "cogs.daily",
)

_SYNCED = "synced_commands"

_ANSWER_SECONDS = 5.0
"""How long a stop waits for running commands."""


class _Commands(discord.app_commands.CommandTree["ZhiyinBot"]):
    """The tree of slash commands and menu entries, which tracks running ones."""

    async def interaction_check(self, interaction: discord.Interaction[ZhiyinBot], /) -> bool:
        """Track the command's task, for which a stop waits; allow everybody."""
        self.client.commands_in_flight.track()
        return True


class ZhiyinBot(ShardedBot):
    """The Discord client, with everything that its cogs need."""

    def __init__(
        self,
        config: Config,
        pipeline: Pipeline,
        health: Health,
        *,
        sampling: Sampling,
        licence: str,
        clock: Callable[[], float] = time.time,
        draw_seed: Callable[[int], int] = secrets.randbelow,
        fetch: Callable[[str, int], Awaitable[bytes]] | None = None,
        proxy: Proxy | None = None,
        languages: Languages | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Take its collaborators.

        `sampling` holds the model's defaults, `clock` returns seconds since 1970, `fetch` downloads
        an attachment's URL up to a number of bytes, `draw_seed` returns a random integer below its
        argument, `proxy` is the HTTP proxy for Discord.
        """
        # No privileged intents: messages that mention the bot include their content anyway.
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.guild_reactions = True
        # To know who is in which voice channel.
        intents.voice_states = True
        super().__init__(
            commands.when_mentioned,
            tree_cls=_Commands,
            intents=intents,
            help_command=None,
            proxy=proxy.url if proxy else None,
            # A cached message would be changed by an edit while a cog reads it.
            max_messages=None,
            # Cache the members who are in voice channels.
            member_cache_flags=discord.MemberCacheFlags.from_intents(intents),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )
        skip_unreadable_events(self)
        self.config = config
        self.pipeline = pipeline
        self.service = BotService(pipeline, health, clock, vocabulary)
        self.sampling = sampling
        self.licence = licence
        self.clock = clock
        self.draw_seed = draw_seed
        self.fetch = fetch or functools.partial(attachment_fetch.fetch, proxy=proxy)
        self.languages = load_languages() if languages is None else languages
        self.begun_at = clock()
        self.commands_in_flight = CommandsInFlight()
        self.health = health
        health.watch_shards(self.shard_statuses)

    async def setup_hook(self) -> None:
        """Load the extensions, sync changed commands, and resume unfinished jobs."""
        for name in COGS:
            # `load_extension` would execute a module a second time, giving two copies of it.
            await importlib.import_module(name).setup(self)
        translator = CommandTranslator(self.languages)
        await self.tree.set_translator(translator)
        payload = [
            await command.get_translated_payload(self.tree, translator)
            for command in self.tree.get_commands()
        ]
        assert self.application_id is not None, "the login has told it"
        text = json.dumps([str(self.application_id), payload], sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        settings = self.pipeline.store.settings
        # Discord allows 200 command creations a day, so unchanged commands are not synced.
        if await settings.metadata(_SYNCED) != digest:
            # As `tree.sync()` does, without translating everything again.
            await self.http.bulk_upsert_global_commands(self.application_id, payload)
            await settings.set_metadata(_SYNCED, digest)
            log.info("commands.synced count=%d", len(payload))
        await self.service.languages.load()
        # Draining ends with the restart.
        await self.service.operations.set_draining(False)
        # Before the first order can arrive: a new job must not be resumed as an old one.
        log.info("jobs.resumed count=%d", await self.pipeline.resume())

    @property
    def presenter(self) -> Presenter:
        """Return the extension that shows and posts; available after login."""
        found = self.get_cog("Delivery")
        assert found is not None
        return cast(Presenter, found)

    def dispatch(self, event_name: str, /, *args: object, **kwargs: object) -> None:
        """Dispatch an event, except after closing: discord.py still sends *ready* seconds later."""
        if not self.is_closed():
            super().dispatch(event_name, *args, **kwargs)

    def webhook_of(self, token: str) -> discord.Webhook:
        """Return the webhook that edits and deletes an interaction's responses, by its token."""
        assert self.application_id is not None, "there are no interactions before the login"
        webhook = discord.Webhook.partial(self.application_id, token, client=self)
        # discord.py does not pass its proxy on here.
        webhook.proxy = self.http.proxy
        return webhook

    async def on_ready(self) -> None:
        """Log the connection, and the invitation link if the bot is on no server."""
        log.info("discord.ready servers=%d shards=%d", len(self.guilds), len(self.shards))
        if not self.guilds and self.application_id is not None:
            url = invitation_link(self.application_id)
            log.info("discord.not_invited Invite the bot to a server: %s", url)

    async def on_message(self, message: discord.Message, /) -> None:
        """Ignore messages: there are no text commands, and a cog listens for mentions."""


Interaction = discord.Interaction[ZhiyinBot]


async def run_bot(
    bot: ZhiyinBot, token: str, stop: asyncio.Event, *, answer_seconds: float = _ANSWER_SECONDS
) -> None:
    """Run the bot on Discord until `stop` is set, then deliver running jobs and close.

    Running commands then get `answer_seconds` to finish. Raises LoginInterrupted during an outage
    of Discord, and what discord.py raises if it can't log in.
    """
    async with bot:
        if not await log_in(bot, token, stop):
            return
        bot.pipeline.start(bot.presenter)
        connection = asyncio.create_task(stay_connected(bot), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if connection.done():
                connection.result()
        finally:
            # Before the connection is closed, so that finished clips are delivered.
            await bot.pipeline.drain(bot.config.worker.grace_seconds if stop.is_set() else 0.0)
            for task in (connection, stopping):
                task.cancel()
            await asyncio.gather(connection, stopping, return_exceptions=True)
            # No new commands arrive; running ones finish while they can still respond.
            await bot.commands_in_flight.finish(answer_seconds if stop.is_set() else 0.0)
