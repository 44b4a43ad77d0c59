"""Battles from beginning to end: who may begin, control and vote, and restarts between."""

from __future__ import annotations

import discord

from bot import failpoints
from bot.domain.battles import BattleOutcome, BattleState
from bot.store.battles import ONE_AT_A_TIME
from cogs.presentation import battle_messages
from cogs.presentation.battle_results import NO_LADDER
from cogs.requests.battles import TOO_LONG
from cogs.views.forget_button import forget_view
from tests.support.battle_arena import in_an_arena, text_of, to_the_vote
from tests.support.simulated_server import open_server


@in_an_arena
async def test_a_battle_from_beginning_to_end(arena):
    """Authors stay hidden until the poll is over; then all are named, with the result."""
    server = arena.server
    card = await to_the_vote(arena, server.alice, server.bob)
    battle = await arena.battle()
    assert battle.state is BattleState.VOTING
    players = arena.players()
    assert len(players) == 2
    for player in players:
        assert "words" not in text_of(player)
        for who in (server.alice, server.bob):
            assert str(who.id) not in text_of(player)
        assert not player.components
    entries = await server.store.battles.entries(1)
    bobs = next(each for each in entries if each.user_id == server.bob.id)
    await arena.vote(server.alice, bobs.number)
    await arena.run_due(301)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.WON)
    result = server.messages()[-1]
    assert f"🏆 <@{server.bob.id}> wins battle 1 with 1 of 1 vote." in result.content
    assert "lo-fi, words 2" in text_of(result)
    assert f"<@{server.alice.id}>" in text_of(result)
    (sound,) = [each for each in result.attachments if "winner" in each["filename"]]
    assert sound["filename"].startswith("battle-1-winner.")
    labels = [each["label"] for row in result.components for each in row["components"]]
    assert "Remix" in labels
    # Each player now names its author, and the card links to the result.
    assert f"<@{server.bob.id}>" in text_of(arena.card(bobs.message_id))
    assert str(result.id) in text_of(arena.card(card.id))
    assert not arena.card(card.id).components
    ladder = (await server.alice.slash(server.channel, "ladder")).response
    assert ladder.content.splitlines()[0] == f"🥇 <@{server.bob.id}> · 1 win · 1 battle · 1 vote"
    # Each author was charged for their own entry, and for nothing else.
    assert [await server.used(who) for who in (server.alice, server.bob)] == [1.0, 1.0]


@in_an_arena
async def test_a_battle_of_one_clip(arena):
    """Everybody remixes the same clip, and /tree does not reveal whose remix is whose."""
    server = arena.server
    await server.music(seconds=1.0)
    refused = await arena.begin(prompt="x", clip="1")
    assert refused.response.content == str(battle_messages.ONE_THEME)
    path = "/channels/*/messages/*"
    server.env.inject_error("PATCH", path, status=413, code=40005, times=1)
    begun = await server.alice.slash(server.channel, "battle", clip="1", minutes=10, voting=5)
    await server.idle()
    assert begun.followups[-1].content == str(battle_messages.SAMPLE_NOT_SHOWN)
    await arena.press(server.alice, begun.response, "off")
    await server.idle()
    result = await server.alice.slash(server.channel, "battle", clip="1", minutes=10, voting=5)
    await server.idle()
    card = arena.card(result.response.id)
    assert "Everybody remixes" in text_of(card)
    assert card.attachments[0]["filename"].startswith("battle-2-sample.")
    for who, words in ((server.bob, "as jazz"), (server.alice, "as a waltz")):
        form = await arena.press(who, result.response, "enter", id_=2)
        await who.submit_modal(form, {"words": words})
        await server.idle()
    clip = await server.newest_clip(server.bob)
    assert clip.parent_ids == (1,)
    tree = (await server.alice.slash(server.channel, "tree", clip="1")).response.embeds[0]
    assert "a clip from elsewhere" in tree.description
    assert str(server.bob.id) not in tree.description


@in_an_arena
async def test_invalid_battles_are_refused(arena):
    """No theme, too long a prompt, a second battle in the channel, longer than clips may be."""
    server = arena.server
    nothing = await server.alice.slash(server.channel, "battle")
    assert nothing.response.content == str(battle_messages.ONE_THEME)
    assert (await arena.begin(prompt="x" * 201)).response.content == str(TOO_LONG)
    assert "seconds long here" in (await arena.begin(seconds=599.0)).response.content
    alone = (
        await server.alice.dm_slash("battle", prompt="x")
        if hasattr(server.alice, "dm_slash")
        else None
    )
    assert alone is None or alone.response.content == str(battle_messages.ON_SERVERS)
    await arena.begin()
    assert (await arena.begin()).response.content == str(ONE_AT_A_TIME)
    assert (await server.bob.slash(server.channel, "ladder")).response.content == str(NO_LADDER)


