"""Battles: begun, entered unseen, voted on with a poll, and told; and every end that there is."""

from __future__ import annotations

import discord

from bot import failpoints
from bot.domain.battles import Battle, BattleOutcome, BattleState, Entry
from bot.domain.jobs import JobState
from bot.domain.radio import RadioPlan, RadioSource
from bot.jams.battles import GRACE_SECONDS
from bot.store.battle_entries import ON_ITS_WAY
from bot.store.battles import ONE_AT_A_TIME
from cogs.presentation import battle_messages as said
from cogs.presentation.battle_results import NO_LADDER, verdict
from cogs.requests.battles import TOO_LONG
from cogs.views.battle_form import NO_SEED
from tests.support.simulated_server import limited, open_server


class Arena:
    """A battle in a jam, and what its people do."""

    def __init__(self, server, monkeypatch):
        self.server, self.monkeypatch = server, monkeypatch

    async def begin(self, who=None, **options):
        asked = {"prompt": "lo-fi", "seconds": 1.0, "minutes": 10, "voting": 5} | options
        result = await (who or self.server.alice).slash(self.server.channel, "battle", **asked)
        await self.server.idle()
        return result

    @property
    def progress(self):
        return self.server.bot.get_cog("Battle").progress

    async def battle(self, id_=1):
        return await self.server.store.battles.get(id_)

    async def run_due(self, seconds=0.0):
        """Let time pass, and the bot look at its battles."""
        self.server.clock.now += seconds
        done = await self.server.bot.get_cog("Battle").run_due()
        await self.server.idle()
        return done

    def card(self, id_):
        return self.server.env.backend.messages[self.server.channel.id][id_]

    async def vote(self, who, number):
        """Let somebody vote in the latest poll."""
        polls = [each for each in self.server.channel.history() if each.poll is not None]
        await who.vote(max(polls, key=lambda each: each.id), answer=number)

    async def press(self, who, message, deed, id_=1):
        return await who.click(message, custom_id=f"zhiyin:battle:{id_}:{deed}")

    async def enter(self, who, message, words="", seed="", *, wait=True):
        """Fill in the form; return what came of it."""
        result = await self.press(who, message, "enter")
        values = {"words": words, "seed": seed}
        values = {name: text for name, text in values.items() if text}
        sent = await who.submit_modal(result, values)
        if wait:
            await self.server.idle()
        return sent

    def players(self):
        return [
            each
            for each in self.server.messages()
            if any("-entry-" in file["filename"] for file in each.attachments)
        ]

    def polls(self):
        return [each for each in self.server.messages() if each.poll is not None]


def in_an_arena(test):
    """Run a test in a jam of its own; SimCord wants that opened and closed in one task."""

    async def run(tmp_path, monkeypatch):
        async with open_server(tmp_path) as server:
            await test(Arena(server, monkeypatch))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def to_the_vote(arena, *people, **options):
    """A battle with an entry of each, up to its poll; return the card."""
    card = (await arena.begin(**options)).response
    for number, who in enumerate(people, 1):
        await arena.enter(who, card, f"words {number}", str(number))
    await arena.run_due(601)
    return card


def text_of(message):
    embeds = [each for each in message.embeds]
    parts = [message.content or ""]
    for embed in embeds:
        parts += [embed.get("title") or "", embed.get("description") or ""]
    return "\n".join(parts)


@in_an_arena
async def test_a_battle_from_beginning_to_end(arena):
    """Nobody sees whose entry is whose before the poll is over; then all do, and how it stands."""
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
    # The players say whose they are, and can be gone on with; the card leads to the result.
    assert f"<@{server.bob.id}>" in text_of(arena.card(bobs.message_id))
    assert str(result.id) in text_of(arena.card(card.id))
    assert not arena.card(card.id).components
    ladder = (await server.alice.slash(server.channel, "ladder")).response
    assert ladder.content.splitlines()[0] == f"🥇 <@{server.bob.id}> · 1 win · 1 battle · 1 vote"
    # Both have paid for what they made, and only for that.
    assert [await server.used(who) for who in (server.alice, server.bob)] == [1.0, 1.0]


