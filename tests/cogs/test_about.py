"""What the bot shows about itself: /about, /help and the descriptions of the commands."""

from __future__ import annotations

from cogs.presentation.help_text import HELP
from tests.support.simulated_server import open_server


async def test_about_shows_the_model(tmp_path):
    """Model, licence, machine."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        result = await server.alice.slash(server.channel, "about")
        fields = {field.name: field.value for field in result.response.embeds[0].fields}
        assert fields["Model"] == "starter"
        assert fields["Model licence"] == "Apache-2.0"
        assert fields["Device"] == "a script"
        assert "s of music a second" in fields["Speed"]


async def test_help_names_every_command(tmp_path):
    """/help lists every command that anybody may use, and none that only managers may."""
    async with open_server(tmp_path) as server:
        result = await server.alice.slash(server.channel, "help")
        names = {command.name for command in server.bot.tree.get_commands()} - {"admin", "help"}
        missing = [name for name in names if name.lower() not in result.response.content.lower()]
        assert missing == []


async def test_everything_a_person_reads_while_typing_is_described(tmp_path):
    """No command and no option is shown with dots for a description."""
    async with open_server(tmp_path) as server:
        for command in server.bot.tree.walk_commands():
            assert command.description not in ("", "…"), command.qualified_name
            for option in getattr(command, "parameters", []):
                assert option.description != "…", f"{command.qualified_name} {option.name}"


def test_the_help_fits_into_a_message():
    """Discord refuses a longer one, and /help would answer nothing."""
    assert len(str(HELP)) <= 2000
