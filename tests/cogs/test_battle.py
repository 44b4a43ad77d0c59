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
from tests.support.jam_server import limited, open_jam


class Arena:
    """A battle in a jam, and what its people do."""

    def __init__(self, jam, monkeypatch):
        self.jam, self.monkeypatch = jam, monkeypatch

    async def begin(self, who=None, **options):
        asked = {"prompt": "lo-fi", "seconds": 1.0, "minutes": 10, "voting": 5} | options
        result = await (who or self.jam.alice).slash(self.jam.channel, "battle", **asked)
        await self.jam.idle()
        return result

    @property
    def progress(self):
        return self.jam.bot.get_cog("Battle").progress

    async def battle(self, id_=1):
        return await self.jam.store.battles.get(id_)

    async def run_due(self, seconds=0.0):
        """Let time pass, and the bot look at its battles."""
        self.jam.clock.now += seconds
        done = await self.jam.bot.get_cog("Battle").run_due()
        await self.jam.idle()
        return done

    def card(self, id_):
        return self.jam.env.backend.messages[self.jam.channel.id][id_]

    async def vote(self, who, number):
        """Let somebody vote in the latest poll."""
        polls = [each for each in self.jam.channel.history() if each.poll is not None]
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
            await self.jam.idle()
        return sent

    def players(self):
        return [
            each
            for each in self.jam.messages()
            if any("-entry-" in file["filename"] for file in each.attachments)
        ]

    def polls(self):
        return [each for each in self.jam.messages() if each.poll is not None]


def in_an_arena(test):
    """Run a test in a jam of its own; SimCord wants that opened and closed in one task."""

    async def run(tmp_path, monkeypatch):
        async with open_jam(tmp_path) as jam:
            await test(Arena(jam, monkeypatch))

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
    jam = arena.jam
    card = await to_the_vote(arena, jam.alice, jam.bob)
    battle = await arena.battle()
    assert battle.state is BattleState.VOTING
    players = arena.players()
    assert len(players) == 2
    for player in players:
        assert "words" not in text_of(player)
        for who in (jam.alice, jam.bob):
            assert str(who.id) not in text_of(player)
        assert not player.components
    entries = await jam.store.battles.entries(1)
    bobs = next(each for each in entries if each.user_id == jam.bob.id)
    await arena.vote(jam.alice, bobs.number)
    await arena.run_due(301)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.WON)
    result = jam.messages()[-1]
    assert f"🏆 <@{jam.bob.id}> wins battle 1 with 1 of 1 vote." in result.content
    assert "lo-fi, words 2" in text_of(result)
    assert f"<@{jam.alice.id}>" in text_of(result)
    (sound,) = [each for each in result.attachments if "winner" in each["filename"]]
    assert sound["filename"].startswith("battle-1-winner.")
    labels = [each["label"] for row in result.components for each in row["components"]]
    assert "Remix" in labels
    # The players say whose they are, and can be gone on with; the card leads to the result.
    assert f"<@{jam.bob.id}>" in text_of(arena.card(bobs.message_id))
    assert str(result.id) in text_of(arena.card(card.id))
    assert not arena.card(card.id).components
    ladder = (await jam.alice.slash(jam.channel, "ladder")).response
    assert ladder.content.splitlines()[0] == f"🥇 <@{jam.bob.id}> · 1 win · 1 battle · 1 vote"
    # Both have paid for what they made, and only for that.
    assert [await jam.used(who) for who in (jam.alice, jam.bob)] == [1.0, 1.0]


@in_an_arena
async def test_an_entry_is_private_until_the_vote(arena):
    """What the form answers, the clip, and what may be seen of it by others before the end."""
    jam = arena.jam
    card = (await arena.begin()).response
    sent = await arena.enter(jam.bob, card, "with a flute", "7")
    assert sent.response.ephemeral
    shown = arena.card(sent.response.id)
    assert "entry in battle 1" in shown.content
    clip = await jam.newest_clip(jam.bob)
    assert (clip.prompt, clip.seed, clip.seconds) == ("lo-fi, with a flute", 7, 1.0)
    refused = await jam.alice.slash(jam.channel, "clip", clip=str(clip.id))
    assert refused.response.content == str(said.IN_A_BATTLE)
    own = await jam.bob.slash(jam.channel, "tree", clip=str(clip.id))
    assert "The family of clip" in own.response.embeds[0].title
    assert "1 entry so far" in text_of(arena.card(card.id))


