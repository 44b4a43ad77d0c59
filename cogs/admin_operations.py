"""Status, and draining before a restart: /admin status and drain."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.app.services.operations import BotStatus
from bot.domain.status import ShardStatus, WorkerStatus
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation import cards, messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.admin_group import admin_group, command_of
from cogs.requests.rights import require_bot_owner


class AdminOperations(commands.Cog):
    """Commands below /admin, which another extension begins."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._commands = (command_of(self.status), command_of(self.drain))

    async def cog_load(self) -> None:
        """Add the commands to the group of another extension; discord.py can't declare that."""
        for command in self._commands:
            admin_group(self.bot).add_command(command)

    async def cog_unload(self) -> None:
        """Remove them."""
        for command in self._commands:
            admin_group(self.bot).remove_command(command.name)

    async def status(self, interaction: Interaction) -> None:
        """Show how the bot is doing."""
        status = await self.bot.service.operations.status()
        # The last error may be from another server: for the bot's owner only.
        error = status.last_error if await self.bot.is_owner(interaction.user) else None
        embed = status_embed(own_renderer(interaction), status, error)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    async def drain(self, interaction: Interaction, on: bool = True) -> None:
        """Stop taking new requests on all servers, before a restart. For the bot's owner.

        Parameters
        ----------
        on:
            False takes requests again.
        """
        await require_bot_owner(interaction)
        await self.bot.service.operations.set_draining(on)
        left = self.bot.service.requests.in_flight
        answer = Sentence("New music is accepted again.")
        if on:
            answer = Sentence(
                "No new music is accepted; the {left} in the queue will still be made.", left=left
            )
        await interaction.response.send_message(own_renderer(interaction)(answer), ephemeral=True)


def status_embed(render: Renderer, status: BotStatus, last_error: str | None) -> discord.Embed:
    """Return what managers read, within Discord's limits for any number of workers and shards."""
    engine = status.engine.trouble or Sentence("being loaded")
    if status.engine.model:
        engine = Sentence("ready")
    longest = Sentence("nobody")
    if status.oldest_wait_seconds:
        longest = messages.duration(status.oldest_wait_seconds)
    lag = Sentence("{lag:.0f} ms at most in the last minute", lag=1000 * status.lag_seconds)
    connection = connection_row(status.shards)
    rows: list[cards.Row] = [
        (Sentence("In the queue"), str(status.engine.waiting)),
        (Sentence("Being made"), str(status.engine.running)),
        (Sentence("Oldest wait"), longest),
        (Sentence("Music engine"), engine),
        (Sentence("Engine restarts"), str(status.engine.restarts)),
        *([(Sentence("Connection to Discord"), connection)] if connection else []),
        (Sentence("Uptime"), messages.duration(status.up_seconds)),
        (Sentence("Memory"), f"{status.memory_bytes / 2**20:.0f} MB"),
        (Sentence("Event-loop lag"), lag),
        (Sentence("Delivered"), str(status.delivered)),
        (Sentence("Failed"), str(status.failed)),
    ]
    return cards.status(render, rows, _worker_lines(render, status.engine.workers), last_error)


def connection_row(shards: Sequence[ShardStatus]) -> Sentence | None:
    """Return the status of the connections to Discord, naming slow ones."""
    if not shards:
        return None
    slowest_ms = 1000 * max((each.latency_seconds or 0.0) for each in shards)
    behind = ", ".join(str(each.number) for each in shards if each.is_behind)
    if len(shards) == 1:
        if behind:
            return Sentence("slow or lost")
        return Sentence("{latency:.0f} ms", latency=slowest_ms)
    if behind:
        return Sentence(
            "{n} shards, of which these are slow or lost: {behind}", n=len(shards), behind=behind
        )
    return Sentence("{n} shards, {latency:.0f} ms at most", n=len(shards), latency=slowest_ms)


def _worker_lines(render: Renderer, workers: Sequence[WorkerStatus]) -> list[str]:
    """Return a line for each worker, if there are several; those that aren't ready come first."""
    if len(workers) == 1 and workers[0].is_local:
        return []
    numbered = sorted(enumerate(workers, start=1), key=lambda each: each[1].is_ready)
    return [f"**{number}** {render(_worker(each))}" for number, each in numbered]


def _worker(worker: WorkerStatus) -> Sentence:
    host = worker.host or "?"
    if not worker.is_ready:
        trouble = worker.trouble or Sentence("being loaded")
        return Sentence("{host}: {trouble}", host=host, trouble=trouble)
    if worker.seconds_per_second is None:
        return Sentence(
            "{host}: {jobs} being made in {precision}",
            host=host,
            jobs=worker.jobs,
            precision=worker.precision,
        )
    return Sentence(
        "{host}: {jobs} being made in {precision}, {pace:.1f} s of music a second",
        host=host,
        jobs=worker.jobs,
        precision=worker.precision,
        pace=1 / worker.seconds_per_second,
    )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(AdminOperations(bot))