@in_an_arena
async def test_an_entry_is_private_until_the_vote(arena):
    """What the form answers, the clip, and what may be seen of it by others before the end."""
    server = arena.server
    card = (await arena.begin()).response
    sent = await arena.enter(server.bob, card, "with a flute", "7")
    assert sent.response.ephemeral
    shown = arena.card(sent.response.id)
    assert "entry in battle 1" in shown.content
    clip = await server.newest_clip(server.bob)
    assert (clip.prompt, clip.seed, clip.seconds) == ("lo-fi, with a flute", 7, 1.0)
    refused = await server.alice.slash(server.channel, "clip", clip=str(clip.id))
    assert refused.response.content == str(said.IN_A_BATTLE)
    own = await server.bob.slash(server.channel, "tree", clip=str(clip.id))
    assert "The family of clip" in own.response.embeds[0].title
    assert "1 entry so far" in text_of(arena.card(card.id))


@in_an_arena
async def test_entries_stay_hidden_in_lists_and_commands(arena):
    """Neither lists of clips nor the radio, nor the tags in the file that is voted on."""
    server = arena.server
    await server.music(seconds=1.0)
    await to_the_vote(arena, server.alice, server.bob)
    for command, option in (("export", "clip"), ("mix", "a")):
        offered = await server.alice.autocomplete(server.channel, command, option, "")
        assert [choice["value"] for choice in offered] == ["1"]
    for source, person in ((RadioSource.RECENT, None), (RadioSource.PERSON, server.bob.id)):
        plan = RadioPlan(
            guild_id=server.guild.id, channel_id=1, text_channel_id=1, source=source,
            user_id=server.alice.id, person_id=person,
        )  # fmt: skip
        assert all(clip.id == 1 for clip in await server.bot.service.radio.clips(plan))
    for player in arena.players():
        (message,) = [each for each in server.channel.history() if each.id == player.id]
        told = await server.alice.context_menu(server.channel, "What is this clip?", message)
        (embed,) = told.response.embeds
        assert "words" not in embed.description
        assert "Clip" not in {field.name for field in embed.fields}
    kept = await next(f for f in message.attachments if "entry" in f.filename).read()
    hidden = (await server.bob.slash(server.channel, "whatis", clip=("kept.mp3", kept))).response
    assert "Clip" not in {field.name for field in hidden.embeds[0].fields}
    await arena.run_due(301)
    offered = await server.alice.autocomplete(server.channel, "export", "clip", "")
    assert len(offered) == 3
    told = (await server.bob.slash(server.channel, "whatis", clip=("kept.mp3", kept))).response
    assert {"2", "3"} & {field.value for field in told.embeds[0].fields if field.name == "Clip"}
    assert "words" in told.embeds[0].description


@in_an_arena
async def test_a_person_s_latest_clip_is_their_entry(arena):
    """While one is being made there is no other; and a wrong seed makes none."""
    server = arena.server
    card = (await arena.begin()).response
    refused = await arena.enter(server.bob, card, seed="many")
    assert refused.response.content == str(NO_SEED)
    await arena.enter(server.bob, card, "slow", wait=False)
    refused = await arena.enter(server.bob, card, "again", wait=False)
    assert refused.response.content == str(ON_ITS_WAY)
    await server.idle()
    await arena.enter(server.bob, card, "second")
    await arena.enter(server.alice, card)
    await arena.run_due(601)
    entries = await server.store.battles.entries(1)
    assert sorted(each.clip.prompt for each in entries) == ["lo-fi", "lo-fi, second"]
    labels = [each["label"] for row in arena.card(card.id).components for each in row["components"]]
    assert labels == ["Call off"]


