"""Mixes: /mix, and the form that *Mix* opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation.errors import report_error
from cogs.requests.clip_recall import find_typed_clip
from cogs.requests.mixing import order_mix
from cogs.requests.rights import require_clip
from cogs.requests.suggestions import suggest_clips_in_sight
from cogs.views.form_fields import id_in_form
from cogs.views.mix_form import CUSTOM_ID, read_mix_answers


class Mixes(commands.Cog):
    """Lays two clips over one another."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.autocomplete(a=suggest_clips_in_sight, b=suggest_clips_in_sight)
    async def mix(
        self,
        interaction: Interaction,
        a: app_commands.Range[str, 1, 20],
        b: app_commands.Range[str, 1, 20],
        lead: Literal["a", "b"] = "a",
        balance: app_commands.Range[int, 10, 90] = 50,
    ) -> None:
        """Mix two clips: one tempo, keys that fit, bar on bar. Costs none of your seconds.

        Parameters
        ----------
        a:
            A clip of this server, by its number; it leads, unless you say otherwise.
        b:
            The other clip, which follows the beat and the key of the first.
        lead:
            Whose beat and key stay as they are.
        balance:
            How much of b is heard: 10 hardly any, 50 as much as of a, 90 hardly anything else.
        """
        first, second = await find_typed_clip(interaction, a), await find_typed_clip(interaction, b)
        share = balance / 100
        if lead == "a":
            await order_mix(interaction, first, second, share)
        else:
            await order_mix(interaction, second, first, 1 - share)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order the mix from a submitted form, also from before a restart."""
        id_ = id_in_form(interaction, CUSTOM_ID)
        if id_ is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            this = await require_clip(interaction, id_)
            answers = read_mix_answers(cast(Mapping[str, Any], interaction.data))
            other = await require_clip(interaction, answers.other_id)
            pair = (this, other) if answers.this_leads else (other, this)
            await order_mix(interaction, *pair, answers.balance)
        except Exception as error:
            await report_error(interaction, error)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Mixes(bot))