@in_an_arena
async def test_only_the_starter_or_a_manager_controls_a_battle(arena):
    """Others are refused; a battle that was called off has no buttons."""
    server = arena.server
    card = (await arena.begin()).response
    for deed in ("vote", "off"):
        refused = await arena.press(server.bob, card, deed)
        assert refused.response.content == str(battle_messages.NOT_YOUR_BATTLE)
    await arena.press(server.owner, card, "off")
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    assert "called off" in text_of(server.messages()[-1])
    assert not arena.card(card.id).components


@in_an_arena
async def test_the_starter_can_begin_the_vote_early(arena):
    """The vote begins as soon as the entries in the queue are made."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    server.pipeline.executor.paused = True
    await arena.enter(server.alice, card, wait=False)
    await arena.press(server.alice, card, "vote")
    assert (await arena.battle()).state is BattleState.CLOSED
    server.pipeline.executor.paused = False
    await server.idle()
    await arena.run_due()
    assert (await arena.battle()).state is BattleState.VOTING


async def test_a_battle_needs_the_permissions_for_its_vote(tmp_path):
    """Missing permissions are reported before anybody pays for an entry."""
    async with open_server(tmp_path) as server:
        for right in ("send_messages", "read_message_history"):
            denied = {server.bot.user: discord.PermissionOverwrite(**{right: False})}
            place = server.guild.create_text_channel(right.replace("_", "-"), overwrites=denied)
            refused = await server.alice.slash(place, "battle", prompt="x")
            assert refused.response.content == str(battle_messages.NO_PLACE)
        assert await server.store.battles.unfinished() == []


@in_an_arena
async def test_a_bot_that_was_off_when_the_vote_ended_counts_it_at_its_start(arena):
    """A bot that was off when entries closed begins the vote at its start."""
    server = arena.server
    card = (await arena.begin()).response
    for who in (server.alice, server.bob):
        await arena.enter(who, card)
    server.clock.now += 86_400
    await server.restart_bot()
    await arena.run_due()
    await arena.vote(server.alice, 1)
    server.clock.now += 86_400
    await server.restart_bot()
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.WON
    assert sum("wins battle 1" in (each.content or "") for each in server.messages()) == 1


@in_an_arena
async def test_an_interrupted_battle_continues(arena):
    """After a failure at any failpoint nothing hangs, and nothing is posted twice."""
    server, monkeypatch = arena.server, arena.monkeypatch
    for number, place in enumerate(failpoints.BATTLE_PLACES, 1):
        monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
        card = (await arena.begin(seconds=1.0)).response
        if place == "battle.begun":
            # The battle was never shown to anybody.
            assert card.ephemeral
            monkeypatch.delenv(failpoints.VARIABLE)
            assert await arena.run_due()
            assert await server.store.battles.unfinished() == []
            card = (await arena.begin()).response
        await arena.run_due()
        for who in (server.alice, server.bob):
            result = await arena.press(who, card, "enter", number)
            await who.submit_modal(result, {})
            await server.idle()
        await arena.run_due(601)
        if place not in ("battle.counted", "battle.told"):
            monkeypatch.delenv(failpoints.VARIABLE, raising=False)
        await arena.run_due()
        await arena.vote(server.alice, 1)
        await arena.run_due(301)
        monkeypatch.delenv(failpoints.VARIABLE, raising=False)
        await arena.run_due()
        battle = await arena.battle(number)
        assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.WON), place
        assert battle.message_id == card.id
        contents = [each.content for each in server.messages()]
        assert sum(f"wins battle {number} " in each for each in contents) == 1, place
        assert len(arena.players()) == 2 * number, place
        assert len(arena.polls()) == number, place
    assert await server.store.check() == []


@in_an_arena
async def test_a_battle_of_an_erased_person_is_called_off_at_once(arena):
    """Not with the next timer: until then people would enter a battle without words."""
    server = arena.server
    card = (await arena.begin()).response
    view = forget_view(server.bot.languages.renderer(None), server.alice.id)
    question = await server.bot.get_channel(server.channel.id).send("all?", view=view)
    await server.alice.click(question, label="Delete everything of mine")
    await server.idle()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    assert not arena.card(card.id).components
    # While the data is being deleted, nobody enters any more.
    card = (await arena.begin(server.bob)).response
    await server.pipeline.erasure.forget(server.bob.id)
    late = await arena.press(server.alice, card, "enter", id_=2)
    assert late.response.content == str(battle_messages.NO_BATTLE)
