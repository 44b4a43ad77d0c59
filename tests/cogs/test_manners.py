"""Words that are not wanted: refused before anybody else sees them, wherever they are typed."""

from __future__ import annotations

import dataclasses

import pytest

from bot.config import Config, DiscordConfig
from bot.errors import ConfigError
from bot.pipeline.manners import UNWANTED
from cogs.presentation.cards import WORDS_HELD_BACK
from tests.support.jam_server import custom_ids, open_jam
from tests.support.sound_files import as_file, noise


def refused(result):
    """Whether all that came of it is the one private sentence."""
    assert result.response.ephemeral
    assert result.response.content == str(UNWANTED)
    assert not result.followups
    return True


async def test_a_word_of_the_list_is_refused_wherever_it_is_typed(tmp_path):
    """In a command, a form, a mention, and the name of a file; the word is not repeated."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(prompt="beat", seconds=2.0)).response
        await jam.bot.service.manners.add(jam.guild.id, "plonk*")
        assert refused(await jam.music(prompt="some P.L.O.N.K rock"))
        assert refused(await jam.music(prompt="plonky rock"))
        form = await jam.alice.click(clip, label="Remix")
        words, keep, include = custom_ids(form.modal)
        answers = {words: "plonk it", keep: ["2"], include: ["no"]}
        assert refused(await jam.alice.submit_modal(form, answers))
        file = ("plonk.wav", as_file(noise()))
        result = await jam.alice.slash(jam.channel, "music", prompt="rock", clip=file)
        assert refused(result)
        await jam.alice.send(jam.channel, f"<@{jam.bot.user.id}> plonk rock")
        await jam.idle()
        assert jam.newest(1)[0].content == str(UNWANTED)
        assert await jam.used() == 2.0
        assert (await jam.music(prompt="rock", seconds=1.0)).response.attachments


async def test_a_button_does_not_bring_an_unwanted_word_back(tmp_path):
    """What was made before the word was listed is not made again, and posted without its words."""
    async with open_jam(tmp_path) as jam:
        clip = (await jam.music(prompt="plonk", seconds=1.0)).response
        await jam.bot.service.manners.add(jam.guild.id, "plonk")
        assert refused(await jam.press(clip, "Again"))
        shown = (await jam.alice.slash(jam.channel, "clip", clip="1")).response
        assert str(WORDS_HELD_BACK) in shown.embeds[0].description
        await jam.bot.service.manners.remove(jam.guild.id, "PLONK")
        shown = (await jam.alice.slash(jam.channel, "clip", clip="1")).response
        assert "plonk" in shown.embeds[0].description


async def test_a_list_holds_on_its_own_server_and_after_a_restart(tmp_path):
    """Elsewhere the word may be wanted."""
    async with open_jam(tmp_path) as jam:
        await jam.bot.service.manners.add(jam.guild.id, "plonk")
        assert (await jam.alice.user.slash("random", seconds=1.0)).response
        direct = await jam.alice.user.slash("music", prompt="plonk", seconds=1.0)
        await jam.idle()
        assert direct.response.attachments
        await jam.stop_pipeline()
        async with jam.restart():
            assert (await jam.music(prompt="plonk")).response.content == str(UNWANTED)


async def test_the_operator_s_words_hold_everywhere(tmp_path):
    """In direct messages, too."""
    account = DiscordConfig(unwanted_words=("plonk", "/zz+/"))
    config = dataclasses.replace(Config(), discord=account)
    async with open_jam(tmp_path, config=config) as jam:
        direct = await jam.alice.user.slash("music", prompt="PLONK")
        assert direct.response.content == str(UNWANTED)
        assert (await jam.music(prompt="jazzz")).response.content == str(UNWANTED)


async def test_an_operator_s_pattern_that_cannot_be_read_keeps_the_bot_from_starting(tmp_path):
    """Its key is named."""
    config = dataclasses.replace(Config(), discord=DiscordConfig(unwanted_words=("/(/",)))
    with pytest.raises(ConfigError, match="unwanted_words"):
        async with open_jam(tmp_path, config=config):
            pass
