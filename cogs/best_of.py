"""The channel for a server's best clips: /admin best, and the posts in it."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from pathlib import PurePath

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.best_of import BestPost
from bot.domain.clips import Clip
from bot.domain.jobs import USUAL_MAX_BYTES
from bot.errors import OutputError, Refused, SoundError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence
from cogs.posting.due_loop import DueLoop
from cogs.posting.keyed_runner import KeyedRunner
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_outage
from cogs.posting.server_log import noted, post_to_log
from cogs.presentation import cards, log_messages
from cogs.presentation.messages import link
from cogs.presentation.renderers import own_renderer, server_renderer
from cogs.requests.admin_group import admin_group, command_of
from cogs.requests.clip_cards import clip_cards
from cogs.requests.places import is_for_everybody
from cogs.requests.rights import guild_of
from cogs.views.clip_buttons import clip_view

MAY_NOT_POST = Sentence(
    "I may not post clips in {channel}: I need *Send Messages*, *Embed Links* and *Attach Files*."
)
ENDED = Sentence("I no longer collect the best clips. What was posted stays.")

_NOT_ALLOWED, _NO_CHANNEL = {50001, 50013}, 10003

log = logging.getLogger(__name__)


class BestOf(commands.Cog):
    """Posts clips with many stars once, and updates the number of stars."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._runner = KeyedRunner()
        self._command = command_of(self.best)
        self._due_loop = DueLoop(
            "best of", self._run_due, self._seconds_to_next, bot.service.retry_due_seconds
        )

    async def cog_load(self) -> None:
        """Add the command to /admin."""
        admin_group(self.bot).add_command(self._command)

    async def cog_unload(self) -> None:
        """Remove the command and stop; the next run of the bot continues."""
        admin_group(self.bot).remove_command(self._command.name)
        await self._due_loop.stop()
        await self._runner.stop()

    async def best(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        stars: app_commands.Range[int, 1, 1000] = 3,
    ) -> None:
        """Choose the channel where clips with many stars are collected.

        Parameters
        ----------
        channel:
            Where they are posted; leave it out to collect no more.
        stars:
            How many stars a clip must have; nobody's own star counts.
        """
        guild_id, render = guild_of(interaction), own_renderer(interaction)
        if channel is not None and interaction.guild is not None:
            rights = channel.permissions_for(interaction.guild.me)
            may = rights.view_channel and rights.send_messages
            if not (may and rights.embed_links and rights.attach_files):
                raise Refused(MAY_NOT_POST.fill(channel=f"<#{channel.id}>"))
        if channel is None:
            await self.bot.service.stars.end_best_of(guild_id)
            async with noted(interaction, log_messages.NO_BEST):
                await interaction.response.send_message(render(ENDED), ephemeral=True)
            return
        await self.bot.service.stars.begin_best_of(guild_id, channel.id, stars)
        answer = Plural(
            "Clips are posted in {channel} once they have {n} star.",
            "Clips are posted in {channel} once they have {n} stars.",
            n=stars,
            channel=f"<#{channel.id}>",
        )
        async with noted(interaction, log_messages.best_in(channel.id, stars)):
            await interaction.response.send_message(render(answer), ephemeral=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Post what a previous run left undone."""
        await self.run_due()

    @commands.Cog.listener()
    async def on_clip_changed(self, clip_id: int) -> None:
        """Update the post of a clip that was starred, unstarred or deleted."""
        log.debug("best_of.run_due clip=%d", clip_id)
        await self.run_due()

    @commands.Cog.listener()
    async def on_person_forgotten(self, user_id: int) -> None:
        """Delete the posts of a person whose data was deleted, and count stars anew."""
        log.debug("best_of.person_forgotten user=%d", user_id)
        await self.run_due()

    async def run_due(self) -> bool:
        """Post, edit and delete what is due; return whether all is done.

        What fails in an outage is retried.
        """
        return await self._due_loop.run_now()

    async def _seconds_to_next(self, most: float) -> float:
        return most

    async def _run_due(self) -> bool:
        due = await self.bot.service.stars.best_of_due()
        servers = dict.fromkeys(post.guild_id for post in due)
        return await self._runner.run_each(servers, self._look_at_server)

    async def _look_at_server(self, guild_id: int) -> bool:
        all_did = True
        for post in await self.bot.service.stars.best_of_due():
            if post.guild_id != guild_id:
                continue
            try:
                await self._update(post)
            except discord.HTTPException as error:
                if is_outage(error):
                    log.warning("best_of.postponed clip=%d %r", post.clip_id, error)
                    return False
                log.warning("best_of.refused clip=%d code=%d", post.clip_id, error.code)
                await self._give_up(post, error)
            except Exception:
                log.exception("best_of.failed clip=%d", post.clip_id)
                all_did = False
        return all_did

    async def _give_up(self, post: BestPost, error: discord.HTTPException) -> None:
        """Leave a post until its clip gets another star; tell managers why."""
        clip, stars = await self.bot.service.clips.find(post.clip_id), self.bot.service.stars
        if clip is None or clip.is_deleted:
            await stars.delete_best(post)
            return
        if post.message_id is None:
            # Its next star records it anew, for the channel that is chosen by then, if one is.
            await stars.delete_best(post)
        else:
            await stars.record_best(post, post.message_id, clip.stars)
        # A post that went with its channel is not missing from the one there is now.
        if error.code == _NO_CHANNEL and post.message_id is None:
            sentence = log_messages.NO_CHANNEL_FOR_BEST.fill(id=clip.id)
        elif error.code in _NOT_ALLOWED:
            sentence = log_messages.CLOSED_TO_BEST.fill(id=clip.id, channel=f"<#{post.channel_id}>")
        else:
            return
        nonce = f"no-best/{clip.id}"
        await post_to_log(self.bot, post.guild_id, sentence, nonce=nonce)

    async def _update(self, post: BestPost) -> None:
        clip = await self.bot.service.clips.find(post.clip_id)
        channel = self.bot.get_partial_messageable(post.channel_id)
        if clip is None or clip.is_deleted:
            # The post of a clip that expires meanwhile stays, and is recorded no more.
            if post.message_id is not None and post in await self.bot.service.stars.best_of_due():
                with suppress(discord.NotFound):
                    await channel.get_partial_message(post.message_id).delete()
            await self.bot.service.stars.delete_best(post)
            return
        render = server_renderer(self.bot, post.guild_id)
        text = self._above(render, clip)
        if post.message_id is not None:
            await channel.get_partial_message(post.message_id).edit(content=text)
            await self.bot.service.stars.record_best(post, post.message_id, clip.stars)
            return
        guild = self.bot.get_guild(post.guild_id)
        if guild is not None and guild.unavailable:
            return  # its channels are unknown until Discord's outage is over
        if not self._is_open(clip):
            # Not everybody can see it in its own channel, so it is not posted here.
            await self.bot.service.stars.delete_best(post)
            return
        message_id = await self._post(post, clip, text, render)
        if message_id is None:
            await self.bot.service.stars.delete_best(post)
        else:
            await self.bot.service.stars.record_best(post, message_id, clip.stars)

    async def _post(self, post: BestPost, clip: Clip, text: str, render: Renderer) -> int | None:
        name, channel = f"best-of-{clip.id}", self.bot.get_partial_messageable(post.channel_id)

        def is_match(message: discord.Message) -> bool:
            return any(PurePath(file.filename).stem == name for file in message.attachments)

        found = await find_own(self.bot, channel, is_match, since_id=clip.message_id)
        if found is not None:
            return found
        guild = self.bot.get_guild(post.guild_id)
        limit = USUAL_MAX_BYTES if guild is None else guild.filesize_limit
        try:
            packed = await self.bot.service.clips.pack(clip, limit)
        except (SoundError, OutputError) as error:
            log.info("best_of.not_announced clip=%d %s", clip.id, error)
            return None
        card, _ = await clip_cards(self.bot, render, clip)
        sent = await channel.send(
            text,
            embed=card,
            files=[
                discord.File(io.BytesIO(packed.data), f"{name}{PurePath(packed.name).suffix}"),
                discord.File(io.BytesIO(packed.picture), cards.PICTURE),
            ],
            view=clip_view(render, clip),
            nonce=name,
        )
        return sent.id

    def _above(self, render: Renderer, clip: Clip) -> str:
        answer = Sentence(
            "⭐ **{stars}** · {who} · {link}",
            stars=clip.stars,
            who=f"<@{clip.origin.user_id}>",
            link=link(clip),
        )
        return render(answer)

    def _is_open(self, clip: Clip) -> bool:
        guild = self.bot.get_guild(clip.origin.guild_id or 0)
        return guild is not None and is_for_everybody(guild, clip)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(BestOf(bot))
