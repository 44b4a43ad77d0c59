"""Named words and settings: /preset save, list, delete and share."""

from __future__ import annotations

from types import MappingProxyType

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.jobs import MAX_PROMPT_CHARACTERS
from bot.domain.presets import Preset, PresetOwner
from bot.errors import RequestError
from bot.i18n.sentence import Sentence, listing
from cogs.posting.server_log import noted
from cogs.presentation import log_messages, messages, preset_messages
from cogs.presentation.prompts import clean_prompt, escape
from cogs.presentation.renderers import own_renderer
from cogs.requests.presets import (
    MAX_NAME_CHARACTERS,
    NO_PRESET,
    OF_SERVER,
    PresetName,
    find_owned,
    owners,
    suggest_presets,
)
from cogs.requests.rights import guild_of, is_manager

SAVED = Sentence("Saved. {line}\nChoose it as `preset` in `/music`, `/remix` and `/random`.")
SHARED = Sentence("Everybody on this server can choose **{name}** now.")
DELETED = Sentence("**{name}** is deleted.")
EMPTY = Sentence("A preset needs some words, or at least one setting.")
BAD_NAME = Sentence("A preset needs a name with letters, that doesn't begin with `{prefix}`.")
UNKNOWN_STEMS = Sentence("The model here has these stems: {stems}.")
NO_STEMS = Sentence("The model here has no stems to keep.")


class Presets(commands.GroupCog, group_name="preset"):
    """Give words and settings a name, and choose them by it."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        super().__init__()

    @app_commands.command()
    async def save(
        self,
        interaction: Interaction,
        name: app_commands.Range[str, 1, MAX_NAME_CHARACTERS],
        words: app_commands.Range[str, 1, MAX_PROMPT_CHARACTERS] | None = None,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        takes: app_commands.Range[int, 1, 8] | None = None,
        guidance: app_commands.Range[float, 1.0, 10.0] | None = None,
        temperature: app_commands.Range[float, 0.1, 2.0] | None = None,
        top_k: app_commands.Range[int, 1, 2048] | None = None,
        loop: bool | None = None,
        stems: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Keep words and settings under a name; one of the same name is replaced.

        Parameters
        ----------
        name:
            What it is called.
        words:
            Words of style that join what you type; what you type wins.
        seconds:
            How long the music is.
        takes:
            How many versions to make.
        guidance:
            How closely to follow the words: 1 loosely, 10 very strictly.
        temperature:
            Below 1 tamer, above 1 wilder.
        top_k:
            Sample from the k most likely tokens.
        loop:
            Whether it is cut to whole bars, so that it loops seamlessly.
        stems:
            What a remix of a clip keeps to the note, where the clip has it ("drums, bass").
        """
        sampling = {"guidance": guidance, "temperature": temperature, "top_k": top_k}
        preset = Preset(
            name=_checked_name(name),
            words=clean_prompt(words),
            seconds=seconds,
            takes=takes,
            loop=loop,
            sampling=MappingProxyType(
                {each: float(value) for each, value in sampling.items() if value is not None}
            ),
            keep_stems=self._read_stems(stems),
        )
        if preset == Preset(name=preset.name):
            raise RequestError(EMPTY)
        await self.bot.service.presets.save(PresetOwner(id=interaction.user.id), preset)
        line = preset_messages.preset_line(preset)
        await self._say(interaction, SAVED.fill(line=line))

    @app_commands.command(name="list")
    async def list_presets(self, interaction: Interaction) -> None:
        """Show your presets and this server's."""
        presets = self.bot.service.presets
        lists = [(owner, await presets.of(owner)) for owner in owners(interaction)]
        text = preset_messages.preset_lists(own_renderer(interaction), lists)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command()
    @app_commands.autocomplete(name=suggest_presets)
    async def delete(self, interaction: Interaction, name: PresetName) -> None:
        """Delete a preset of yours, or as a manager one of this server's.

        Parameters
        ----------
        name:
            Choose it from the list.
        """
        found = await find_owned(interaction, name)
        if found is None:
            raise RequestError(NO_PRESET)
        owner, preset = found
        if owner.is_server and not await is_manager(interaction):
            raise RequestError(messages.FOR_MANAGERS)
        await self.bot.service.presets.delete(owner, preset.name)
        called = escape(preset.name)
        done = log_messages.UNSHARED.fill(name=called) if owner.is_server else None
        async with noted(interaction, done):
            await self._say(interaction, DELETED.fill(name=called))

    @app_commands.command()
    @app_commands.autocomplete(name=suggest_presets)
    async def share(self, interaction: Interaction, name: PresetName) -> None:
        """Give a preset of yours to this server, for everybody to choose. For its managers.

        Parameters
        ----------
        name:
            One of yours; the server's of the same name is replaced.
        """
        guild_id = guild_of(interaction)
        if not await is_manager(interaction):
            raise RequestError(messages.FOR_MANAGERS)
        presets = self.bot.service.presets
        preset = await presets.find(PresetOwner(id=interaction.user.id), name)
        if preset is None:
            raise RequestError(NO_PRESET)
        await self.bot.service.word_filter.check(guild_id, preset.name, preset.words)
        await presets.save(PresetOwner(id=guild_id, is_server=True), preset)
        async with noted(interaction, log_messages.SHARED.fill(name=escape(preset.name))):
            await self._say(interaction, SHARED.fill(name=escape(preset.name)))

    def _read_stems(self, text: str | None) -> tuple[str, ...]:
        """Return the stems that a text names. Raises RequestError for unknown ones."""
        if text is None:
            return ()
        known = self.bot.service.stems.model_stems
        named = tuple(dict.fromkeys(text.casefold().replace(",", " ").split()))
        if not known:
            raise RequestError(NO_STEMS)
        if not set(named) <= set(known):
            raise RequestError(UNKNOWN_STEMS.fill(stems=listing(known)))
        return named

    async def _say(self, interaction: Interaction, sentence: Sentence) -> None:
        await interaction.response.send_message(own_renderer(interaction)(sentence), ephemeral=True)


def _checked_name(text: str) -> str:
    name = clean_prompt(text)
    if name is None or name.casefold().startswith(OF_SERVER):
        raise RequestError(BAD_NAME.fill(prefix=OF_SERVER))
    return name


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Presets(bot))
