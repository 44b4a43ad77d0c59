"""The form of a remix."""

from __future__ import annotations

from bot.domain.jobs import Kind
from tests.support.jam_server import custom_ids, open_jam


async def test_remix_asks_what_it_should_become(tmp_path):
    """The form has the old words in it; what is chosen is what is made."""
    async with open_jam(tmp_path) as jam:
        first = await jam.music(seconds=6.0)
        form = await jam.alice.click(first.response, label="Remix")
        assert form.modal["title"] == "Remix this clip"
        words, keep, include = custom_ids(form.modal)
        await jam.alice.submit_modal(form, {words: "as jazz", keep: ["2"], include: ["no"]})
        await jam.idle()
        clip = await jam.newest_clip()
        assert (clip.kind, clip.prompt) == (Kind.REMIX, "as jazz")
        assert (clip.seconds, clip.seconds_before) == (10.0, 0.0)
        job = await jam.store.jobs.get(clip.job_id)
        assert job.order.source.keep_seconds == 2.0
