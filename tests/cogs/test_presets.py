"""Presets: saved, chosen at a command, shared by managers; and what /random rolls."""

from __future__ import annotations

from bot.audio.files.tags import read_tags
from bot.pipeline.word_filter import UNWANTED
from cogs.presentation import messages
from cogs.presets import BAD_NAME, EMPTY
from cogs.requests.presets import NO_PRESET
from tests.support.jam_server import open_jam


async def preset(jam, command, who=None, **options):
    result = await (who or jam.alice).slash(jam.channel, f"preset {command}", **options)
    assert result.response.ephemeral
    return result.response.content


async def test_a_preset_fills_in_what_was_not_typed(tmp_path):
    """What was typed wins, and the card shows the words that were used."""
    async with open_jam(tmp_path) as jam:
        told = await preset(
            jam, "save", name="Late Night", words="lo-fi, rain, slow", seconds=2.0, takes=2,
            guidance=5.0,
        )  # fmt: skip
        assert "“lo-fi, rain, slow” · 2 s · 2 takes · guidance 5" in told
        shown = (await jam.music(prompt="fast piano", preset="late night")).response
        assert "fast piano, lo-fi, rain" in shown.embeds[0].description
        clips = await jam.store.clips.of_user(jam.alice.id, 5)
        assert [(clip.seconds, clip.sampling.guidance) for clip in clips] == 2 * [(2.0, 5.0)]
        await jam.music(prompt="piano", preset="Late Night", seconds=1.0, takes=1, guidance=2.0)
        clip = await jam.newest_clip()
        assert (clip.prompt, clip.seconds) == ("piano, lo-fi, rain, slow", 1.0)
        assert clip.sampling.guidance == 2.0
        await jam.alice.slash(jam.channel, "remix", prompt="jazzier", mine="1", preset="late night")
        await jam.idle()
        assert "rain" in (await jam.newest_clip()).prompt


async def test_presets_are_listed_suggested_and_deleted(tmp_path):
    """One's own alone, by name."""
    async with open_jam(tmp_path) as jam:
        assert "no presets yet" in await preset(jam, "list")
        await preset(jam, "save", name="Rainy *day*", words="rain")
        assert "Rainy \\*day\\*" in await preset(jam, "list")
        assert "no presets yet" in await preset(jam, "list", who=jam.bob)
        for command in ("music", "remix", "random"):
            offered = await jam.alice.autocomplete(jam.channel, command, "preset", "rain")
            assert [each["value"] for each in offered] == ["Rainy *day*"]
            assert await jam.bob.autocomplete(jam.channel, command, "preset", "") == []
        assert await preset(jam, "delete", who=jam.bob, name="Rainy *day*") == str(NO_PRESET)
        assert "is deleted" in await preset(jam, "delete", name="rainy *DAY*")
        told = await jam.music(preset="rainy *day*")
        assert told.response.content == str(NO_PRESET)


async def test_a_manager_gives_the_server_a_preset(tmp_path):
    """Everybody there chooses it; who has one of the same name means their own."""
    async with open_jam(tmp_path) as jam:
        await preset(jam, "save", name="House", words="rain")
        assert await preset(jam, "share", name="House") == str(messages.FOR_MANAGERS)
        await preset(jam, "save", who=jam.owner, name="House", words="deep house")
        assert "Everybody on this server" in await preset(jam, "share", who=jam.owner, name="house")
        (offered,) = await jam.bob.autocomplete(jam.channel, "music", "preset", "hou")
        assert offered["name"] == "House (this server's)"
        for who, name, words in (
            (jam.bob, offered["value"], "piano, deep house"),
            (jam.bob, "house", "piano, deep house"),
            (jam.alice, "house", "piano, rain"),
            (jam.alice, offered["value"], "piano, deep house"),
        ):
            await jam.music(who=who, prompt="piano", preset=name, seconds=1.0)
            assert (await jam.newest_clip(who)).prompt == words
        assert await preset(jam, "delete", who=jam.bob, name="house") == str(messages.FOR_MANAGERS)
        assert "is deleted" in await preset(jam, "delete", who=jam.owner, name="server: house")
        assert await jam.bob.autocomplete(jam.channel, "music", "preset", "hou") == []


async def test_invalid_presets_are_refused(tmp_path):
    """Without anything in it, without a name, with stems that the model lacks."""
    async with open_jam(tmp_path) as jam:
        assert await preset(jam, "save", name="x") == str(EMPTY)
        told = await preset(jam, "save", name="server: x", words="rain")
        assert told == str(BAD_NAME.fill(prefix="server:"))
        assert "has no stems" in await preset(jam, "save", name="x", stems="drums")
        await jam.bot.service.word_filter.add(jam.guild.id, "plonk")
        await preset(jam, "save", who=jam.owner, name="x", words="plonk")
        assert await preset(jam, "share", who=jam.owner, name="x") == str(UNWANTED)


async def test_server_presets_stay_on_their_server(tmp_path):
    """One's own goes along, the server's does not."""
    async with open_jam(tmp_path) as jam:
        await preset(jam, "save", who=jam.owner, name="House", words="deep house")
        await preset(jam, "share", who=jam.owner, name="House")
        other = jam.env.create_guild("Elsewhere", owner=jam.env.create_user("boss"))
        lobby, away = other.create_text_channel("lobby"), other.add_member(jam.bob)
        for name in ("House", "server: House"):
            told = await away.slash(lobby, "music", prompt="piano", preset=name)
            assert told.response.content == str(NO_PRESET)


async def test_a_random_prompt_is_recorded(tmp_path):
    """On the card and in the file, so that the same seed makes it again and a remix changes it."""
    async with open_jam(tmp_path) as jam:
        first = await jam.alice.slash(jam.channel, "random", seconds=1.0, seed=3)
        await jam.idle()
        card = first.response.embeds[0].description
        for fact in ("loud 70s jazz with brass, 125 BPM", "seed 3", "at random"):
            assert fact in card
        (sound,) = [each for each in first.response.attachments if each.filename.endswith("mp3")]
        tags = read_tags(await sound.read())
        assert (tags.prompt, tags.seed) == ("loud 70s jazz with brass, 125 BPM", 3)
        again = await jam.bob.slash(jam.channel, "random", seconds=1.0, seed=3)
        await jam.idle()
        assert again.response.embeds[0].description == card
        # A word that is not wanted is not rolled.
        await jam.bot.service.word_filter.add(jam.guild.id, "jazz")
        other = await jam.alice.slash(jam.channel, "random", seconds=1.0, seed=3)
        await jam.idle()
        assert "jazz" not in other.response.embeds[0].description
