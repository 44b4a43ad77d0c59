"""Entries of battles: private until the vote, charged, withdrawn and late ones."""

from __future__ import annotations

from bot.domain.battles import Battle, BattleOutcome, BattleState, Entry
from bot.domain.jobs import JobState
from bot.domain.radio import RadioPlan, RadioSource
from bot.jams.battles import GRACE_SECONDS
from bot.store.battle_entries import ON_ITS_WAY
from cogs.presentation import battle_messages
from cogs.presentation.battle_results import verdict
from cogs.requests.places import sight_of_everybody
from cogs.views.battle_form import NO_SEED
from tests.support.battle_arena import Arena, in_an_arena, text_of, to_the_vote
from tests.support.simulated_server import limited, open_server


@in_an_arena
async def test_an_entry_is_private_until_the_vote(arena):
    """The form's answer is ephemeral, and others can't open the clip before the vote."""
    server = arena.server
    card = (await arena.begin()).response
    sent = await arena.enter(server.bob, card, "with a flute", "7")
    assert sent.response.ephemeral
    shown = arena.card(sent.response.id)
    assert "entry in battle 1" in shown.content
    clip = await server.newest_clip(server.bob)
    assert (clip.prompt, clip.seed, clip.seconds) == ("lo-fi, with a flute", 7, 1.0)
    refused = await server.alice.slash(server.channel, "clip", clip=str(clip.id))
    assert refused.response.content == str(battle_messages.IN_A_BATTLE)
    own = await server.bob.slash(server.channel, "tree", clip=str(clip.id))
    assert "The family of clip" in own.response.embeds[0].title
    assert "1 entry so far" in text_of(arena.card(card.id))


@in_an_arena
async def test_entries_stay_hidden_in_lists_and_commands(arena):
    """Lists, the radio and the tags of the posted file do not reveal an entry's author."""
    server = arena.server
    await server.music(seconds=1.0)
    await to_the_vote(arena, server.alice, server.bob)
    for command, option in (("export", "clip"), ("mix", "a")):
        offered = await server.alice.autocomplete(server.channel, command, option, "")
        assert [choice["value"] for choice in offered] == ["1"]
    guild = server.bot.get_guild(server.guild.id)
    for source, person in ((RadioSource.RECENT, None), (RadioSource.PERSON, server.bob.id)):
        plan = RadioPlan(
            guild_id=server.guild.id, channel_id=1, text_channel_id=1, source=source,
            user_id=server.alice.id, person_id=person,
        )  # fmt: skip
        found = await server.bot.service.radio.clips(plan, sight_of_everybody(guild))
        assert all(clip.id == 1 for clip in found)
    for player in arena.players():
        (message,) = [each for each in server.channel.history() if each.id == player.id]
        answer = await server.alice.context_menu(server.channel, "What is this clip?", message)
        (embed,) = answer.response.embeds
        assert "words" not in embed.description
        assert not {"Clip", "Seed"} & {field.name for field in embed.fields}
    kept = await next(f for f in message.attachments if "entry" in f.filename).read()
    hidden = (await server.bob.slash(server.channel, "whatis", clip=("kept.mp3", kept))).response
    assert not {"Clip", "Seed"} & {field.name for field in hidden.embeds[0].fields}
    await arena.run_due(301)
    offered = await server.alice.autocomplete(server.channel, "export", "clip", "")
    assert len(offered) == 3
    answer = (await server.bob.slash(server.channel, "whatis", clip=("kept.mp3", kept))).response
    assert {"2", "3"} & {field.value for field in answer.embeds[0].fields if field.name == "Clip"}
    assert "words" in answer.embeds[0].description


@in_an_arena
async def test_a_person_s_latest_clip_is_their_entry(arena):
    """A second entry is refused while one is being made, and so is an invalid seed."""
    server = arena.server
    card = (await arena.begin()).response
    refused = await arena.enter(server.bob, card, seed="many")
    assert refused.response.content == str(NO_SEED)
    server.pipeline.executor.paused = True
    await arena.enter(server.bob, card, "first", wait=False)
    refused = await arena.enter(server.bob, card, "again", wait=False)
    assert refused.response.content == str(ON_ITS_WAY)
    server.pipeline.executor.paused = False
    await server.idle()
    await arena.enter(server.bob, card, "second")
    await arena.enter(server.alice, card)
    await arena.run_due(601)
    entries = await server.store.battles.entries(1)
    assert sorted(each.clip.prompt for each in entries) == ["lo-fi", "lo-fi, second"]
    labels = [each["label"] for row in arena.card(card.id).components for each in row["components"]]
    assert labels == ["Call off"]