@in_an_arena
async def test_entries_stay_hidden_in_lists_and_commands(arena):
    """Neither lists of clips nor the radio, nor the tags in the file that is voted on."""
    jam = arena.jam
    await jam.music(seconds=1.0)
    await to_the_vote(arena, jam.alice, jam.bob)
    for command, option in (("export", "clip"), ("mix", "a")):
        offered = await jam.alice.autocomplete(jam.channel, command, option, "")
        assert [choice["value"] for choice in offered] == ["1"]
    for source, person in ((RadioSource.RECENT, None), (RadioSource.PERSON, jam.bob.id)):
        plan = RadioPlan(
            guild_id=jam.guild.id, channel_id=1, text_channel_id=1, source=source,
            user_id=jam.alice.id, person_id=person,
        )  # fmt: skip
        assert all(clip.id == 1 for clip in await jam.bot.service.radio.clips(plan))
    for player in arena.players():
        (message,) = [each for each in jam.channel.history() if each.id == player.id]
        told = await jam.alice.context_menu(jam.channel, "What is this clip?", message)
        (embed,) = told.response.embeds
        assert "words" not in embed.description
        assert "Clip" not in {field.name for field in embed.fields}
    kept = await next(f for f in message.attachments if "entry" in f.filename).read()
    hidden = (await jam.bob.slash(jam.channel, "whatis", clip=("kept.mp3", kept))).response
    assert "Clip" not in {field.name for field in hidden.embeds[0].fields}
    await arena.run_due(301)
    offered = await jam.alice.autocomplete(jam.channel, "export", "clip", "")
    assert len(offered) == 3
    told = (await jam.bob.slash(jam.channel, "whatis", clip=("kept.mp3", kept))).response
    assert {"2", "3"} & {field.value for field in told.embeds[0].fields if field.name == "Clip"}
    assert "words" in told.embeds[0].description


@in_an_arena
async def test_a_person_s_latest_clip_is_their_entry(arena):
    """While one is being made there is no other; and a wrong seed makes none."""
    jam = arena.jam
    card = (await arena.begin()).response
    refused = await arena.enter(jam.bob, card, seed="many")
    assert refused.response.content == str(NO_SEED)
    await arena.enter(jam.bob, card, "slow", wait=False)
    refused = await arena.enter(jam.bob, card, "again", wait=False)
    assert refused.response.content == str(ON_ITS_WAY)
    await jam.idle()
    await arena.enter(jam.bob, card, "second")
    await arena.enter(jam.alice, card)
    await arena.run_due(601)
    entries = await jam.store.battles.entries(1)
    assert sorted(each.clip.prompt for each in entries) == ["lo-fi", "lo-fi, second"]
    labels = [each["label"] for row in arena.card(card.id).components for each in row["components"]]
    assert labels == ["Call off"]


@in_an_arena
async def test_a_battle_of_one_clip(arena):
    """All remix the same, and its maker's tree doesn't give them away."""
    jam = arena.jam
    await jam.music(seconds=1.0)
    refused = await arena.begin(prompt="x", clip="1")
    assert refused.response.content == str(said.ONE_THEME)
    path = "/channels/*/messages/*"
    jam.env.inject_error("PATCH", path, status=413, code=40005, times=1)
    begun = await jam.alice.slash(jam.channel, "battle", clip="1", minutes=10, voting=5)
    await jam.idle()
    assert begun.followups[-1].content == str(said.SAMPLE_NOT_SHOWN)
    await arena.press(jam.alice, begun.response, "off")
    await jam.idle()
    result = await jam.alice.slash(jam.channel, "battle", clip="1", minutes=10, voting=5)
    await jam.idle()
    card = arena.card(result.response.id)
    assert "Everybody remixes" in text_of(card)
    assert card.attachments[0]["filename"].startswith("battle-2-sample.")
    for who, words in ((jam.bob, "as jazz"), (jam.alice, "as a waltz")):
        form = await arena.press(who, result.response, "enter", id_=2)
        await who.submit_modal(form, {"words": words})
        await jam.idle()
    clip = await jam.newest_clip(jam.bob)
    assert clip.parent_ids == (1,)
    tree = (await jam.alice.slash(jam.channel, "tree", clip="1")).response.embeds[0]
    assert "a clip from elsewhere" in tree.description
    assert str(jam.bob.id) not in tree.description


