"""Commands in use: who is offered which, and which values they accept."""

from __future__ import annotations

import pytest

from bot.demo.discord import reading
from bot.demo.discord.actions import commands, managing, membership, places, talk
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.files import File
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Overwrite, Right
from tests.support.rest_bot import a_command, open_world

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)


def option(kind, **about):
    return {"type": kind, "name": "o", "description": "d"} | about


async def used(option_, value, *, files=None):
    """Use a command of one option with a value; return the interaction's payload."""
    discord, bot = open_world()
    discord.add_channel("stage", type=ChannelType.VOICE)
    command_id = await a_command(bot, options=[option_])
    channel = discord.add_channel("music")
    if callable(value):
        value = value(discord, channel)
    interaction = await commands.use_command(
        discord,
        discord.owner,
        channel.id,
        command_id,
        [{"name": "o", "value": value}],
        files=files,
    )
    return interaction.data


def voice(discord, _):
    return str(next(each.id for each in discord.channels.values() if each.type == 2))


GIVEN = [
    (option(STRING, min_length=2, max_length=3), "ab", "abcd"),
    (option(STRING, choices=[{"name": "n", "value": "v"}]), "v", "w"),
    (option(INTEGER, min_value=1, max_value=3), 3, 4),
    (option(INTEGER), 3, 3.5),
    (option(NUMBER, min_value=0.5), 0.5, 0.4),
    (option(NUMBER), 1.5, "1.5"),
    (option(BOOLEAN), True, "yes"),
    (option(USER), lambda discord, _: str(discord.me.id), "1"),
    (option(ROLE), lambda discord, _: str(discord.guild.id), "1"),
    (option(MENTIONABLE), lambda discord, _: str(discord.guild.id), "x"),
    (option(CHANNEL), lambda _, channel: str(channel.id), "1"),
    (option(CHANNEL, channel_types=[0]), lambda _, channel: str(channel.id), voice),
]


@pytest.mark.parametrize(("option_", "good", "bad"), GIVEN)
async def test_option_values_are_validated(option_, good, bad):
    """Options that name an object are sent with that object."""
    data = await used(option_, good)
    assert data["options"][0]["type"] == option_["type"]
    named = option_["type"] in (USER, ROLE, MENTIONABLE, CHANNEL)
    assert ("resolved" in data) is named
    with pytest.raises(Refusal, match="50035"):
        await used(option_, bad)


async def test_an_attachment_option_is_stored_and_sent():
    """One that is too large, or was not uploaded, is refused."""
    data = await used(option(ATTACHMENT), "f", files={"f": File("a.wav", b"x")})
    (file,) = data["resolved"]["attachments"].values()
    assert (file["filename"], file["ephemeral"]) == ("a.wav", True)
    assert data["options"][0]["value"] == file["id"]
    large = {"f": File("a.wav", bytes(10 * 2**20 + 1))}
    for files, code in ((large, "40005"), ({}, "50035")):
        with pytest.raises(Refusal, match=code):
            await used(option(ATTACHMENT), "f", files=files)


@pytest.mark.parametrize(
    "given",
    [
        [],
        [{"name": "o", "value": "x"}, {"name": "o", "value": "y"}],
        [{"name": "o", "value": "x"}, {"name": "p", "value": "y"}],
    ],
)
async def test_unknown_and_missing_options_are_refused(given):
    """All required options, each once, and no others."""
    discord, bot = open_world()
    command_id = await a_command(bot, options=[option(STRING, required=True)])
    channel = discord.add_channel("music")
    with pytest.raises(Refusal, match="50035"):
        await commands.use_command(discord, discord.owner, channel.id, command_id, given)
    assert discord.interactions == {}


async def test_a_subcommand_is_chosen():
    """With its own options; the message has its full name."""
    discord, bot = open_world()
    sub = {"type": 1, "name": "tier", "description": "d", "options": [option(STRING)]}
    command_id = await a_command(bot, name="admin", options=[sub])
    channel = discord.add_channel("music")
    with pytest.raises(Refusal, match="50035"):
        await commands.use_command(discord, discord.owner, channel.id, command_id)
    given = [{"name": "tier", "options": [{"name": "o", "value": "x"}]}]
    asked = await commands.use_command(discord, discord.owner, channel.id, command_id, given)
    await bot.respond(asked, 4, {"content": "x"})
    (message,) = reading.history(discord, discord.owner, channel.id)
    assert message["interaction_metadata"]["name"] == "admin tier"


def offered(discord, person, channel):
    return [each["name"] for each in reading.commands_for(discord, person, channel.id)]


MANAGE = str(int(Right.MANAGE_GUILD))


