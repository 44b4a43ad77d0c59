"""Jams: /jam start, status, list and close, and the events and timer that advance them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.jams import MOST_SECONDS
from bot.errors import RequestError
from cogs.jams.progress import JamProgress
from cogs.posting.due_loop import DueLoop
from cogs.presentation import jam_answers, jam_messages
from cogs.presentation.errors import report_error
from cogs.presentation.renderers import own_renderer
from cogs.requests.jam_opening import (
    MAX_STYLE_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    check_jam,
    open_jam,
)
from cogs.requests.jams import (
    close_jam,
    find_jam,
    order_turn,
    require_jam,
)
from cogs.requests.rights import sight_of
from cogs.views.form_fields import id_in_form, read_answers
from cogs.views.jam_buttons import JamButton, jam_view
from cogs.views.jam_form import CUSTOM_ID

_TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
KEYS = [
    app_commands.Choice(name=f"{tonic} {mode}", value=f"{tonic} {mode}")
    for mode in ("major", "minor")
    for tonic in _TONICS
]
ORDERS = [
    app_commands.Choice(name="whoever is first", value="free"),
    app_commands.Choice(name="in rotation", value="rotation"),
]

log = logging.getLogger(__name__)


class JamSessions(
    commands.GroupCog, group_name="jam", group_description="Make one track together."
):
    """People make one piece of music together, turn by turn, in a thread."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self.progress = JamProgress(bot)
        self._due_loop = DueLoop(
            "jams",
            self.progress.run_due,
            self.progress.seconds_to_next,
            bot.service.retry_due_seconds,
        )
        bot.service.jams.on_change(lambda: bot.dispatch("jam_changed"))

    async def cog_unload(self) -> None:
        """Stop; the next run of the bot continues."""
        await self._due_loop.stop()
        await self.progress.stop()

    @app_commands.command()
    @app_commands.choices(key=KEYS, turns=ORDERS)
    async def start(
        self,
        interaction: Interaction,
        title: app_commands.Range[str, 1, MAX_TITLE_CHARACTERS],
        tempo: app_commands.Range[int, 60, 176] = 100,
        key: str | None = None,
        style: app_commands.Range[str, 1, MAX_STYLE_CHARACTERS] | None = None,
        bars: app_commands.Range[int, 1, 16] = 4,
        turns: str = "free",
        longest: app_commands.Range[int, 10, int(MOST_SECONDS)] = 120,
    ) -> None:
        """Start a jam: a thread in which people make one track, turn by turn.

        Parameters
        ----------
        title:
            What it is called.
        tempo:
            Its tempo, in beats a minute.
        key:
            Its key; any if you leave it out.
        style:
            Words that every turn has in common ("lo-fi hip hop").
        bars:
            How many bars a turn adds.
        turns:
            Whether whoever is first takes a turn, or each waits for the others.
        longest:
            How many seconds the track may get long.
        """
        new = await check_jam(
            interaction,
            title=title,
            style=style,
            bpm=tempo,
            music_key=key,
            bars=bars,
            in_rotation=turns == "rotation",
            most_seconds=float(longest),
        )
        await open_jam(interaction, new)

    @app_commands.command()
    async def status(self, interaction: Interaction) -> None:
        """Show the card of the jam in this thread, with its buttons, to you alone."""
        snapshot = await find_jam(interaction)
        render = own_renderer(interaction)
        mixdown = await self.bot.service.jams.mixdown(snapshot.jam)
        card = jam_messages.card(render, snapshot, mixdown, has_picture=False)
        view = jam_view(render, snapshot)
        await interaction.response.send_message(embed=card, view=view, ephemeral=True)

    @app_commands.command(name="list")
    async def list_open(self, interaction: Interaction) -> None:
        """List the jams that are open on this server."""
        if interaction.guild_id is None:
            raise RequestError(jam_messages.ON_SERVERS)
        # In hidden channels, also a title is for those who can see it.
        seen = sight_of(interaction).channel_ids
        snapshots = [
            snapshot
            for snapshot in await self.bot.service.jams.open_in(interaction.guild_id)
            if snapshot.jam.channel_id in seen or snapshot.jam.thread_id in seen
        ]
        text = jam_answers.listed(own_renderer(interaction), snapshots)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command()
    async def close(self, interaction: Interaction) -> None:
        """Close the jam in this thread: its mixdown is made, for free."""
        await close_jam(interaction, await find_jam(interaction))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order the turn from a submitted form, also from before a restart."""
        id_ = id_in_form(interaction, CUSTOM_ID)
        if id_ is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            snapshot = await require_jam(interaction, id_)
            words = read_answers(cast(Mapping[str, Any], interaction.data)).get("words", "")
            await order_turn(interaction, snapshot, words)
        except Exception as error:
            await report_error(interaction, error)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Continue jams that a previous run left."""
        await self._due_loop.run_now()

    @commands.Cog.listener()
    async def on_jam_changed(self) -> None:
        """Advance jams: a turn was taken, ordered, generated, dropped or undone."""
        self.bot.commands_in_flight.track()
        # Before that Discord can't be reached; `on_ready` runs all that is due.
        if self.bot.is_ready():
            await self._due_loop.run_now()

    @commands.Cog.listener()
    async def on_person_forgotten(self, user_id: int) -> None:
        """Show jams without a person whose data was deleted."""
        log.debug("jam.person_forgotten user=%d", user_id)
        await self._due_loop.run_now()

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """End a jam whose thread was deleted; its clips stay."""
        jam = await self.bot.service.jams.find_in(payload.thread_id)
        if jam is not None:
            log.info("jam.thread_deleted id=%d", jam.id)
            await self.bot.service.jams.abandon(jam.id)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons of jams."""
    bot.add_dynamic_items(JamButton)
    await bot.add_cog(JamSessions(bot))
