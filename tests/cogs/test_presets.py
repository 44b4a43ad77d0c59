"""Presets: saved, used in a command, shared by managers; and prompts drawn by /random."""

from __future__ import annotations

from bot.audio.files.tags import read_tags
from bot.pipeline.word_filter import UNWANTED
from cogs.presentation import messages
from cogs.presets import BAD_NAME, EMPTY
from cogs.requests.presets import NO_PRESET
from tests.support.simulated_server import open_server


async def preset(server, command, who=None, **options):
    result = await (who or server.alice).slash(server.channel, f"preset {command}", **options)
    assert result.response.ephemeral
    return result.response.content


async def test_a_preset_fills_in_what_was_not_typed(tmp_path):
    """Typed options win, and the card shows the words that were used."""
    async with open_server(tmp_path) as server:
        text = await preset(
            server, "save", name="Late Night", words="lo-fi, rain, slow", seconds=2.0, takes=2,
            guidance=5.0,
        )  # fmt: skip
        assert "“lo-fi, rain, slow” · 2 s · 2 takes · guidance 5" in text
        shown = (await server.music(prompt="fast piano", preset="late night")).response
        assert "fast piano, lo-fi, rain" in shown.embeds[0].description
        clips = await server.store.clips.of_user(server.alice.id, 5)
        assert [(clip.seconds, clip.sampling.guidance) for clip in clips] == 2 * [(2.0, 5.0)]
        await server.music(prompt="piano", preset="Late Night", seconds=1.0, takes=1, guidance=2.0)
        clip = await server.newest_clip()
        assert (clip.prompt, clip.seconds) == ("piano, lo-fi, rain, slow", 1.0)
        assert clip.sampling.guidance == 2.0
        await server.alice.slash(
            server.channel, "remix", prompt="jazzier", mine="1", preset="late night"
        )
        await server.idle()
        assert "rain" in (await server.newest_clip()).prompt


async def test_presets_are_listed_suggested_and_deleted(tmp_path):
    """People see their own presets, sorted by name."""
    async with open_server(tmp_path) as server:
        assert "no presets yet" in await preset(server, "list")
        await preset(server, "save", name="Rainy *day*", words="rain")
        assert "Rainy \\*day\\*" in await preset(server, "list")
        assert "no presets yet" in await preset(server, "list", who=server.bob)
        for command in ("music", "remix", "random"):
            offered = await server.alice.autocomplete(server.channel, command, "preset", "rain")
            assert [each["value"] for each in offered] == ["Rainy *day*"]
            assert await server.bob.autocomplete(server.channel, command, "preset", "") == []
        assert await preset(server, "delete", who=server.bob, name="Rainy *day*") == str(NO_PRESET)
        assert "is deleted" in await preset(server, "delete", name="rainy *DAY*")
        answer = await server.music(preset="rainy *day*")
        assert answer.response.content == str(NO_PRESET)


async def test_a_manager_gives_the_server_a_preset(tmp_path):
    """Everybody there can choose it; a person's own preset of the same name wins."""
    async with open_server(tmp_path) as server:
        await preset(server, "save", name="House", words="rain")
        assert await preset(server, "share", name="House") == str(messages.FOR_MANAGERS)
        await preset(server, "save", who=server.owner, name="House", words="deep house")
        assert "Everybody on this server" in await preset(
            server, "share", who=server.owner, name="house"
        )
        (offered,) = await server.bob.autocomplete(server.channel, "music", "preset", "hou")
        assert offered["name"] == "House (this server's)"
        for who, name, words in (
            (server.bob, offered["value"], "piano, deep house"),
            (server.bob, "house", "piano, deep house"),
            (server.alice, "house", "piano, rain"),
            (server.alice, offered["value"], "piano, deep house"),
        ):
            await server.music(who=who, prompt="piano", preset=name, seconds=1.0)
            assert (await server.newest_clip(who)).prompt == words
        assert await preset(server, "delete", who=server.bob, name="house") == str(
            messages.FOR_MANAGERS
        )
        assert "is deleted" in await preset(
            server, "delete", who=server.owner, name="server: house"
        )
        assert await server.bob.autocomplete(server.channel, "music", "preset", "hou") == []


async def test_invalid_presets_are_refused(tmp_path):
    """Without content, without a name, or with stems that the model lacks."""
    async with open_server(tmp_path) as server:
        assert await preset(server, "save", name="x") == str(EMPTY)
        text = await preset(server, "save", name="server: x", words="rain")
        assert text == str(BAD_NAME.fill(prefix="server:"))
        assert "has no stems" in await preset(server, "save", name="x", stems="drums")
        await server.bot.service.word_filter.add(server.guild.id, "plonk")
        await preset(server, "save", who=server.owner, name="x", words="plonk")
        assert await preset(server, "share", who=server.owner, name="x") == str(UNWANTED)


async def test_server_presets_stay_on_their_server(tmp_path):
    """A person's own presets work on every server, the server's only there."""
    async with open_server(tmp_path) as server:
        await preset(server, "save", who=server.owner, name="House", words="deep house")
        await preset(server, "share", who=server.owner, name="House")
        other = server.env.create_guild("Elsewhere", owner=server.env.create_user("boss"))
        lobby, away = other.create_text_channel("lobby"), other.add_member(server.bob)
        for name in ("House", "server: House"):
            answer = await away.slash(lobby, "music", prompt="piano", preset=name)
            assert answer.response.content == str(NO_PRESET)


async def test_a_random_prompt_is_recorded(tmp_path):
    """On the card and in the file, so that it can be repeated with its seed, and remixed."""
    async with open_server(tmp_path) as server:
        first = await server.alice.slash(server.channel, "random", seconds=1.0, seed=3)
        await server.idle()
        card = first.response.embeds[0].description
        for fact in ("loud 70s jazz with brass, 125 BPM", "seed 3", "at random"):
            assert fact in card
        (sound,) = [each for each in first.response.attachments if each.filename.endswith("mp3")]
        tags = read_tags(await sound.read())
        assert (tags.prompt, tags.seed) == ("loud 70s jazz with brass, 125 BPM", 3)
        again = await server.bob.slash(server.channel, "random", seconds=1.0, seed=3)
        await server.idle()
        assert again.response.embeds[0].description == card
        # A word on the server's list is never drawn.
        await server.bot.service.word_filter.add(server.guild.id, "jazz")
        other = await server.alice.slash(server.channel, "random", seconds=1.0, seed=3)
        await server.idle()
        assert "jazz" not in other.response.embeds[0].description