async def test_a_command_for_managers_is_offered_to_managers():
    """And to people whom they permit; others can't use it either."""
    discord, bot = open_world()
    command_id = await a_command(bot, default_member_permissions=MANAGE)
    manager_role = discord.add_role("manager", Right.MANAGE_GUILD | Right.MANAGE_ROLES)
    manager = discord.add_person("mona", roles=[manager_role])
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    assert [offered(discord, each, channel) for each in (manager, anna, discord.owner)] == [
        ["do"], [], ["do"],
    ]  # fmt: skip
    with pytest.raises(Refusal, match="50013"):
        await commands.use_command(discord, anna, channel.id, command_id)
    with pytest.raises(Refusal, match="50013"):
        await managing.set_command_rights(discord, anna, command_id, anna.id, True)
    await managing.set_command_rights(discord, manager, command_id, anna.id, True)
    assert offered(discord, anna, channel) == ["do"]
    await managing.set_command_rights(discord, manager, command_id, channel.id, False)
    assert offered(discord, anna, channel) == []
    assert offered(discord, discord.owner, channel) == ["do"]


async def test_a_command_that_needs_no_right_is_for_everybody_but_0_is_for_admins():
    """`0` is for administrators only."""
    discord, bot = open_world()
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    await a_command(bot)
    assert offered(discord, anna, channel) == ["do"]
    await a_command(bot, default_member_permissions="0")
    assert (offered(discord, anna, channel), offered(discord, discord.owner, channel)) == (
        [], ["do"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("about", "in_guild", "in_bot_dm", "in_private"),
    [
        ({"contexts": [0]}, True, False, False),
        ({"contexts": [1]}, False, True, False),
        ({"contexts": [0, 1, 2], "integration_types": [0, 1]}, True, True, True),
        ({"contexts": [0, 1, 2], "integration_types": [0]}, True, True, False),
        ({"dm_permission": False}, True, False, False),
    ],
)
async def test_commands_are_offered_in_their_contexts(about, in_guild, in_bot_dm, in_private):
    """On servers, in direct messages with the bot, and in those of two people."""
    discord, bot = open_world()
    anna = discord.add_person("anna", has_app=True)
    await a_command(bot, **about)
    there = [
        discord.add_channel("music"),
        discord.dm_of(anna),
        await places.open_dm(discord, anna, discord.owner.id),
    ]
    found = [offered(discord, anna, channel) == ["do"] for channel in there]
    assert found == [in_guild, in_bot_dm, in_private]


async def test_commands_are_offered_in_one_s_language():
    """Names and descriptions, of options and choices, too."""
    discord, bot = open_world()
    names = {"name_localizations": {"de": "mach"}, "description_localizations": {"de": "Tu es"}}
    choice = {"name": "one", "value": "1", "name_localizations": {"de": "eins"}}
    await a_command(bot, **names, options=[option(STRING, choices=[choice])])
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    membership.set_locale(discord, anna, "de")
    (command,) = reading.commands_for(discord, anna, channel.id)
    assert (command["name_localized"], command["description_localized"]) == ("mach", "Tu es")
    assert command["options"][0]["choices"][0]["name_localized"] == "eins"
    assert command["options"][0]["name_localized"] == "o"
    with pytest.raises(Refusal):
        membership.set_locale(discord, anna, "xx")


async def test_a_menu_needs_a_visible_target():
    """A message with its content, or a person with their member data."""
    discord, bot = open_world()
    answer = await bot.register({"type": 3, "name": "Remix it"}, {"type": 2, "name": "Who"})
    on_message, on_person = (int(each["id"]) for each in answer.body)
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    message = await talk.send_message(discord, anna, channel.id, "la la la")
    used_ = await commands.use_menu(discord, anna, channel.id, on_message, message.id)
    resolved = used_.data["resolved"]["messages"][str(message.id)]
    assert (used_.data["target_id"], resolved["content"]) == (str(message.id), "la la la")
    used_ = await commands.use_menu(discord, anna, channel.id, on_person, discord.owner.id)
    assert set(used_.data["resolved"]) == {"users", "members"}
    for target, code in ((1, "10008"), (0, "10008")):
        with pytest.raises(Refusal, match=code):
            await commands.use_menu(discord, anna, channel.id, on_message, target)


async def test_where_commands_are_taken_away_none_is_offered():
    """A channel can deny that permission like any other."""
    discord, bot = open_world()
    await a_command(bot)
    anna = discord.add_person("anna")
    deny = Overwrite(discord.guild.id, deny=Right.USE_APPLICATION_COMMANDS)
    assert offered(discord, anna, discord.add_channel("talk", overwrites=[deny])) == []


async def test_a_repeated_nonce_runs_once():
    """A client repeats a request with its nonce after a lost connection."""
    discord, bot = open_world()
    command_id = await a_command(bot)
    anna, channel = discord.add_person("anna"), discord.add_channel("music")
    first, second = [
        await commands.use_command(discord, anna, channel.id, command_id, nonce="n")
        for _ in range(2)
    ]
    assert first is second
    sent = [await talk.send_message(discord, anna, channel.id, "x", nonce="n") for _ in range(2)]
    assert sent[0] is sent[1]
    other = await talk.send_message(discord, discord.owner, channel.id, "x", nonce="n")
    assert other is not sent[0]
