"""Jams on Discord: started, played turn by turn, undone, forked, played back and closed."""

from __future__ import annotations

import io

import discord
import pytest
from PIL import Image

from bot import failpoints
from bot.audio.files.tags import read_tags
from bot.domain.jams import JamState
from bot.domain.jobs import Kind
from bot.jams.rounds import HOLD_SECONDS, TURN_WAIT_SECONDS
from bot.jams.track_picture import HEIGHT, WIDTH
from bot.pipeline.timings import Timings
from cogs.presentation import jam_messages, messages
from tests.support.jam_session import last_response, start_session
from tests.support.simulated_server import custom_ids, limited, open_server

AT_ONCE = Timings(card_every_seconds=0.0)


def announcements(server):
    return [each for each in server.messages() if each.embeds]


def opened(folder, **options):
    return open_server(folder, timings=AT_ONCE, **options)


async def test_a_jam_of_two_from_start_to_mixdown(tmp_path):
    """Each turn extends the track and is charged to its player; the mixdown is free."""
    async with opened(tmp_path) as server:
        session = await start_session(server, key="A minor", style="lo-fi")
        announcements = server.env.backend.messages[server.channel.id]
        assert "Everybody can play" in announcements[session.thread.id].embeds[0]["description"]
        assert await session.labels() == ["Take a turn", "Close"]
        for who, words in ((server.alice, "piano"), (server.bob, "drums"), (server.alice, "bass")):
            await session.play(who, words)
        snapshot = await session.snapshot()
        assert [part.user_id for part in snapshot.parts] == [
            server.alice.id, server.bob.id, server.alice.id,
        ]  # fmt: skip
        starts = [part.starts_at_seconds for part in snapshot.parts]
        assert starts == pytest.approx([0.0, 2.0, 4.0], abs=0.05)
        assert [await server.used(who) for who in (server.alice, server.bob)] == [4.0, 2.0]
        assert snapshot.parts[1].clip.kind is Kind.JAM_TURN
        assert snapshot.parts[1].clip.prompt == "lo-fi, drums, 120 BPM, A minor"
        card = await session.card()
        assert "anybody's" in card.embeds[0]["description"]
        assert f"<@{server.bob.id}> 1" in card.embeds[0]["description"]
        assert card.attachments[0]["filename"] == jam_messages.TRACK_PICTURE
        assert await session.labels() == [
            "Take a turn",
            "Hear it all",
            "Undo last",
            "Fork",
            "Close",
        ]
        heard = last_response(await session.press(server.bob, "Hear it all"))
        assert heard.ephemeral
        assert "6 s, 3 turns" in heard.content
        assert len(heard.attachments) == 1
        # There is one card, below the latest turn.
        assert session.cards() == [snapshot.jam.card_id]
        assert snapshot.jam.card_id > snapshot.head.message_id
        drawn = await server.bot.service.jams.draw_track(snapshot)
        assert Image.open(io.BytesIO(drawn)).size == (WIDTH, HEIGHT)
        await session.press(server.alice, "Close")
        snapshot = await session.snapshot()
        assert snapshot.jam.state is JamState.CLOSED
        mixdown = await server.store.clips.of_job(snapshot.jam.mix_job_id)
        assert (mixdown.kind, mixdown.prompt) == (Kind.JAM_MIX, "Night drive")
        assert mixdown.seconds == pytest.approx(snapshot.seconds, abs=0.01)
        posted = session.messages()[mixdown.message_id]
        assert f"<@{server.alice.id}> (2 turns)" in posted.embeds[0]["description"]
        packed = await server.pipeline.library.pack(mixdown, 10_000_000)
        assert read_tags(packed.data).people == ("alice", "bob")
        assert await server.used() == 4.0
        assert await session.labels() == ["Hear it all", "Fork"]
        assert "3 turns by 2 people" in (await session.card()).embeds[0]["description"]
        assert "The mixdown is" in announcements[session.thread.id].embeds[0]["description"]


