"""What follows a change on Discord is done also if Discord refuses the answer to the person."""

from __future__ import annotations

from bot import failpoints
from cogs.presentation import messages
from tests.cogs.test_clip_messages import rows, shown
from tests.cogs.test_daily import begin, posts, run_due
from tests.cogs.test_reports import lines, open_log, report
from tests.support.battle_arena import in_an_arena
from tests.support.simulated_server import limited, open_server


def refuse_answer(server):
    """Let Discord refuse the next answer, as a server's AutoMod does."""
    path = "/interactions/*/*/callback"
    server.env.inject_error("POST", path, status=400, code=200000, times=1)


@in_an_arena
async def test_a_battle_that_could_not_be_announced_leaves_the_channel_free(arena):
    """Whoever began it is told at once, and another one can begin."""
    refuse_answer(arena.server)
    failed = await arena.begin()
    assert failed.response.content == str(messages.UNEXPECTED)
    assert await arena.server.store.battles.unfinished() == []
    card = (await arena.begin(arena.server.bob)).response
    assert (await arena.battle()).message_id == card.id


async def test_a_prompt_that_is_due_does_not_wait_for_an_answer(tmp_path, monkeypatch):
    """It is posted although /admin daily could not be answered."""
    async with open_server(tmp_path) as server:
        first_at = await begin(server)
        monkeypatch.setenv(failpoints.VARIABLE, "daily.recorded=raise")
        assert not await run_due(server, first_at)
        monkeypatch.delenv(failpoints.VARIABLE)
        assert posts(server) == []
        refuse_answer(server)
        await server.owner.slash(server.channel, "admin daily", channel=server.channel)
        await server.idle()
        assert len(posts(server)) == 1


async def test_a_report_is_posted_whether_or_not_it_is_confirmed(tmp_path):
    """Also one that was kept, when the answer to /admin log is refused."""
    async with open_server(tmp_path) as server:
        first, second = [(await server.music(seconds=1.0)).response for _ in range(2)]
        log = await open_log(server)
        refuse_answer(server)
        assert await report(server, first) == str(messages.UNEXPECTED)
        assert f"{server.channel.id}/{first.id}" in lines(server, log)[-1].content
        await server.owner.slash(server.channel, "admin log")
        await report(server, second)
        server.env.inject_error("POST", "/webhooks/*", status=400, code=200000, times=1)
        await server.owner.slash(server.channel, "admin log", channel=log)
        await server.idle()
        assert f"{server.channel.id}/{second.id}" in lines(server, log)[-1].content


async def test_a_reported_clip_is_taken_down_whether_or_not_the_report_shows_it(tmp_path):
    """The message with the deleted sound goes even if the report can't be edited."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        log = await open_log(server)
        await report(server, clip)
        refuse_answer(server)
        await server.press(lines(server, log)[-1], "Delete the clip", server.owner)
        assert (await server.store.clips.get(1)).is_deleted
        assert clip.id not in server.env.backend.messages[server.channel.id]


async def test_the_log_records_what_managers_do_without_being_answered(tmp_path):
    """Each of their settings, and each preset that they share or delete."""
    async with open_server(tmp_path, config=limited(max_daily_seconds=900)) as server:
        log = await open_log(server)
        role = server.guild.create_role("patron")
        await server.owner.slash(server.channel, "preset save", name="Rain", words="rain")
        for command, options, entry in (
            ("admin tier", {"role": role, "seconds": 500.0}, "500 s of music a day"),
            ("admin limits", {"person": 300.0}, "300 s a day for each person"),
            ("admin unlimit", {}, "all limits reset"),
            ("admin language", {"language": "English"}, "language of the server"),
            ("admin channel", {"channel": server.channel}, "music allowed in"),
            ("admin uploads", {"role": role}, "may send sounds"),
            ("admin block", {"person": server.bob}, f"<@{server.bob.id}> blocked"),
            ("admin unblock", {"person": server.bob}, "may make music again"),
            ("admin words add", {"entry": "Plonk"}, "||`plonk`|| put on"),
            ("admin words remove", {"entry": "plonk"}, "||`plonk`|| taken off"),
            ("preset share", {"name": "Rain"}, "preset **Rain** saved for the server"),
            ("preset delete", {"name": "server: Rain"}, "preset **Rain** deleted"),
        ):
            refuse_answer(server)
            answer = await server.owner.slash(server.channel, command, **options)
            await server.env.settle()
            assert answer.response.content == str(messages.UNEXPECTED), command
            assert entry in lines(server, log)[-1].content, command
        await server.owner.slash(
            server.channel, "admin channel", channel=server.channel, allowed=False
        )
        await server.music(seconds=1.0)
        refuse_answer(server)
        await server.owner.slash(server.channel, "admin reset", person=server.alice)
        await server.env.settle()
        assert "s of today's quota back" in lines(server, log)[-1].content


async def test_a_take_s_star_is_shown_at_its_number_whether_or_not_it_is_confirmed(tmp_path):
    """The shared message is up to date even if the private one can't be edited."""
    async with open_server(tmp_path) as server:
        message = (await server.music(takes=2, seconds=1.0)).response
        chosen = (await server.press(message, "2", server.bob)).response
        refuse_answer(server)
        await server.press(chosen, "⭐", server.bob)
        assert rows(shown(server, message))[0] == ["1", "2 · ⭐ 1"]
