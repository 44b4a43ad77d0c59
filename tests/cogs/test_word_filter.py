"""The word filter: listed words are refused before others see them, wherever they are typed."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import discord
import pytest

from bot.config import Config, DiscordConfig
from bot.errors import ConfigError
from bot.pipeline.word_filter import UNWANTED, WordFilter
from bot.store.store import open_store
from cogs.presentation.cards import WORDS_HELD_BACK
from tests.support.simulated_server import Clock, custom_ids, limited, open_server
from tests.support.sound_files import as_file, noise


def refused(result):
    """Whether the only answer is the one private sentence."""
    assert result.response.ephemeral
    assert result.response.content == str(UNWANTED)
    assert not result.followups
    return True


async def test_a_listed_word_is_refused_in_every_text_input(tmp_path):
    """In a command, a form, a mention, and a file's name; the refusal does not repeat the word."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(prompt="beat", seconds=2.0)).response
        await server.bot.service.word_filter.add(server.guild.id, "plonk*")
        assert refused(await server.music(prompt="some P.L.O.N.K rock"))
        assert refused(await server.music(prompt="plonky rock"))
        form = await server.alice.click(clip, label="Remix")
        words, keep, include = custom_ids(form.modal)
        answers = {words: "plonk it", keep: ["2"], include: ["no"]}
        assert refused(await server.alice.submit_modal(form, answers))
        file = ("plonk.wav", as_file(noise()))
        result = await server.alice.slash(server.channel, "music", prompt="rock", clip=file)
        assert refused(result)
        await server.alice.send(server.channel, f"<@{server.bot.user.id}> plonk rock")
        await server.idle()
        assert server.newest(1)[0].content == str(UNWANTED)
        assert await server.used() == 2.0
        assert (await server.music(prompt="rock", seconds=1.0)).response.attachments