async def test_two_simultaneous_presses_give_one_turn(tmp_path):
    """The other player is told who has the turn; a form sent too late is refused."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        first = await session.press(server.alice, "Take a turn")
        late = await session.press(server.bob, "Take a turn")
        assert late.modal is None
        assert "was first" in late.response.content
        assert late.response.ephemeral
        assert "looking for words" in (await session.card()).embeds[0]["description"]
        server.clock.now += HOLD_SECONDS
        second = await session.press(server.bob, "Take a turn")
        answer = await session.say(server.alice, first)
        assert "was first" in answer.response.content
        await session.say(server.bob, second)
        assert [part.user_id for part in (await session.snapshot()).parts] == [server.bob.id]
        assert await server.used(server.alice) == 0


async def test_players_take_turns_in_rotation(tmp_path):
    """Pressing the button joins the rotation; a player who does not play is skipped."""
    async with opened(tmp_path) as server:
        session = await start_session(server, turns="rotation")
        answer = await session.press(server.bob, "Take a turn")
        assert f"It is <@{server.alice.id}>'s turn" in answer.response.content
        await session.play(server.alice)
        assert f"It is <@{server.bob.id}>'s turn" in (await session.card()).embeds[0]["description"]
        answer = await session.press(server.alice, "Take a turn")
        assert f"It is <@{server.bob.id}>'s turn" in answer.response.content
        server.clock.now += TURN_WAIT_SECONDS
        await session.settle()
        assert "anybody's" in (await session.card()).embeds[0]["description"]
        await session.play(server.alice)
        await session.play(server.bob)
        people = [part.user_id for part in (await session.snapshot()).parts]
        assert people == [server.alice.id, server.alice.id, server.bob.id]


async def test_a_cancelled_turn_is_open_again(tmp_path):
    """Nothing is charged, the track is unchanged, and the card names the next player."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        await session.play(server.alice)
        form = await session.press(server.bob, "Take a turn")
        (field,) = custom_ids(form.modal)
        server.pipeline.executor.paused = True
        await server.bob.submit_modal(form, {field: "slowly"})
        answer = await server.alice.click(await session.shown_card(), label="Take a turn")
        assert "is being made" in answer.response.content
        assert await server.pipeline.cancel((await session.snapshot()).jam.job_id)
        server.pipeline.executor.paused = False
        await session.settle()
        snapshot = await session.snapshot()
        assert (len(snapshot.parts), snapshot.jam.job_id) == (1, None)
        assert await server.used(server.bob) == 0
        assert "anybody's" in (await session.card()).embeds[0]["description"]


async def test_a_turn_is_undone_and_a_track_forked(tmp_path):
    """Its player can undo a turn once; a fork gets its own thread, and the jam goes on."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        await session.play(server.alice)
        await session.play(server.bob)
        carol = server.guild.add_member(server.env.create_user("carol"))
        answer = await session.press(carol, "Undo last")
        assert answer.response.content == str(jam_messages.NOT_YOURS_TO_UNDO)
        stale = f"zhiyin:jam:{session.id}:undo-2"
        await session.press(server.bob, "Undo last")
        assert len((await session.snapshot()).parts) == 1
        forged = await press_forged(session, server.alice, stale)
        assert forged.response.content == str(jam_messages.UNDONE_ALREADY)
        answer = await session.press(server.bob, "Fork")
        _, fork = await server.store.jams.open_in(server.guild.id)
        assert last_response(answer).content == f"Your fork is open: <#{fork.thread_id}>"
        assert (fork.user_id, fork.forked_from) == (server.bob.id, session.id)
        assert fork.thread_id in [each.id for each in server.channel.threads]
        assert fork.card_id in server.env.backend.messages[fork.thread_id]
        await session.press(server.alice, "Undo last")
        assert (await session.snapshot()).parts == ()
        assert len((await server.store.jams.snapshot(fork.id)).parts) == 1


async def test_only_the_starter_or_a_manager_closes_a_jam(tmp_path):
    """If the starter has left the server, any of the players may close it."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        await session.press(server.bob, "Take a turn")
        answer = await session.press(server.bob, "Close")
        assert answer.response.content == str(jam_messages.NOT_YOURS_TO_CLOSE)
        closed = await server.owner.slash(session.thread, "jam close")
        assert closed.response.content == str(jam_messages.CLOSED_EMPTY)
        await server.idle()
        assert (await session.snapshot()).jam.state is JamState.CLOSED
        carol = server.guild.add_member(server.env.create_user("carol"))
        session = await start_session(server, carol)
        await session.press(server.bob, "Take a turn")
        server.guild.remove_member(carol)
        # In an outage nobody knows whether the starter is there.
        server.env.inject_error("GET", "/guilds/*/members/*", status=503, code=0, times=1)
        answer = await session.press(server.bob, "Close")
        assert answer.response.content == str(messages.UNEXPECTED)
        answer = await session.press(server.alice, "Close")
        assert answer.response.content == str(jam_messages.NOT_YOURS_TO_CLOSE)
        closed = await session.press(server.bob, "Close")
        assert closed.response.content == str(jam_messages.CLOSED_EMPTY)


