"""The buttons under a battle. Custom ids hold battle and action, so they survive a restart."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.battles import Battle, BattleOutcome, BattleState
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation import battle_messages
from cogs.presentation.errors import send_privately
from cogs.requests.battles import require_battle, require_beginner
from cogs.views.battle_form import show_battle_form
from cogs.views.persistent_button import PersistentButton

BATTLE_ACTIONS = ("enter", "vote", "off")
_LABELS = {
    "enter": (Sentence("Enter"), discord.ButtonStyle.success),
    "vote": (Sentence("Vote now"), discord.ButtonStyle.secondary),
    "off": (Sentence("Call off"), discord.ButtonStyle.danger),
}


def battle_view(render: Renderer, battle: Battle) -> discord.ui.View | None:
    """Return the buttons under a battle; none where it is over."""
    deeds = {
        BattleState.OPEN: BATTLE_ACTIONS,
        BattleState.CLOSED: ("off",),
        BattleState.VOTING: ("off",),
    }.get(battle.state)
    if deeds is None:
        return None
    view = discord.ui.View(timeout=None)
    for action in deeds:
        view.add_item(BattleButton(battle.id, action, render))
    return view


class BattleButton(PersistentButton, template=r"zhiyin:battle:(?P<id>\d+):(?P<action>[a-z]+)"):
    """One of the buttons under a battle."""

    def __init__(self, battle_id: int, action: str, render: Renderer | None = None) -> None:
        label, style = _LABELS.get(action, (verbatim(action), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:battle:{battle_id}:{action}",
            )
        )
        self.battle_id, self.action = battle_id, action

    async def press(self, interaction: Interaction) -> None:
        """Enter, begin the vote early, or call it off."""
        battle = await require_battle(interaction, self.battle_id)
        battles = interaction.client.service.battles
        match self.action:
            case "enter":
                await show_battle_form(interaction, battle)
                return
            case "vote":
                require_beginner(interaction, battle)
                await battles.close(battle.id)
                answer = battle_messages.CLOSED_BY_HAND
            case "off":
                require_beginner(interaction, battle)
                if not await battles.end_without_votes(battle.id, BattleOutcome.CALLED_OFF):
                    raise RequestError(battle_messages.BEING_POSTED)
                answer = battle_messages.CALLED_OFF_BY_HAND
            case _:
                raise RequestError(battle_messages.NO_BATTLE)
        # Before the answer, which may fail or be late.
        interaction.client.dispatch("battle_changed", battle.id)
        await send_privately(interaction, answer)
