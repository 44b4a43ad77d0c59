"""Find and suggest the presets that a person may use here."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.app.client import Interaction
from bot.domain.presets import Preset, PresetOwner
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation.renderers import own_renderer

MAX_NAME_CHARACTERS = 40
OF_SERVER = "server:"
"""Prefix of a server's preset whose name equals one of the person's."""

NO_PRESET = Sentence(
    "I can't find that preset: choose one from the list that appears while you type, or make one "
    "with `/preset save`."
)
OF_THIS_SERVER = Sentence("{name} (this server's)")

PresetName = app_commands.Range[str, 1, MAX_NAME_CHARACTERS + len(OF_SERVER) + 1]

_CHOICES = 25
NOTHING = Preset(name="")
"""The empty preset."""


async def find_preset(interaction: Interaction, text: str | None) -> Preset:
    """Return the chosen or typed preset; a person's own precedes the server's.

    Without a text it is NOTHING. Raises RequestError if there is none of that name.
    """
    if text is None:
        return NOTHING
    found = await find_owned(interaction, text)
    if found is None:
        raise RequestError(NO_PRESET)
    return found[1]


async def find_owned(interaction: Interaction, text: str) -> tuple[PresetOwner, Preset] | None:
    """Return the preset of that name and its owner."""
    presets = interaction.client.service.presets
    name = text.removeprefix(OF_SERVER).strip()
    for owner in owners(interaction):
        if owner.is_server or not text.startswith(OF_SERVER):
            found = await presets.find(owner, name)
            if found is not None:
                return owner, found
    return None


def with_typed(preset: Preset, **typed: float | None) -> dict[str, float | int | None]:
    """Return the sampling settings: typed ones precede those of the preset."""
    kept: dict[str, float | int | None] = dict(preset.sampling)
    if "top_k" in preset.sampling:
        kept["top_k"] = int(preset.sampling["top_k"])
    return kept | {name: value for name, value in typed.items() if value is not None}


def owners(interaction: discord.Interaction) -> list[PresetOwner]:
    """Return the owners of usable presets: the person and the server."""
    found = [PresetOwner(id=interaction.user.id)]
    if interaction.guild_id is not None:
        found.append(PresetOwner(id=interaction.guild_id, is_server=True))
    return found


async def suggest_presets(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest a person's presets, then the server's."""
    render, choices = own_renderer(interaction), []
    for owner in owners(interaction):
        for preset in await interaction.client.service.presets.of(owner):
            name, value = preset.name, preset.name
            if owner.is_server:
                name, value = render(OF_THIS_SERVER.fill(name=name)), f"{OF_SERVER} {name}"
            if current.casefold() in name.casefold():
                choices.append(app_commands.Choice(name=name, value=value))
    return choices[:_CHOICES]