async def test_buttons_also_apply_the_word_filter(tmp_path):
    """A clip with a word listed later is not made again, and reposted without its prompt."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(prompt="plonk", seconds=1.0)).response
        await server.bot.service.word_filter.add(server.guild.id, "plonk")
        assert refused(await server.press(clip, "Again"))
        shown = (await server.alice.slash(server.channel, "clip", clip="1")).response
        assert str(WORDS_HELD_BACK) in shown.embeds[0].description
        await server.bot.service.word_filter.remove(server.guild.id, "PLONK")
        shown = (await server.alice.slash(server.channel, "clip", clip="1")).response
        assert "plonk" in shown.embeds[0].description


async def test_entries_are_shown_exactly_as_they_are(tmp_path):
    """As code, so that what is copied from the list can be taken off it."""
    async with open_server(tmp_path) as server:
        for entry, shown in (
            ("wor*", "||`wor*`||"),
            ("/snake_c.se/", "||`/snake_c.se/`||"),
            ("/https?:../", "||`/https?:../`||"),
            ("/a|b/", "||`/a|b/`||"),
            ("/a[||]b/", "`/a[||]b/`"),
            ("/a`b/", "||`` /a`b/ ``||"),
        ):
            await server.owner.slash(server.channel, "admin words add", entry=entry)
            listed = await server.owner.slash(server.channel, "admin words list")
            assert listed.response.content.splitlines()[1:] == [shown]
            gone = await server.owner.slash(server.channel, "admin words remove", entry=entry)
            assert gone.response.content == f"{shown} is off the list."


async def test_a_word_list_applies_to_its_server_and_persists(tmp_path):
    """Other servers are unaffected."""
    async with open_server(tmp_path) as server:
        await server.bot.service.word_filter.add(server.guild.id, "plonk")
        assert (await server.alice.user.slash("random", seconds=1.0)).response
        direct = await server.alice.user.slash("music", prompt="plonk", seconds=1.0)
        await server.idle()
        assert direct.response.attachments
        await server.stop_pipeline()
        async with server.restart():
            assert (await server.music(prompt="plonk")).response.content == str(UNWANTED)


async def test_the_operator_s_word_list_applies_everywhere(tmp_path):
    """In direct messages, too."""
    account = DiscordConfig(unwanted_words=("plonk", "/zz+/"))
    config = dataclasses.replace(Config(), discord=account)
    async with open_server(tmp_path, config=config) as server:
        direct = await server.alice.user.slash("music", prompt="PLONK")
        assert direct.response.content == str(UNWANTED)
        assert (await server.music(prompt="jazzz")).response.content == str(UNWANTED)


async def test_an_operator_s_pattern_that_cannot_be_read_keeps_the_bot_from_starting(tmp_path):
    """The error names the configuration key."""
    config = dataclasses.replace(Config(), discord=DiscordConfig(unwanted_words=("/(/",)))
    with pytest.raises(ConfigError, match="unwanted_words"):
        async with open_server(tmp_path, config=config):
            pass


async def words(server, command, **options):
    result = await server.owner.slash(server.channel, f"admin words {command}", **options)
    assert result.response.ephemeral
    return result.response.content


async def test_managers_edit_the_word_list_by_commands(tmp_path):
    """They add, list, test and remove entries; an invalid entry is refused with a sentence."""
    async with open_server(tmp_path) as server:
        assert "nothing on the list" in await words(server, "list")
        assert "||`plonk*`||" in await words(server, "add", entry=" PLONK* ")
        assert "RE2's syntax" in await words(server, "add", entry="/(/")
        assert "plonk" in await words(server, "list")
        assert "refused because of ||`plonk" in await words(
            server, "test", words="a p-l-o-n-k-y song"
        )
        assert str(UNWANTED) == (await server.music(prompt="plonky")).response.content
        assert "off the list" in await words(server, "remove", entry="plonk*")
        assert "not on the list" in await words(server, "remove", entry="plonk*")
        assert "Nothing in that" in await words(server, "test", words="a plonky song")


async def test_only_managers_edit_the_word_list(tmp_path):
    """Even if the server shows the command to everybody."""
    async with open_server(tmp_path) as server:
        (command,) = [
            each for each in await server.bot.tree.fetch_commands() if each.name == "admin"
        ]
        server.guild.set_command_permissions(command, {server.alice: True})
        for name, options in (
            ("words add", {"entry": "plonk"}),
            ("words list", {}),
            ("uploads", {"role": server.guild.create_role("player")}),
            ("log", {"channel": server.channel}),
        ):
            answer = await server.alice.slash(server.channel, f"admin {name}", **options)
            assert answer.response.content == "You may not do that here.", name
        assert await server.bot.service.word_filter.entries(server.guild.id) == ()


async def test_uploads_can_be_restricted_to_roles(tmp_path):
    """Managers are exempt; the refusal names the roles, and the file is not read."""
    async with open_server(tmp_path) as server:
        role = server.guild.create_role("player")
        await server.owner.slash(server.channel, "admin uploads", role=role)
        sound = ("riff.wav", as_file(noise()))
        answer = await server.music(clip=sound, seconds=1.0)
        assert answer.response.ephemeral
        assert f"<@&{role.id}>" in answer.response.content
        assert (await server.music(seconds=1.0)).response.attachments
        player = server.guild.add_member(server.env.create_user("carol"), roles=[role])
        for who in (server.owner, player):
            made = await server.music(who=who, clip=sound, seconds=1.0)
            assert made.response.attachments


async def test_orders_have_a_cooldown(tmp_path):
    """All takes of an order count as one; loops are free and have no cooldown."""
    async with open_server(tmp_path) as server:
        made = (await server.music(prompt="beat", seconds=4.0)).response
        await server.owner.slash(server.channel, "admin limits", pause=30.0)
        server.clock.now += 31
        await server.music(takes=2, seconds=1.0)
        assert len(await server.store.clips.of_user(server.alice.id, 5)) == 3
        server.clock.now += 29
        answer = await server.music(seconds=1.0)
        assert answer.response.ephemeral
        assert answer.response.content.startswith("Not so fast")
        assert "<t:" in answer.response.content
        assert (await server.press(made, "Loop")).response.attachments
        assert (await server.music(who=server.bob, seconds=1.0)).response.attachments
        server.clock.now += 31
        assert (await server.music(seconds=1.0)).response.attachments


async def test_managers_cannot_shorten_the_operator_s_cooldown(tmp_path):
    """They can lengthen it."""
    async with open_server(tmp_path, config=limited(cooldown_seconds=10)) as server:
        answer = await server.owner.slash(server.channel, "admin limits", pause=5.0)
        assert "from 10 to 3600 seconds" in answer.response.content
        await server.store.settings.set_limits(server.guild.id, cooldown_seconds=1.0)
        assert (await server.music(seconds=1.0)).response.attachments
        server.clock.now += 5
        assert (await server.music(seconds=1.0)).response.content.startswith("Not so fast")


ROOT = Path(__file__).parents[2]

CHECKED = {
    ("battle", "prompt"): {},
    ("music", "prompt"): {},
    ("remix", "prompt"): {"mine": "1"},
}
"""Options whose text everybody sees, with what else their command wants."""

CHECKED_IN = {
    ("jam start", "title"): "cogs/requests/jam_opening.py",
    ("jam start", "style"): "cogs/requests/jam_opening.py",
    ("radio start", "words"): "cogs/radio.py",
    ("radio words", "words"): "cogs/radio.py",
}
"""Options whose commands want more than a test here has, and the file that asks."""

NOT_SHOWN = {
    "keep": "is one of a few words",
    "clip": "is a clip's number",
    "mine": "is a clip's number",
    "like": "is a clip's number",
    "a": "is a clip's number",
    "b": "is a clip's number",
    "preset": "is the name of a preset that is there already",
    "search": "is shown to nobody else",
    "why": "is for the managers",
    "zone": "is the name of a time zone",
    "language": "is the name of a language",
    "preset save": "is one's own, and its words are checked when they are ordered",
    "preset delete": "is the name of a preset that is there already",
    "preset share": "is checked with the preset that it names",
    "admin words add": "is for the managers",
    "admin words remove": "is for the managers",
    "admin words test": "is for the managers",
}
"""Options, or commands, whose text nobody else sees, each with the reason."""


async def test_the_word_filter_checks_every_typed_text(tmp_path):
    """A new option must be checked before others see its text, or be listed above with a reason."""
    async with open_server(tmp_path) as server:
        await server.music(prompt="beat", seconds=1.0)
        await server.bot.service.word_filter.add(server.guild.id, "plonk")
        found = set()
        for command in server.bot.tree.walk_commands():
            for each in getattr(command, "parameters", ()):
                is_free = each.type is discord.AppCommandOptionType.string and not each.choices
                if is_free and not {each.name, command.qualified_name} & NOT_SHOWN.keys():
                    found.add((command.qualified_name, each.name))
        assert found == CHECKED.keys() | CHECKED_IN.keys()
        for file in CHECKED_IN.values():
            assert "word_filter.check(" in (ROOT / file).read_text("utf-8")
        for (command, option), others in CHECKED.items():
            answer = await server.alice.slash(
                server.channel, command, **{option: "plonk"}, **others
            )
            assert refused(answer), (command, option)


async def test_the_word_filter_checks_takes_and_joined_prompts(tmp_path):
    """If the old words are listed now, the announced order is withdrawn."""
    async with open_server(tmp_path) as server:
        made = (await server.music(prompt="plonk beat", seconds=2.0)).response
        await server.bot.service.word_filter.add(server.guild.id, "plonk")
        assert refused(await server.music(prompt="plonk", takes=3))
        form = await server.alice.click(made, label="Remix")
        words, keep, include = custom_ids(form.modal)
        answers = {words: "softer", keep: ["2"], include: ["no"]}
        result = await server.alice.submit_modal(form, answers)
        await server.idle()
        assert result.followups[-1].content == str(UNWANTED)
        assert len(await server.store.clips.of_user(server.alice.id, 5)) == 1


async def test_a_word_list_changed_during_loading_is_reloaded(tmp_path):
    """Only the first caller may get the old list."""
    async with open_store(tmp_path, Clock()) as store:
        word_filter = WordFilter(store.unwanted_words, ())
        asking = asyncio.create_task(word_filter.find(10, "plonk"))
        await word_filter.add(10, "plonk")
        await asking
        assert await word_filter.find(10, "plonk") == "plonk"


async def test_a_long_search_holds_nobody_else_up(tmp_path):
    """A server's managers may write patterns that take long, however often somebody orders."""
    async with open_store(tmp_path, clock=Clock()) as store:
        word_filter = WordFilter(store.unwanted_words, ())
        for number in range(20):
            await word_filter.add(1, rf"/(\w|\pL|{number}){{40}}[a-z]*q(.)(.)(.)(.)z/")
        await word_filter.check(1, "so that the list is read")
        search = asyncio.create_task(word_filter.find(1, "qöдλ中ß jazz " * 30))
        turns = 0
        while not search.done():
            await asyncio.sleep(0)
            turns += 1
        assert await search is None
        assert turns > 10