@in_an_arena
async def test_invalid_battles_are_refused(arena):
    """Without words, with too many, beside another one, longer than clips."""
    jam = arena.jam
    nothing = await jam.alice.slash(jam.channel, "battle")
    assert nothing.response.content == str(said.ONE_THEME)
    assert (await arena.begin(prompt="x" * 201)).response.content == str(TOO_LONG)
    assert "seconds long here" in (await arena.begin(seconds=599.0)).response.content
    alone = (
        await jam.alice.dm_slash("battle", prompt="x") if hasattr(jam.alice, "dm_slash") else None
    )
    assert alone is None or alone.response.content == str(said.ON_SERVERS)
    await arena.begin()
    assert (await arena.begin()).response.content == str(ONE_AT_A_TIME)
    assert (await jam.bob.slash(jam.channel, "ladder")).response.content == str(NO_LADDER)


@in_an_arena
async def test_only_the_starter_or_a_manager_controls_a_battle(arena):
    """Others are told so; the manager's word counts, and a battle over has no buttons."""
    jam = arena.jam
    card = (await arena.begin()).response
    for deed in ("vote", "off"):
        refused = await arena.press(jam.bob, card, deed)
        assert refused.response.content == str(said.NOT_YOUR_BATTLE)
    await arena.press(jam.owner, card, "off")
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    assert "called off" in text_of(jam.messages()[-1])
    assert not arena.card(card.id).components


@in_an_arena
async def test_the_starter_can_begin_the_vote_early(arena):
    """As soon as what is in the queue is made."""
    jam = arena.jam
    card = (await arena.begin()).response
    await arena.enter(jam.bob, card)
    await arena.enter(jam.alice, card, "slow", wait=False)
    await arena.press(jam.alice, card, "vote")
    assert (await arena.battle()).state is BattleState.CLOSED
    await jam.idle()
    await arena.run_due()
    assert (await arena.battle()).state is BattleState.VOTING


@in_an_arena
async def test_a_battle_with_one_entry_has_no_vote(arena):
    """Its person keeps the clip, and nobody has won."""
    jam = arena.jam
    card = (await arena.begin()).response
    await arena.enter(jam.bob, card)
    await arena.run_due(601)
    assert (await arena.battle()).outcome is BattleOutcome.TOO_FEW
    assert "fewer than two entries" in text_of(jam.messages()[-1])
    assert not arena.polls()
    assert (await jam.newest_clip(jam.bob)).prompt == "lo-fi"


@in_an_arena
async def test_a_late_entry_is_not_admitted(arena):
    """The vote begins without it, and its person gets the clip all the same."""
    jam = arena.jam
    card = (await arena.begin()).response
    for who in (jam.alice, jam.bob):
        await arena.enter(who, card)
    await arena.enter(jam.owner, card, "slow", wait=False)
    jam.clock.now += 601
    await jam.bot.get_cog("Battle").run_due()
    assert (await arena.battle()).state is BattleState.CLOSED
    jam.clock.now += GRACE_SECONDS
    await jam.bot.get_cog("Battle").run_due()
    assert len(arena.players()) == 2
    await jam.idle()
    assert await jam.state(3) is JobState.DELIVERED
    places = jam.env.backend.messages.values()
    contents = [each.content for place in places for each in place.values()]
    assert sum("too late for battle 1" in content for content in contents) == 1


@in_an_arena
async def test_a_tie_is_shared(arena):
    """Both are named, and both climb the ladder by a shared win."""
    jam = arena.jam
    await to_the_vote(arena, jam.alice, jam.bob)
    await arena.vote(jam.alice, 1)
    await arena.vote(jam.bob, 2)
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.TIED
    result = jam.messages()[-1]
    assert "share it with 1 vote each" in result.content
    ladder = (await jam.alice.slash(jam.channel, "ladder")).response.content
    assert ladder.count("1 win (1 shared)") == 2


@in_an_arena
async def test_without_votes_nobody_wins(arena):
    """Whose entries they were is told all the same."""
    jam = arena.jam
    await to_the_vote(arena, jam.alice, jam.bob)
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.NO_VOTES
    assert "nobody voted" in text_of(jam.messages()[-1])
    assert f"<@{jam.bob.id}>" in text_of(jam.messages()[-1])


