"""How a clip was made: /whatis and its entry under Apps."""

from __future__ import annotations

from cogs.presentation import messages
from tests.support.simulated_server import open_server


async def test_a_file_tells_how_it_was_made(tmp_path):
    """/whatis reads the tags of our own files; other files have none."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="**beat** @everyone", seconds=2.0, seed=5)
        data = await next(f for f in first.response.attachments if "zhiyin" in f.filename).read()
        result = await server.bob.slash(server.channel, "whatis", clip=("anything.mp3", data))
        (embed,) = result.response.embeds
        fields = {field.name: field.value for field in embed.fields}
        assert fields["Seed"] == "`5`"
        assert fields["Model"] == "scripted"
        assert "@everyone" not in embed.description
        other = await server.bob.slash(
            server.channel, "whatis", clip=("other.mp3", b"ID3" + bytes(99))
        )
        assert other.response.content == str(messages.NOT_OURS)


async def test_the_menu_entry_works_on_any_message(tmp_path):
    """A clip here is looked up, a file is read by its tags; the answer is private."""
    async with open_server(tmp_path) as server:
        first = await server.music(seed=5)
        menu = "What is this clip?"
        ours = await server.bob.context_menu(server.channel, menu, first.response)
        assert ours.response.embeds[0].title == "Clip 1"
        data = await next(f for f in first.response.attachments if "zhiyin" in f.filename).read()
        message = await server.bob.send(server.channel, "look", attachments=[("x.mp3", data)])
        theirs = await server.alice.context_menu(server.channel, menu, message)
        assert theirs.response.embeds[0].title == "AI-generated with Zhiyin"
        silent = await server.alice.send(server.channel, "nothing")
        answer = await server.alice.context_menu(server.channel, menu, silent)
        assert answer.response.content == str(messages.NO_SOUND)


async def test_the_command_has_a_rate_limit(tmp_path):
    """Each call costs a process or a picture; every person has their own limit."""
    async with open_server(tmp_path) as server:
        message = await server.alice.send(server.channel, "nothing")
        menu = "What is this clip?"
        for _ in range(5):
            answer = await server.alice.context_menu(server.channel, menu, message)
            assert answer.response.content == str(messages.NO_SOUND)
        answer = await server.alice.context_menu(server.channel, menu, message)
        assert answer.response.content.startswith("Not so fast: try again in ")
        server.clock.now += 61
        for who in (server.alice, server.bob):
            answer = await who.context_menu(server.channel, menu, message)
            assert answer.response.content == str(messages.NO_SOUND)


async def test_a_blocked_person_is_refused(tmp_path):
    """And their file is not fetched."""
    async with open_server(tmp_path) as server:
        await server.store.settings.block(server.guild.id, server.alice.id, True)
        answer = await server.alice.slash(
            server.channel, "whatis", clip=("x.mp3", b"ID3" + bytes(99))
        )
        assert "can't make music here" in answer.response.content
