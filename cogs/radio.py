"""The radio in a voice channel: /radio start, stop, skip, now, words, source."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.live_words import MAX_LIVE_CHARACTERS, with_words
from bot.domain.radio import RadioPlan, RadioSource
from bot.errors import RequestError
from cogs.posting.afterwards import afterwards
from cogs.presentation import radio_messages
from cogs.presentation.errors import report_error
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.radio_control import require_listener, require_radio, skip_by_vote, stop_radio
from cogs.requests.radio_sessions import RadioSessions
from cogs.requests.radio_source_option import SOURCES, Source, with_source
from cogs.requests.radio_steering import clean_words, steer
from cogs.requests.responses import thinking
from cogs.requests.suggestions import suggest_jams
from cogs.requests.voice_places import place_of
from cogs.views.persistent_button import custom_id_of
from cogs.views.radio_buttons import RadioButton, radio_view
from cogs.views.radio_words_form import CUSTOM_ID, read_words

DEFAULT_WORDS = "lo-fi beats"

LiveText = app_commands.Range[str, 1, MAX_LIVE_CHARACTERS]


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
class Radio(commands.GroupCog, group_name="radio"):
    """A radio in your voice channel, of clips that were made here."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self.radios = RadioSessions(bot, radio_view)
        self._restoring: asyncio.Task[None] | None = None
        super().__init__()

    async def cog_unload(self) -> None:
        """Stop the radios; they are restored after the restart."""
        if self._restoring is not None:
            self._restoring.cancel()
        await self.radios.close()

    @app_commands.command()
    @app_commands.autocomplete(jam=suggest_jams)
    async def start(
        self,
        interaction: Interaction,
        source: app_commands.Transform[Source, SOURCES] = Source.STARS,
        person: discord.Member | None = None,
        jam: int | None = None,
        words: LiveText | None = None,
    ) -> None:
        """Play music in the voice channel that you are in.

        Parameters
        ----------
        source:
            What is played: clips with stars, the latest ones, open jams, or music that words steer.
        person:
            Play this person's clips instead.
        jam:
            Play this jam instead, as it grows.
        words:
            Play live music from these words.
        """
        channel = place_of(interaction)
        guild_id = channel.guild.id
        await self.bot.service.guilds.check_person(guild_id, interaction.user.id)
        self.radios.check_off(guild_id, channel)
        plan = RadioPlan(
            guild_id=guild_id,
            channel_id=channel.id,
            text_channel_id=interaction.channel_id or 0,
            user_id=interaction.user.id,
            source=RadioSource.STARS,
        )
        plan = with_source(plan, Source.LIVE if words else source, person)
        plan = await self._with_jam(plan, None if words else jam)
        if plan.source is RadioSource.LIVE:
            heard = clean_words(words or DEFAULT_WORDS)
            await self.bot.service.word_filter.check(guild_id, heard)
            await self.bot.service.live_music.check(guild_id)
            plan = dataclasses.replace(plan, words=with_words((), heard, 1.0))
        async with thinking(interaction):
            tuning_in = shared_renderer(interaction)(radio_messages.TUNING_IN)
            shown = await interaction.followup.send(tuning_in, wait=True)
            try:
                await self.radios.begin(dataclasses.replace(plan, message_id=shown.id), channel)
            except RequestError as error:
                await shown.edit(content=shared_renderer(interaction)(error.sentence))
            except Exception:
                # Nothing tunes in any more; whoever asked is told that it failed.
                await shown.delete()
                raise

    @app_commands.command()
    async def stop(self, interaction: Interaction) -> None:
        """Switch the radio off."""
        await stop_radio(interaction, require_radio(interaction))

    @app_commands.command()
    async def skip(self, interaction: Interaction) -> None:
        """Go on to the next clip, if more than half of those who listen want it."""
        answer = await skip_by_vote(interaction, require_radio(interaction))
        await interaction.response.send_message(own_renderer(interaction)(answer), ephemeral=True)

    @app_commands.command()
    async def now(self, interaction: Interaction) -> None:
        """Show what is playing, and who made it."""
        radio = require_radio(interaction)
        embed, view = await radio.describe(own_renderer(interaction))
        if view is None:
            await interaction.response.send_message(embed=embed, ephemeral=True)
        else:
            await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @app_commands.command()
    async def words(
        self,
        interaction: Interaction,
        words: LiveText,
        weight: app_commands.Range[float, 0.0, 10.0] = 1.0,
    ) -> None:
        """Steer live music by words; up to three are mixed.

        Parameters
        ----------
        words:
            What you want to hear more of, such as a style or an instrument.
        weight:
            How much, beside the others' 1; 0 takes these words away.
        """
        radio = require_radio(interaction)
        answer = await steer(self.bot, interaction.user, radio, words, weight)
        # After the answer, since edits of cards and statuses are rate limited.
        async with afterwards(self.bot, radio.show):
            await interaction.response.send_message(shared_renderer(interaction)(answer))

    @app_commands.command()
    @app_commands.autocomplete(jam=suggest_jams)
    async def source(
        self,
        interaction: Interaction,
        source: app_commands.Transform[Source, SOURCES] = Source.STARS,
        person: discord.Member | None = None,
        jam: int | None = None,
    ) -> None:
        """Choose what the radio plays from now on.

        Parameters
        ----------
        source:
            What is played: clips with stars, the latest ones, open jams, or music that words steer.
        person:
            Play this person's clips instead.
        jam:
            Play this jam instead, as it grows.
        """
        radio = require_radio(interaction)
        await require_listener(self.bot, interaction.user, radio)
        plan = await self._with_jam(with_source(radio.plan, source, person), jam)
        if plan.source is RadioSource.LIVE:
            await self.bot.service.live_music.check(plan.guild_id)
            words = plan.words or with_words((), DEFAULT_WORDS, 1.0)
            plan = dataclasses.replace(plan, words=words)
        async with thinking(interaction):
            await radio.change(plan)
            answer = radio_messages.PLAYS_NOW.fill(what=radio_messages.source(plan))
            await interaction.followup.send(shared_renderer(interaction)(answer))

    async def _with_jam(self, plan: RadioPlan, jam_id: int | None) -> RadioPlan:
        """Return a plan to play one jam, if one is named. Raises RequestError."""
        if jam_id is None:
            return plan
        jam = await self.bot.service.jams.find(jam_id)
        if jam is None or jam.guild_id != plan.guild_id:
            raise RequestError(radio_messages.NO_SUCH_JAM)
        return dataclasses.replace(plan, source=RadioSource.JAM, jam_id=jam.id, person_id=None)

    @commands.Cog.listener()
    async def on_jam_changed(self) -> None:
        """Update radios that play a jam."""
        for radio in self.radios.all():
            await radio.follow_jam()

    @commands.Cog.listener()
    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Count listeners when somebody joins or leaves; note where the bot comes to."""
        radio, here = self.radios.of(member.guild.id), after.channel
        if radio is None:
            return
        radio.note_listeners()
        if member.id == member.guild.me.id and here is not None and here != before.channel:
            await self.radios.settle(radio, here, suppressed=after.suppress)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Apply the words of a submitted form, also from before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if CUSTOM_ID.fullmatch(custom_id_of(interaction)) is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            words, weight = read_words(cast(Mapping[str, Any], interaction.data))
            radio = require_radio(interaction)
            answer = await steer(self.bot, interaction.user, radio, words, weight)
            async with afterwards(self.bot, radio.show):
                await interaction.response.send_message(shared_renderer(interaction)(answer))
        except Exception as error:
            await report_error(interaction, error)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Restore the radios that played before a restart."""
        if self._restoring is None or self._restoring.done():
            self._restoring = asyncio.create_task(self.radios.restore(), name="restore radios")


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    bot.add_dynamic_items(RadioButton)
    await bot.add_cog(Radio(bot))