@in_an_arena
async def test_a_poll_that_is_deleted_ends_the_battle(arena):
    """At once, without a winner."""
    jam = arena.jam
    await to_the_vote(arena, jam.alice, jam.bob)
    (poll,) = arena.polls()
    channel = jam.bot.get_channel(jam.channel.id)
    await channel.get_partial_message(poll.id).delete()
    await jam.env.settle()
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.POLL_LOST
    assert "its poll was deleted" in text_of(jam.messages()[-1])


@in_an_arena
async def test_a_deleted_channel_ends_the_battle(arena):
    """There is nobody to tell; nothing hangs."""
    jam = arena.jam
    await to_the_vote(arena, jam.alice, jam.bob)
    await jam.bot.get_channel(jam.channel.id).delete()
    await jam.env.settle()
    assert await arena.run_due(301)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.PLACE_LOST)


@in_an_arena
async def test_a_battle_whose_card_was_deleted_unrecorded_ends(arena):
    """Its vote was called, and the bot killed: without its card it comes to an end all the same."""
    jam = arena.jam
    arena.monkeypatch.setenv(failpoints.VARIABLE, "battle.announced=raise")
    card = (await arena.begin()).response
    arena.monkeypatch.delenv(failpoints.VARIABLE)
    assert (await arena.battle()).message_id is None
    await jam.store.battles.close(1)
    await jam.bot.get_channel(jam.channel.id).get_partial_message(card.id).delete()
    await jam.env.settle()
    assert await arena.run_due()
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.TOO_FEW)
    assert battle.result_message_id == jam.messages()[-1].id
    assert await jam.store.battles.unfinished() == []


@in_an_arena
async def test_a_refused_post_ends_the_battle_with_a_notice(arena):
    """Tried for ever it would keep the channel from its next battle."""
    jam = arena.jam
    card = (await arena.begin()).response
    for who in (jam.alice, jam.bob):
        await arena.enter(who, card)
    jam.env.inject_error("POST", "/channels/*/messages", status=400, code=50035, times=1)
    assert await arena.run_due(601)
    battle = await arena.battle()
    assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.PLACE_LOST)
    assert "it could not go on here" in text_of(jam.messages()[-1])
    assert not arena.card(card.id).components


@in_an_arena
async def test_an_entry_that_is_deleted_during_the_vote_is_withdrawn(arena):
    """Its player goes, and its votes count for nothing."""
    jam = arena.jam
    await to_the_vote(arena, jam.alice, jam.bob)
    entries = {each.user_id: each for each in await jam.store.battles.entries(1)}
    await arena.vote(jam.alice, entries[jam.bob.id].number)
    await jam.pipeline.library.delete(entries[jam.bob.id].clip)
    await arena.run_due()
    assert len(arena.players()) == 1
    await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.NO_VOTES
    assert "withdrawn" in text_of(jam.messages()[-1])


@in_an_arena
async def test_an_entry_deleted_during_the_vote_cannot_be_played(arena):
    """Not when the battle is next looked at."""
    jam = arena.jam
    card = (await arena.begin()).response
    await arena.enter(jam.alice, card)
    own = (await arena.enter(jam.bob, card)).response
    await arena.run_due(601)
    assert len(arena.players()) == 2
    await jam.delete(own, jam.bob)
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
    async with open_jam(tmp_path) as jam:
        for right in ("send_messages", "read_message_history"):
            denied = {jam.bot.user: discord.PermissionOverwrite(**{right: False})}
            place = jam.guild.create_text_channel(right.replace("_", "-"), overwrites=denied)
            refused = await jam.alice.slash(place, "battle", prompt="x")
            assert refused.response.content == str(said.NO_PLACE)
        assert await jam.store.battles.unfinished() == []


@in_an_arena
async def test_erasure_withdraws_a_person_s_entries(arena):
    """One that they began is called off where it is open; their entry elsewhere is withdrawn."""
    jam = arena.jam
    card = (await arena.begin()).response
    for who in (jam.alice, jam.bob):
        await arena.enter(who, card)
    await jam.pipeline.erasure.forget(jam.alice.id)
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.CALLED_OFF
    card = (await arena.begin(jam.bob)).response
    for who in (jam.alice, jam.bob):
        result = await arena.press(who, card, "enter", 2)
        await who.submit_modal(result, {})
        await jam.idle()
    await arena.run_due(601)
    await jam.pipeline.erasure.forget(jam.alice.id)
    await arena.run_due(301)
    assert str(jam.alice.id) not in text_of(jam.messages()[-1])
    assert await jam.store.battles.ladder(jam.guild.id) != []