@in_an_arena
async def test_a_battle_of_one_clip(arena):
    """All remix the same, and its maker's tree doesn't give them away."""
    server = arena.server
    await server.music(seconds=1.0)
    refused = await arena.begin(prompt="x", clip="1")
    assert refused.response.content == str(said.ONE_THEME)
    path = "/channels/*/messages/*"
    server.env.inject_error("PATCH", path, status=413, code=40005, times=1)
    begun = await server.alice.slash(server.channel, "battle", clip="1", minutes=10, voting=5)
    await server.idle()
    assert begun.followups[-1].content == str(said.SAMPLE_NOT_SHOWN)
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
    """Without words, with too many, beside another one, longer than clips."""
    server = arena.server
    nothing = await server.alice.slash(server.channel, "battle")
    assert nothing.response.content == str(said.ONE_THEME)
    assert (await arena.begin(prompt="x" * 201)).response.content == str(TOO_LONG)
    assert "seconds long here" in (await arena.begin(seconds=599.0)).response.content
    alone = (
        await server.alice.dm_slash("battle", prompt="x")
        if hasattr(server.alice, "dm_slash")
        else None
    )
    assert alone is None or alone.response.content == str(said.ON_SERVERS)
    await arena.begin()
    assert (await arena.begin()).response.content == str(ONE_AT_A_TIME)
    assert (await server.bob.slash(server.channel, "ladder")).response.content == str(NO_LADDER)


@in_an_arena
async def test_only_the_starter_or_a_manager_controls_a_battle(arena):
    """Others are told so; the manager's word counts, and a battle over has no buttons."""
    server = arena.server
    card = (await arena.begin()).response
    for deed in ("vote", "off"):
        refused = await arena.press(server.bob, card, deed)
        assert refused.response.content == str(said.NOT_YOUR_BATTLE)
    await arena.press(server.owner, card, "off")
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    assert "called off" in text_of(server.messages()[-1])
    assert not arena.card(card.id).components


@in_an_arena
async def test_the_starter_can_begin_the_vote_early(arena):
    """As soon as what is in the queue is made."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    await arena.enter(server.alice, card, "slow", wait=False)
    await arena.press(server.alice, card, "vote")
    assert (await arena.battle()).state is BattleState.CLOSED
    await server.idle()
    await arena.run_due()
    assert (await arena.battle()).state is BattleState.VOTING


@in_an_arena
async def test_a_battle_with_one_entry_has_no_vote(arena):
    """Its person keeps the clip, and nobody has won."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    await arena.run_due(601)
    assert (await arena.battle()).outcome is BattleOutcome.TOO_FEW
    assert "fewer than two entries" in text_of(server.messages()[-1])
    assert not arena.polls()
    assert (await server.newest_clip(server.bob)).prompt == "lo-fi"


@in_an_arena
async def test_a_late_entry_is_not_admitted(arena):
    """The vote begins without it, and its person gets the clip all the same."""
    server = arena.server
    card = (await arena.begin()).response
    for who in (server.alice, server.bob):
        await arena.enter(who, card)
    await arena.enter(server.owner, card, "slow", wait=False)
    server.clock.now += 601
    await server.bot.get_cog("Battle").run_due()
    assert (await arena.battle()).state is BattleState.CLOSED
    server.clock.now += GRACE_SECONDS
    await server.bot.get_cog("Battle").run_due()
    assert len(arena.players()) == 2
    await server.idle()
    assert await server.state(3) is JobState.DELIVERED
    places = server.env.backend.messages.values()
    contents = [each.content for place in places for each in place.values()]
    assert sum("too late for battle 1" in content for content in contents) == 1


