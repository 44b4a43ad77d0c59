"""The form of a remix."""

from __future__ import annotations

import discord
import pytest

from bot.domain.jobs import Keep, Kind
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.views import remix_form
from tests.support.simulated_server import custom_ids, open_server

NO_KEY = 1
"""A seed is the pitch of the scripted tone in Hz: in this one no key is heard."""


async def test_remix_shows_a_form(tmp_path):
    """It shows the clip's prompt; the remix follows the choices."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=6.0, seed=NO_KEY)
        form = await server.alice.click(first.response, label="Remix")
        assert form.modal["title"] == "Remix this clip"
        assert form.modal["components"][0]["description"] == "Joined with: 90s rock"
        words, keep, include = custom_ids(form.modal)
        await server.alice.submit_modal(form, {words: "as jazz", keep: ["2"], include: ["no"]})
        await server.idle()
        clip = await server.newest_clip()
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "90s jazz")
        assert (clip.seconds, clip.seconds_before) == (2.0, 0.0)
        job = await server.store.jobs.get(clip.job_id)
        assert job.order.source.keep_seconds == 2.0


@pytest.mark.parametrize("opened", ["under a clip", "on a clip", "on a file"])
async def test_a_form_that_is_open_during_a_restart_works(tmp_path, opened):
    """Its custom id names the clip, and the answers arrive with it."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=2.0, seed=NO_KEY)
        sound = await first.response.attachments[0].read()
        theirs = await server.bob.send(server.channel, "mine", attachments=[("riff.ogg", sound)])
        menu = "Remix this clip"
        if opened == "under a clip":
            form = await server.alice.click(first.response, label="Remix")
        elif opened == "on a clip":
            form = await server.alice.context_menu(server.channel, menu, first.response.message)
        else:
            form = await server.alice.context_menu(server.channel, menu, theirs)
        await server.restart_bot()
        words, keep, include = custom_ids(form.modal)
        await server.alice.submit_modal(form, {words: "as jazz", keep: ["2"], include: ["no"]})
        await server.idle()
        clip = await server.newest_clip()
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "jazz" if "file" in opened else "90s jazz")
        job = await server.store.jobs.get(clip.job_id)
        assert (job.order.source.keep, job.order.source.keep_seconds) == (Keep.END, 2.0)


async def test_the_start_can_be_kept(tmp_path):
    """It is one of the choices; the melody is none if the model follows none."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=6.0)
        form = await server.alice.click(first.response, label="Remix")
        offered = [each["value"] for each in form.modal["components"][1]["component"]["options"]]
        assert offered == ["2", "5", "10", "30", "start:5", "start:10"]
        words, keep, include = custom_ids(form.modal)
        chosen = {words: "as jazz", keep: ["start:5"], include: ["yes"]}
        await server.alice.submit_modal(form, chosen)
        await server.idle()
        clip = await server.newest_clip()
        job = await server.store.jobs.get(clip.job_id)
        assert (job.order.source.keep, job.order.source.keep_seconds) == (Keep.START, 5.0)
        assert clip.seconds_before == pytest.approx(5.0, abs=0.02)


async def test_long_prompts_are_truncated_in_the_form(tmp_path):
    """A description may have a hundred characters."""
    async with open_server(tmp_path) as server:
        first = await server.music(seconds=1.0, prompt="rock " * 60)
        form = await server.alice.click(first.response, label="Remix")
        shown = form.modal["components"][0]["description"]
        assert len(shown) == 100
        assert shown.endswith("…")


async def test_a_form_of_a_deleted_message_is_answered(tmp_path):
    """With a sentence, and nothing is charged."""
    async with open_server(tmp_path) as server:
        theirs = await server.bob.send(server.channel, "mine", attachments=[("riff.ogg", b"OggS")])
        form = await server.alice.context_menu(server.channel, "Remix this clip", theirs)
        await server.restart_bot()
        await server.bob.delete(theirs)
        words, keep, include = custom_ids(form.modal)
        answer = await server.alice.submit_modal(
            form, {words: "jazz", keep: ["2"], include: ["no"]}
        )
        assert answer.response.content == str(messages.SOUND_GONE)
        assert answer.response.ephemeral


async def test_a_form_of_an_unknown_format_is_answered(tmp_path):
    """Forms and buttons of other versions are answered with a sentence."""
    async with open_server(tmp_path) as server:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="old", custom_id="0123456789abcdef"))
        message = await server.bot.get_channel(server.channel.id).send("old", view=view)
        await server.env.settle()
        await server.restart_bot()
        answer = await server.alice.click(message, label="old")
        assert answer.response.content == str(messages.TOO_OLD)
        first = await server.music(seconds=1.0)
        form = await server.alice.click(first.response, label="Remix")
        words, keep, include = custom_ids(form.modal)
        form._interaction.modal["custom_id"] = "0123456789abcdef"
        answer = await server.alice.submit_modal(
            form, {words: "jazz", keep: ["2"], include: ["no"]}
        )
        assert answer.response.content == str(messages.TOO_OLD)


STRANGE = [
    {"keep": ["nan"]},
    {"keep": ["600"]},
    {"keep": ["start:600"]},
    {"include": ["perhaps"]},
    {"stems": ["drums", "voice"]},
]


@pytest.mark.parametrize("answers", STRANGE)
def test_answers_that_were_not_offered_are_refused(answers):
    """The form is validated again, whatever a client sends."""
    fields = [
        {"type": 18, "component": {"type": 3, "custom_id": name, "values": values}}
        for name, values in answers.items()
    ]
    with pytest.raises(RequestError, match="don't know that choice"):
        remix_form.read_remix_answers({"components": fields}, None, ("drums", "bass"))
