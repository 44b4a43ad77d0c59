"""An unexpected error is one sentence for the person and a record in the log."""

from __future__ import annotations

from bot.pipeline.failure_sentences import HELD
from cogs.presentation import messages
from tests.support.simulated_server import open_server
from tests.support.timings import quick


async def test_a_bug_gives_one_sentence(tmp_path, monkeypatch, caplog):
    """The error is logged with the job's id, reported without details, and refunded.

    A clip that is made by then is kept for its person.
    """
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:

        def broken(*args, **options):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(server.bot.presenter, "max_bytes", broken)
        result = await server.music()
        assert str(HELD) in result.response.content
        assert "job.held id=1" in caplog.text
        monkeypatch.setattr(server.store.jobs, "record_clip", broken)
        result = await server.music()
        assert "Something went wrong here" in result.response.content
        assert "secret" not in result.response.content
        assert "job.failed id=2" in caplog.text
        assert await server.used() == 0


async def test_a_command_that_fails_answers(tmp_path, monkeypatch):
    """An exception in a command is answered with one sentence."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:

        async def broken(*args):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(server.store.ledger, "quota", broken)
        result = await server.alice.slash(server.channel, "quota")
        assert result.response.content == str(messages.UNEXPECTED)


async def test_a_modal_that_fails_answers(tmp_path, monkeypatch):
    """discord.py itself would only log an exception in a modal."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        first = await server.music()
        form = await server.alice.click(first.response, label="Remix")
        words, keep, include = [
            row.get("component", row)["custom_id"] for row in form.modal["components"]
        ]

        async def broken(*args, **options):
            raise ZeroDivisionError("/secret/path")

        monkeypatch.setattr(server.bot.service.guilds, "settings", broken)
        chosen = {words: "jazz", keep: ["5"], include: ["yes"]}
        result = await server.alice.submit_modal(form, chosen)
        assert result.response.content == str(messages.UNEXPECTED)
