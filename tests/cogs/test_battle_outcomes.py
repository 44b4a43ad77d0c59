"""How a battle ends without a single winner: ties, no votes, lost polls and channels."""

from __future__ import annotations

import discord

from bot.domain.battles import BattleOutcome, BattleState
from tests.support.battle_arena import in_an_arena, text_of, to_the_vote


@in_an_arena
async def test_a_battle_with_one_entry_has_no_vote(arena):
    """The author keeps the clip, and nobody wins."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    await arena.run_due(601)
    assert (await arena.battle()).outcome is BattleOutcome.TOO_FEW
    assert "fewer than two entries" in text_of(server.messages()[-1])
    assert not arena.polls()
    assert (await server.newest_clip(server.bob)).prompt == "lo-fi"


@in_an_arena
async def test_a_tie_is_shared(arena):
    """Both authors are named, and both get a shared win on the ladder."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    await arena.vote(server.alice, 1)
    await arena.vote(server.bob, 2)
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.TIED
    result = server.messages()[-1]
    assert "share it with 1 vote each" in result.content
    ladder = (await server.alice.slash(server.channel, "ladder")).response.content
    assert ladder.count("1 win (1 shared)") == 2


@in_an_arena
async def test_without_votes_nobody_wins(arena):
    """The authors are named nevertheless."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.NO_VOTES
    assert "nobody voted" in text_of(server.messages()[-1])
    assert f"<@{server.bob.id}>" in text_of(server.messages()[-1])


@in_an_arena
async def test_a_poll_that_is_deleted_ends_the_battle(arena):
    """The battle ends at once, without a winner."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    (poll,) = arena.polls()
    channel = server.bot.get_channel(server.channel.id)
    await channel.get_partial_message(poll.id).delete()
    await server.env.settle()
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.POLL_LOST
    assert "its poll was deleted" in text_of(server.messages()[-1])


@in_an_arena
async def test_a_poll_that_is_deleted_with_other_messages_ends_the_battle(arena):
    """As when a moderator clears a channel: the next battle there can begin at once."""
    server = arena.server
    card = await to_the_vote(arena, server.alice, server.bob)
    (poll,) = arena.polls()
    channel = server.bot.get_channel(server.channel.id)
    await channel.delete_messages([discord.Object(each.id) for each in (card, poll)])
    await server.env.settle()
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.POLL_LOST)


@in_an_arena
async def test_a_deleted_channel_ends_the_battle(arena):
    """Nothing can be posted, and nothing hangs."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    await server.bot.get_channel(server.channel.id).delete()
    await server.env.settle()
    assert await arena.run_due(301)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.PLACE_LOST)


@in_an_arena
async def test_a_battle_whose_card_was_deleted_unrecorded_ends(arena):
    """The bot was killed before it recorded the card; the battle still ends."""
    server = arena.server
    card = (await arena.begin()).response
    async with server.store.battles._database.transaction() as connection:
        await connection.execute("UPDATE battles SET message_id = NULL")
    await server.store.battles.close(1)
    await server.bot.get_channel(server.channel.id).get_partial_message(card.id).delete()
    await server.restart_bot()
    assert await arena.run_due()
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.TOO_FEW)
    assert battle.result_message_id == server.messages()[-1].id
    assert await server.store.battles.unfinished() == []


@in_an_arena
async def test_a_refused_post_ends_the_battle_with_a_notice(arena):
    """Retrying for ever would block the channel's next battle."""
    server = arena.server
    card = (await arena.begin()).response
    for who in (server.alice, server.bob):
        await arena.enter(who, card)
    server.env.inject_error("POST", "/channels/*/messages", status=400, code=50035, times=1)
    assert await arena.run_due(601)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.PLACE_LOST)
    assert "it could not go on here" in text_of(server.messages()[-1])
    assert not arena.card(card.id).components