@in_an_arena
async def test_a_late_entry_is_not_admitted(arena):
    """The vote begins without it; its author still gets the clip."""
    server = arena.server
    card = (await arena.begin()).response
    for who in (server.alice, server.bob):
        await arena.enter(who, card)
    server.pipeline.executor.paused = True
    await arena.enter(server.owner, card, wait=False)
    server.clock.now += 601
    await server.bot.get_cog("Battle").run_due()
    assert (await arena.battle()).state is BattleState.CLOSED
    server.clock.now += GRACE_SECONDS
    await server.bot.get_cog("Battle").run_due()
    assert len(arena.players()) == 2
    server.pipeline.executor.paused = False
    await server.idle()
    assert await server.state(3) is JobState.DELIVERED
    places = server.env.backend.messages.values()
    contents = [each.content for place in places for each in place.values()]
    assert sum("too late for battle 1" in content for content in contents) == 1


@in_an_arena
async def test_an_entry_that_is_deleted_during_the_vote_is_withdrawn(arena):
    """Its player is removed, and votes for it do not count."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    entries = {each.user_id: each for each in await server.store.battles.entries(1)}
    await arena.vote(server.alice, entries[server.bob.id].number)
    await server.pipeline.library.delete(entries[server.bob.id].clip)
    await arena.run_due()
    assert len(arena.players()) == 1
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.NO_VOTES
    assert "withdrawn" in text_of(server.messages()[-1])


@in_an_arena
async def test_an_entry_deleted_during_the_vote_cannot_be_played(arena):
    """Its player is removed at once, not only when the battle is next checked."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.alice, card)
    own = (await arena.enter(server.bob, card)).response
    await arena.run_due(601)
    assert len(arena.players()) == 2
    await server.delete(own, server.bob)
    assert len(arena.players()) == 1


def test_a_withdrawn_entry_is_not_the_winner():
    """The result names nobody, even if the entry was withdrawn after the count."""
    battle = Battle(
        id=1, key="1", guild_id=1, channel_id=1, user_id=1, prompt="x", clip_id=None, seconds=None,
        created_at=0.0, closes_at=1.0, voting_seconds=1.0, locale=None, state=BattleState.COUNTED,
        outcome=BattleOutcome.WON,
    )  # fmt: skip
    for person in (None, 77):
        gone = Entry(number=1, user_id=person, clip=None, message_id=None, votes=2, is_winner=True)
        sentence = str(verdict(battle, [gone]))
        assert "whoever won has withdrawn" in sentence
        assert "<@" not in sentence


@in_an_arena
async def test_erasure_withdraws_a_person_s_entries(arena):
    """A battle that they started is called off while open; their entries elsewhere withdraw."""
    server = arena.server
    card = (await arena.begin()).response
    for who in (server.alice, server.bob):
        await arena.enter(who, card)
    await server.pipeline.erasure.forget(server.alice.id)
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    card = (await arena.begin(server.bob)).response
    for who in (server.alice, server.bob):
        result = await arena.press(who, card, "enter", 2)
        await who.submit_modal(result, {})
        await server.idle()
    await arena.run_due(601)
    await server.pipeline.erasure.forget(server.alice.id)
    await arena.run_due(301)
    assert str(server.alice.id) not in text_of(server.messages()[-1])
    assert await server.store.battles.ladder(server.guild.id) != []


async def test_an_entry_is_charged_to_its_author(tmp_path, monkeypatch):
    """Somebody without seconds left is refused privately, and has no entry."""
    async with open_server(tmp_path, config=limited(daily_seconds=1.0)) as server:
        arena = Arena(server, monkeypatch)
        card = (await arena.begin()).response
        await arena.enter(server.bob, card)
        refused = await arena.enter(server.bob, card)
        assert refused.response.ephemeral
        assert "0 s of music left today" in refused.response.content
        assert await server.used(server.bob) == 1.0


@in_an_arena
async def test_entries_of_people_who_left_stay_in_the_battle(arena):
    """An entry can win after its author left; the battle goes on if its starter leaves."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    server.pipeline.executor.paused = True
    await arena.enter(server.alice, card, wait=False)
    server.guild.remove_member(server.alice)
    server.pipeline.executor.paused = False
    await server.idle()
    await arena.run_due(601)
    assert (await arena.battle()).state is BattleState.VOTING
    assert len(arena.players()) == 2
    (theirs,) = [
        each for each in await server.store.battles.entries(1) if each.user_id == server.alice.id
    ]
    await arena.vote(server.bob, theirs.number)
    assert await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.WON
    assert f"🏆 <@{server.alice.id}> wins battle 1 " in server.messages()[-1].content
    ladder = (await server.bob.slash(server.channel, "ladder")).response.content
    assert ladder.startswith(f"🥇 <@{server.alice.id}> · 1 win")
