"""Mixes on Discord: /mix, the form under a clip, the card, the tree, and failures."""

from __future__ import annotations

from dataclasses import replace

import discord
import pytest

from bot.audio.editing.alignment import TOO_FAR_APART
from bot.audio.files.tags import read_tags
from bot.domain.jobs import JobState, Kind, MessageHandle, Order
from bot.domain.limits import Limits
from bot.domain.mixes import Mixed, MixOrder
from bot.errors import RequestError
from bot.i18n.sentence import verbatim
from bot.pipeline.failure_sentences import INTERRUPTED
from bot.pipeline.lifecycle import MAX_INTERRUPTIONS
from bot.pipeline.mixes import MIX_DELETED, SAME_CLIP, check_tempi
from cogs.presentation import messages
from cogs.presentation.mix_messages import mix_of
from cogs.views.form_fields import UNKNOWN_CHOICE
from cogs.views.mix_form import read_mix_answers
from tests.support.clips import clip as a_clip
from tests.support.simulated_server import custom_ids, open_server

BEAT = "beat"
"""The scripted engine plays drums at 120 BPM for it."""


async def mixed(server, a, b, who=None, **options):
    result = await (who or server.bob).slash(server.channel, "mix", a=str(a), b=str(b), **options)
    await server.idle()
    return result


async def test_two_clips_are_mixed(tmp_path):
    """Anybody can, free of charge; tags and card name both clips, their authors and the edits."""
    async with open_server(tmp_path) as server:
        await server.music(prompt=BEAT, seconds=5.0, seed=5)
        await server.music(prompt="90s rock", seconds=3.0, seed=7)
        result = await mixed(server, 1, 2, balance=30)
        clip = await server.newest_clip(server.bob)
        assert (clip.kind, clip.parent_ids, clip.prompt) == (Kind.MIX, (1, 2), "beat / 90s rock")
        assert (clip.mixed.lead_id, clip.mixed.other_id) == (1, 2)
        assert clip.mixed.balance == 0.3
        assert clip.seconds == pytest.approx(5.0, abs=0.1)
        card = result.response.embeds[0].description
        assert "a mix of [clip 1]" in card
        assert "and [clip 2]" in card
        assert "mixed by" in card
        tags = read_tags(await result.response.attachments[0].read())
        assert (tags.kind, tags.parent_ids) == ("mix", (1, 2))
        assert (await server.store.ledger.quota(server.bob.id, 600)).used_seconds == 0
        assert await server.state(3) is JobState.DELIVERED
        tree = await server.press(result.response, "Tree", server.bob)
        shown = tree.response.embeds[0].description
        assert "clip 1" in shown
        assert "clip 2" in shown
        assert "mixed by" in shown

        again = await server.press(result.response, "Again", server.bob)
        turned = await server.newest_clip(server.bob)
        assert (turned.mixed.lead_id, turned.mixed.other_id) == (2, 1)
        assert turned.mixed.balance == pytest.approx(0.7)
        assert again.response.embeds

        lead = await mixed(server, 1, 2, lead="b")
        assert (await server.newest_clip(server.bob)).mixed.lead_id == 2
        assert lead.response.embeds
        same = await mixed(server, 1, 1)
        assert same.response.content == str(SAME_CLIP)
        assert same.response.ephemeral
        gone = await mixed(server, 1, 99)
        assert gone.response.content == str(messages.NO_CLIP)
        assert await server.store.check() == []

        offered = await server.bob.autocomplete(server.channel, "mix", "a", "rock")
        assert [each["value"] for each in offered][-1] == "2"
        offered = await server.bob.autocomplete(server.channel, "mix", "a", "1")
        assert "1" in [each["value"] for each in offered]


async def test_the_mix_form_asks_for_the_other_clip(tmp_path):
    """It offers the clips in view, and works after a restart."""
    async with open_server(tmp_path) as server:
        alone = await server.music(prompt=BEAT, seconds=3.0)
        answer = await server.bob.click(alone.response, label="Mix")
        assert answer.response.content == str(messages.NOTHING_TO_MIX)
        hidden = {server.bob: discord.PermissionOverwrite(view_channel=False)}
        studio = server.guild.create_text_channel("studio", overwrites=hidden)
        await server.alice.slash(studio, "music", prompt="secret", seconds=1.0)
        await server.music(prompt=BEAT, seconds=3.0)
        form = await server.bob.click(alone.response, label="Mix")
        other, lead, balance = custom_ids(form.modal)
        offered = form.modal["components"][0]["component"]["options"]
        assert [each["value"] for each in offered] == ["3"]
        await server.restart_bot()
        chosen = {other: ["3"], lead: ["other"], balance: ["70"]}
        await server.bob.submit_modal(form, chosen)
        await server.idle()
        clip = await server.newest_clip(server.bob)
        assert (clip.mixed.lead_id, clip.mixed.other_id) == (3, 1)
        # The other clip is louder and leads.
        assert clip.mixed.balance == pytest.approx(0.3)
        form = await server.bob.click(alone.response, label="Mix")
        form._interaction.modal["custom_id"] = "zhiyin:mix:2"
        refused = await server.bob.submit_modal(form, chosen)
        assert refused.response.content == str(messages.NO_CLIP)