async def test_invalid_turns_are_refused(tmp_path):
    """Before the form opens, if possible: a full track, no seconds left, filtered words."""
    async with opened(tmp_path, config=limited(daily_seconds=9.0)) as server:
        await server.pipeline.word_filter.add(server.guild.id, "nope")
        for options in ({"title": "nope"}, {"title": "x", "style": "nope"}):
            answer = await server.alice.slash(server.channel, "jam start", **options)
            assert "isn't wanted" in answer.response.content
        answer = await server.alice.slash(
            server.channel, "jam start", title="x", tempo=60, bars=16, longest=60
        )
        assert "is 64.0 s long" in answer.response.content
        session = await start_session(server, tempo=60, bars=2, longest=10)
        form = await session.press(server.alice, "Take a turn")
        answer = await session.say(server.alice, form, "nope nope")
        assert "isn't wanted" in answer.response.content
        assert (await session.snapshot()).parts == ()
        await session.play(server.alice)
        answer = await session.press(server.bob, "Take a turn")
        assert answer.response.content == str(jam_messages.IS_FULL)
        assert "reached its full length" in (await session.card()).embeds[0]["description"]
        session = await start_session(server)
        answer = await session.press(server.alice, "Take a turn")
        assert "1 s of music left" in answer.response.content
        assert (await session.snapshot()).jam.holder_id is None
        await session.play(server.bob)


async def test_jams_of_hidden_channels_are_listed_to_those_who_see_them(tmp_path):
    """Their titles and styles are not for everybody."""
    async with opened(tmp_path) as server:
        lobby = server.guild.create_text_channel("lobby")
        session = await start_session(server, who=server.owner, title="a secret")
        listed = await server.bob.slash(lobby, "jam list")
        assert "a secret" in listed.response.content
        channel = server.bot.get_channel(server.channel.id)
        await channel.set_permissions(channel.guild.default_role, view_channel=False)
        await server.env.settle()
        listed = await server.bob.slash(lobby, "jam list")
        assert listed.response.content == str(jam_messages.NO_JAMS)
        listed = await server.owner.slash(lobby, "jam list")
        assert f"<#{session.thread.id}> **a secret**" in listed.response.content


async def test_missing_threads_and_cards_are_handled(tmp_path):
    """A jam needs the permission to open threads; a deleted card is posted again."""
    async with opened(tmp_path) as server:
        none = await server.bob.slash(server.channel, "jam list")
        assert none.response.content == str(jam_messages.NO_JAMS)
        none = await server.bob.slash(server.channel, "jam status")
        assert none.response.content == str(jam_messages.NO_JAM)
        server.env.inject_error(
            "POST", "/channels/*/messages/*/threads", status=403, code=50013, times=1
        )
        answer = await server.alice.slash(server.channel, "jam start", title="x")
        await server.idle()
        assert last_response(answer).content == str(jam_messages.NO_THREADS)
        assert await server.store.jams.open_in(server.guild.id) == []
        session = await start_session(server)
        answer = await server.alice.slash(session.thread, "jam start", title="x")
        assert answer.response.content == str(jam_messages.IN_CHANNELS)
        listed = await server.bob.slash(server.channel, "jam list")
        assert f"<#{session.thread.id}>" in listed.response.content
        before = (await session.snapshot()).jam.card_id
        await server.owner.delete(await session.shown_card())
        await server.idle()
        await server.store.jams.join(session.id, server.bob.id, "bob")
        await session.settle()
        after = (await session.snapshot()).jam.card_id
        assert after != before
        assert after in session.messages()
        shown = await server.bob.slash(session.thread, "jam status")
        assert shown.response.ephemeral
        form = await server.bob.click(shown.response, label="Take a turn")
        await session.say(server.bob, form)
        assert len((await session.snapshot()).parts) == 1
        form = await session.press(server.bob, "Take a turn")
        await server.bot.get_channel(session.thread.id).delete()
        await server.idle()
        assert (await server.store.jams.get(session.id)).state is JamState.CLOSED
        assert not (await server.newest_clip(server.bob)).is_deleted
        assert await server.store.check() == []


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("/channels/*/messages/*/threads", 160006, jam_messages.TOO_MANY_THREADS),
        ("/channels/*/messages/*/threads", 50013, jam_messages.NO_THREADS),
        ("/channels/*/messages/*/threads", 240000, jam_messages.NOT_OPENED),
        ("/channels/*/messages", 200000, jam_messages.NOT_OPENED),
    ],
)
async def test_a_jam_that_discord_refuses_is_closed_at_once(tmp_path, path, code, sentence):
    """Whoever started it learns why, and nobody is invited to a jam without a thread."""
    async with opened(tmp_path) as server:
        server.env.inject_error("POST", path, status=400, code=code, times=None)
        answer = await server.alice.slash(server.channel, "jam start", title="x")
        await server.idle()
        assert last_response(answer).content == str(sentence)
        assert await server.store.jams.open_in(server.guild.id) == []
        assert announcements(server) == []
        server.env.backend.faults.clear()
        await start_session(server)


