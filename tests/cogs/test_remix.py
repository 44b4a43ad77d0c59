"""Remixes by /remix and by the entries under Apps."""

from __future__ import annotations

import pytest

from bot.domain.jobs import Kind
from cogs.presentation import messages
from tests.support.jam_server import custom_ids, open_jam


async def test_remix_takes_a_file_or_one_of_your_clips(tmp_path):
    """/remix offers the person's own clips, and wants exactly one sound."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        clip = await jam.newest_clip()
        found = await jam.alice.autocomplete(jam.channel, "remix", "mine", "rock")
        assert [choice["value"] for choice in found] == [str(clip.id)]
        await jam.alice.slash(jam.channel, "remix", prompt="slow jazz", mine=str(clip.id))
        await jam.idle()
        assert (await jam.newest_clip()).parent_ids == (clip.id,)
        sound = await first.response.attachments[0].read()
        await jam.bob.slash(jam.channel, "remix", prompt="jazz", clip=("a.mp3", sound), keep=1.0)
        await jam.idle()
        assert (await jam.newest_clip(jam.bob)).seconds == pytest.approx(11.0, abs=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, str(messages.NO_SOURCE)),
        ({"mine": "999"}, str(messages.NO_CLIP)),
        ({"mine": "not a number"}, str(messages.UNKNOWN_CLIP)),
        ({"mine": "1"}, str(messages.UNKNOWN_CLIP)),
    ],
)
async def test_remix_of_nothing_is_told(tmp_path, options, sentence):
    """Each mistake has its sentence, for the one who made it; another's clip is not reached so."""
    async with open_jam(tmp_path) as jam:
        await jam.music()
        result = await jam.bob.slash(jam.channel, "remix", prompt="jazz", **options)
        assert result.response.ephemeral
        assert sentence in result.response.content


async def test_apps_remix_this_clip_works_on_any_sound(tmp_path):
    """On our clips, on a member's file and on a forwarded one."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        sound = await first.response.attachments[0].read()
        theirs = await jam.bob.send(jam.channel, "mine", attachments=[("riff.ogg", sound)])
        elsewhere = jam.guild.create_text_channel("elsewhere")
        forwarded = await jam.bob.forward(theirs, elsewhere)
        places = [(first.response.message, jam.channel), (theirs, jam.channel)]
        for message, channel in [*places, (forwarded, elsewhere)]:
            form = await jam.alice.context_menu(channel, "Remix this clip", message)
            words, keep, include = custom_ids(form.modal)
            chosen = {words: "as funk", keep: ["5"], include: ["yes"]}
            await jam.alice.submit_modal(form, chosen)
            await jam.idle()
            clip = await jam.newest_clip()
            assert (clip.kind, clip.prompt) == (Kind.REMIX, "as funk")


async def test_apps_continue_this_clip_goes_on(tmp_path):
    """Without a question, since there is none to ask."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=2.0)
        await jam.bob.context_menu(jam.channel, "Continue this clip", first.response.message)
        await jam.idle()
        assert (await jam.newest_clip(jam.bob)).kind is Kind.CONTINUE


@pytest.mark.parametrize("menu", ["Remix this clip", "Continue this clip"])
async def test_a_message_without_sound_is_told_so(tmp_path, menu):
    """Whatever is attached to it."""
    async with open_jam(tmp_path) as jam:
        message = await jam.bob.send(jam.channel, "hello", attachments=[("a.png", b"\x89PNG")])
        result = await jam.alice.context_menu(jam.channel, menu, message)
        assert result.response.ephemeral
        assert result.response.content == str(messages.NO_SOUND)