@in_an_arena
async def test_a_tie_is_shared(arena):
    """Both are named, and both climb the ladder by a shared win."""
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
    """Whose entries they were is told all the same."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.NO_VOTES
    assert "nobody voted" in text_of(server.messages()[-1])
    assert f"<@{server.bob.id}>" in text_of(server.messages()[-1])


@in_an_arena
async def test_a_poll_that_is_deleted_ends_the_battle(arena):
    """At once, without a winner."""
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
async def test_a_deleted_channel_ends_the_battle(arena):
    """There is nobody to tell; nothing hangs."""
    server = arena.server
    await to_the_vote(arena, server.alice, server.bob)
    await server.bot.get_channel(server.channel.id).delete()
    await server.env.settle()
    assert await arena.run_due(301)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.PLACE_LOST)


@in_an_arena
async def test_a_battle_whose_card_was_deleted_unrecorded_ends(arena):
    """Its vote was called, and the bot killed: without its card it comes to an end all the same."""
    server = arena.server
    arena.monkeypatch.setenv(failpoints.VARIABLE, "battle.announced=raise")
    card = (await arena.begin()).response
    arena.monkeypatch.delenv(failpoints.VARIABLE)
    assert (await arena.battle()).message_id is None
    await server.store.battles.close(1)
    await server.bot.get_channel(server.channel.id).get_partial_message(card.id).delete()
    await server.env.settle()
    assert await arena.run_due()
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.TOO_FEW)
    assert battle.result_message_id == server.messages()[-1].id
    assert await server.store.battles.unfinished() == []


@in_an_arena
async def test_a_refused_post_ends_the_battle_with_a_notice(arena):
    """Tried for ever it would keep the channel from its next battle."""
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


@in_an_arena
async def test_an_entry_that_is_deleted_during_the_vote_is_withdrawn(arena):
    """Its player goes, and its votes count for nothing."""
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
    """Not when the battle is next looked at."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.alice, card)
    own = (await arena.enter(server.bob, card)).response
    await arena.run_due(601)
    assert len(arena.players()) == 2
    await server.delete(own, server.bob)
    assert len(arena.players()) == 1


def test_a_withdrawn_entry_is_not_the_winner():
    """Nor nobody in their place: an outage may lie between the count and the result."""
    battle = Battle(
        id=1, key="1", guild_id=1, channel_id=1, user_id=1, prompt="x", clip_id=None, seconds=None,
        created_at=0.0, closes_at=1.0, voting_seconds=1.0, locale=None, state=BattleState.COUNTED,
        outcome=BattleOutcome.WON,
    )  # fmt: skip
    for person in (None, 77):
        gone = Entry(number=1, user_id=person, clip=None, message_id=None, votes=2, is_winner=True)
        told = str(verdict(battle, [gone]))
        assert "whoever won has withdrawn" in told
        assert "<@" not in told


async def test_a_battle_needs_the_permissions_for_its_vote(tmp_path):
    """Before anybody pays for an entry."""
    async with open_server(tmp_path) as server:
        for right in ("send_messages", "read_message_history"):
            denied = {server.bot.user: discord.PermissionOverwrite(**{right: False})}
            place = server.guild.create_text_channel(right.replace("_", "-"), overwrites=denied)
            refused = await server.alice.slash(place, "battle", prompt="x")
            assert refused.response.content == str(said.NO_PLACE)
        assert await server.store.battles.unfinished() == []


@in_an_arena
async def test_erasure_withdraws_a_person_s_entries(arena):
    """One that they began is called off where it is open; their entry elsewhere is withdrawn."""
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


@in_an_arena
async def test_a_bot_that_was_off_when_the_vote_ended_counts_it_at_its_start(arena):
    """And one that was off when entries closed begins the vote then."""
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


async def test_an_entry_is_charged_to_its_author(tmp_path, monkeypatch):
    """Who has nothing left is told so, alone, and is not in it."""
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
    """Their entry is made, played and voted on, and can win; a beginner who leaves ends nothing."""
    server = arena.server
    card = (await arena.begin()).response
    await arena.enter(server.bob, card)
    await arena.enter(server.alice, card, "slow", wait=False)
    server.guild.remove_member(server.alice)
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


@in_an_arena
async def test_an_interrupted_battle_continues(arena):
    """At every place on a battle's way: nothing hangs, is posted twice, or is told twice."""
    server, monkeypatch = arena.server, arena.monkeypatch
    for number, place in enumerate(failpoints.BATTLE_PLACES, 1):
        monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
        card = (await arena.begin(seconds=1.0)).response
        if place == "battle.begun":
            # Nobody has seen it.
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