async def test_a_jam_left_by_a_kill_is_closed_if_discord_refuses_it(tmp_path, monkeypatch):
    """Its announcement goes, also if the first attempt to delete it meets an outage."""
    async with opened(tmp_path) as server:
        monkeypatch.setenv(failpoints.VARIABLE, "jam.announced=raise")
        await server.alice.slash(server.channel, "jam start", title="x")
        await server.idle()
        monkeypatch.delenv(failpoints.VARIABLE)
        assert len(announcements(server)) == 1
        threads, places = "/channels/*/messages/*/threads", "/channels/*/messages/*"
        server.env.inject_error("POST", threads, status=400, code=160006, times=None)
        server.env.inject_error("DELETE", places, status=503, code=0, times=1)
        progress = server.bot.get_cog("JamSessions").progress
        assert not await progress.run_due()
        assert len(await server.store.jams.open_in(server.guild.id)) == 1
        assert await progress.run_due()
        assert await server.store.jams.open_in(server.guild.id) == []
        assert announcements(server) == []


async def test_a_jam_goes_on_without_a_card_or_a_result_that_discord_refuses(tmp_path):
    """Its words may be filtered; the next change tries again, and nothing is retried for ever."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        progress = server.bot.get_cog("JamSessions").progress
        cards = f"/channels/{session.thread.id}/messages/*"
        server.env.inject_error("PATCH", cards, status=400, code=200000, times=None)
        await server.store.jams.join(session.id, server.bob.id, "bob")
        await server.idle()
        assert await progress.run_due()
        server.env.backend.faults.clear()
        await session.play(server.alice)
        announcement = f"/channels/{server.channel.id}/messages/*"
        server.env.inject_error("PATCH", announcement, status=400, code=200000, times=None)
        await session.press(server.alice, "Close")
        assert (await session.snapshot()).jam.state is JamState.CLOSED
        assert await server.store.jams.unfinished() == []


async def test_a_mixdown_has_no_other_take(tmp_path):
    """It is the jam's own track: nothing is charged, and the answer says what else there is."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        await session.play(server.alice, "piano")
        await session.press(server.alice, "Close")
        mixdown = await server.store.clips.of_job((await session.snapshot()).jam.mix_job_id)
        pressed = await press_forged(session, server.bob, f"zhiyin:clip:{mixdown.id}:again")
        assert pressed.response.content == str(messages.NO_OTHER_MIXDOWN)
        await server.idle()
        assert await server.used(server.bob) == 0


async def test_a_jam_continues_after_a_restart(tmp_path):
    """Its buttons and an open form work, there is one card, and erased players are gone."""
    async with opened(tmp_path) as server:
        session = await start_session(server)
        await session.play(server.alice)
        form = await session.press(server.bob, "Take a turn")
        await server.restart_bot()
        await session.say(server.bob, form)
        await session.play(server.alice)
        snapshot = await session.snapshot()
        assert len(snapshot.parts) == 3
        assert session.cards() == [snapshot.jam.card_id]
        assert "Last: " in (await session.card()).embeds[0]["description"]
        await server.pipeline.erasure.forget(server.bob.id)
        await session.settle()
        text = (await session.card()).embeds[0]["description"]
        assert f"<@{server.bob.id}>" not in text
        assert (await session.snapshot()).seconds == pytest.approx(6.0, abs=0.05)


async def press_forged(session, who, custom_id):
    """Let somebody press a button that is no longer shown."""
    place = session.server.bot.get_channel(session.thread.id)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="x", custom_id=custom_id))
    return await who.click(await place.send("an old card", view=view), custom_id=custom_id)
