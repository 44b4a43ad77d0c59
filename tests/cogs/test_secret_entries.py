"""The sound of a battle's entry is for its person alone until the result, whatever they press."""

from __future__ import annotations

from bot.domain.battles import BattleState
from cogs.presentation import battle_messages
from tests.cogs.requests.test_clip_stems import STEMS_ENGINE
from tests.cogs.test_posted_elsewhere import answer_of
from tests.support.battle_arena import Arena, in_an_arena
from tests.support.simulated_server import hold_clip, open_server


def public(server):
    """The messages with files that everybody sees in the channel."""
    return [each for each in server.messages() if each.attachments and not each.is_ephemeral]


async def entered(arena):
    """Begin a battle that Bob enters; return his entry's message."""
    card = (await arena.begin()).response
    return (await arena.enter(arena.server.bob, card, "words", "1")).response


@in_an_arena
async def test_a_held_entry_is_fetched_by_its_person_alone(arena):
    """While the battle runs."""
    server = arena.server
    card = (await arena.begin()).response
    await hold_clip(server, lambda: arena.enter(server.bob, card, "words", "1", wait=False))
    listed = await server.bob.slash(server.channel, "history")
    fetched = answer_of(await server.press(listed.response, "Get clip 1", server.bob))
    assert (await arena.battle()).state is BattleState.OPEN
    assert fetched.ephemeral
    assert fetched.attachments
    assert public(server) == []


@in_an_arena
async def test_an_entry_is_not_posted_while_its_battle_runs(arena):
    """Not by /clip, as a voice message, nor as the sample of another battle."""
    server = arena.server
    await entered(arena)
    for command, options in (("clip", {"clip": "1"}), ("battle", {"clip": "1"})):
        refused = answer_of(await server.bob.slash(server.channel, command, **options))
        assert refused.content == str(battle_messages.IN_A_BATTLE), command
    listed = await server.bob.slash(server.channel, "history")
    played = answer_of(await server.press(listed.response, "1", server.bob))
    assert "Post it here" not in str(played.components)
    details = answer_of(await server.press(played, "Details", server.bob))
    refused = answer_of(await server.press(details, "Voice message", server.bob))
    assert refused.content == str(battle_messages.IN_A_BATTLE)
    assert public(server) == []


@in_an_arena
async def test_what_is_made_of_an_entry_is_private(arena):
    """While the battle runs: it would reveal the entry's sound."""
    server = arena.server
    shown = await entered(arena)
    made = (await server.press(shown, "Continue", server.bob)).response
    assert made.ephemeral
    assert (await server.newest_clip(server.bob)).is_private
    assert public(server) == []


async def test_stems_of_an_entry_are_private(tmp_path, monkeypatch):
    """While the battle runs, its person gets them alone."""
    async with open_server(tmp_path, engine=STEMS_ENGINE) as server:
        shown = await entered(Arena(server, monkeypatch))
        stems = answer_of(await server.press(shown, "Stems", server.bob))
        assert stems.ephemeral
        assert stems.attachments
        assert public(server) == []