@in_an_arena
async def test_a_bot_that_was_off_when_the_vote_ended_counts_it_at_its_start(arena):
    """And one that was off when entries closed begins the vote then."""
    jam = arena.jam
    card = (await arena.begin()).response
    for who in (jam.alice, jam.bob):
        await arena.enter(who, card)
    jam.clock.now += 86_400
    await jam.restart_bot()
    await arena.run_due()
    await arena.vote(jam.alice, 1)
    jam.clock.now += 86_400
    await jam.restart_bot()
    await arena.run_due()
    assert (await arena.battle()).outcome is BattleOutcome.WON
    assert sum("wins battle 1" in (each.content or "") for each in jam.messages()) == 1


async def test_an_entry_is_charged_to_its_author(tmp_path, monkeypatch):
    """Who has nothing left is told so, alone, and is not in it."""
    async with open_jam(tmp_path, config=limited(daily_seconds=1.0)) as jam:
        arena = Arena(jam, monkeypatch)
        card = (await arena.begin()).response
        await arena.enter(jam.bob, card)
        refused = await arena.enter(jam.bob, card)
        assert refused.response.ephemeral
        assert "0 s of music left today" in refused.response.content
        assert await jam.used(jam.bob) == 1.0


@in_an_arena
async def test_entries_of_people_who_left_stay_in_the_battle(arena):
    """Their entry is made, played and voted on, and can win; a beginner who leaves ends nothing."""
    jam = arena.jam
    card = (await arena.begin()).response
    await arena.enter(jam.bob, card)
    await arena.enter(jam.alice, card, "slow", wait=False)
    jam.guild.remove_member(jam.alice)
    await jam.idle()
    await arena.run_due(601)
    assert (await arena.battle()).state is BattleState.VOTING
    assert len(arena.players()) == 2
    (theirs,) = [
        each for each in await jam.store.battles.entries(1) if each.user_id == jam.alice.id
    ]
    await arena.vote(jam.bob, theirs.number)
    assert await arena.run_due(301)
    assert (await arena.battle()).outcome is BattleOutcome.WON
    assert f"🏆 <@{jam.alice.id}> wins battle 1 " in jam.messages()[-1].content
    ladder = (await jam.bob.slash(jam.channel, "ladder")).response.content
    assert ladder.startswith(f"🥇 <@{jam.alice.id}> · 1 win")


@in_an_arena
async def test_an_interrupted_battle_continues(arena):
    """At every place on a battle's way: nothing hangs, is posted twice, or is told twice."""
    jam, monkeypatch = arena.jam, arena.monkeypatch
    for number, place in enumerate(failpoints.BATTLE_PLACES, 1):
        monkeypatch.setenv(failpoints.VARIABLE, f"{place}=raise")
        card = (await arena.begin(seconds=1.0)).response
        if place == "battle.begun":
            # Nobody has seen it.
            assert card.ephemeral
            monkeypatch.delenv(failpoints.VARIABLE)
            assert await arena.run_due()
            assert await jam.store.battles.unfinished() == []
            card = (await arena.begin()).response
        await arena.run_due()
        for who in (jam.alice, jam.bob):
            result = await arena.press(who, card, "enter", number)
            await who.submit_modal(result, {})
            await jam.idle()
        await arena.run_due(601)
        if place not in ("battle.counted", "battle.told"):
            monkeypatch.delenv(failpoints.VARIABLE, raising=False)
        await arena.run_due()
        await arena.vote(jam.alice, 1)
        await arena.run_due(301)
        monkeypatch.delenv(failpoints.VARIABLE, raising=False)
        await arena.run_due()
        battle = await arena.battle(number)
        assert (battle.state, battle.outcome) == (BattleState.ENDED, BattleOutcome.WON), place
        assert battle.message_id == card.id
        contents = [each.content for each in jam.messages()]
        assert sum(f"wins battle {number} " in each for each in contents) == 1, place
        assert len(arena.players()) == 2 * number, place
        assert len(arena.polls()) == number, place
    assert await jam.store.check() == []