async def test_a_mix_fails_if_a_clip_is_deleted_meanwhile(tmp_path):
    """A mix that crashes the bot repeatedly is given up; nothing is charged."""
    async with open_server(tmp_path) as server:
        for _ in range(2):
            await server.music(prompt=BEAT, seconds=2.0)
        origin = (await server.newest_clip()).origin
        limits = Limits(daily_seconds=9, waiting_per_user=9, waiting_per_guild=9, waiting=9)
        jobs = []
        for key, other in (("lost", 2), ("deleted", 1)):
            order = Order(
                key=key, origin=origin, kind=Kind.MIX, seconds=0.0, seed=5, parent_ids=(2, 1),
                mix=MixOrder(lead_id=3 - other, other_id=other),
            )  # fmt: skip
            jobs.append(await server.store.jobs.accept(order, limits, MessageHandle()))
            assert jobs[-1].order == order
        for _ in range(MAX_INTERRUPTIONS):
            await server.store.jobs.start(jobs[0].id)
            await server.store.jobs.interrupt(jobs[0].id)
        await server.pipeline.library.delete(await server.store.clips.get(1))
        assert await server.pipeline.resume() == 2
        await server.idle()
        assert [await server.state(job.id) for job in jobs] == [JobState.FAILED] * 2
        texts = {message.content for message in server.messages()}
        assert any(str(INTERRUPTED) in each for each in texts)
        assert any(str(MIX_DELETED) in each for each in texts)
        assert await server.store.ledger.check() == []


def test_known_incompatible_tempi_are_refused_at_once():
    """Privately, before anything is posted; unknown tempi are measured later."""
    slow, fast = (with_bpm(id_, bpm) for id_, bpm in ((1, 92.0), (2, 120.0)))
    with pytest.raises(RequestError) as refused:
        check_tempi(fast, slow)
    assert refused.value.sentence == TOO_FAR_APART.fill(lead=120.0, other=92.0)
    check_tempi(fast, with_bpm(3, None))
    check_tempi(fast, with_bpm(5, 105.0))
    check_tempi(fast, with_bpm(4, 60.0))


def with_bpm(id_, bpm):
    return replace(a_clip(id_), bpm=bpm)


@pytest.mark.parametrize(
    ("factor", "semitones", "on_the_beat", "sentence"),
    [
        (1.0, 0, True, "a mix of 1 and 2, both as they were"),
        (1.0912, 0, True, "a mix of 1 and 2, the latter 9.1 % faster"),
        (0.95, -1, True, "a mix of 1 and 2, the latter 5.0 % slower and 1 semitone lower"),
        (1.0, 2, False, "a mix of 1 and 2, which have no beat in common; the latter 2 semitones"),
        (1.0, 0, False, "a mix of 1 and 2, which have no beat in common"),
    ],
)
def test_the_card_describes_the_mix(factor, semitones, on_the_beat, sentence):
    """It says what was done to the clip that follows, in plain words."""
    made = Mixed(
        lead_id=1,
        other_id=2,
        balance=0.5,
        time_factor=factor,
        semitones=semitones,
        on_the_beat=on_the_beat,
    )
    assert str(mix_of(made, verbatim("1"), verbatim("2"))).startswith(sentence)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"other": ["x"]}, messages.UNKNOWN_CLIP),
        ({"other": ["1" * 30]}, messages.UNKNOWN_CLIP),
        ({"other": ["1"], "lead": ["me"]}, UNKNOWN_CHOICE),
        ({"other": ["1"], "balance": ["0"]}, UNKNOWN_CHOICE),
        ({}, messages.UNKNOWN_CLIP),
    ],
)
def test_answers_that_were_not_offered_are_refused(answers, sentence):
    """The server validates the form again, whatever a client sends."""
    fields = [
        {"type": 18, "component": {"type": 3, "custom_id": name, "values": values}}
        for name, values in answers.items()
    ]
    with pytest.raises(RequestError) as refused:
        read_mix_answers({"components": fields})
    assert refused.value.sentence == sentence
