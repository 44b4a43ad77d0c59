"""From a command to a queued job: admission, first answers and uploaded files."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import simcord.interactions

from bot.config import Config, ModelConfig
from bot.domain.generation import Sampling
from bot.domain.jobs import Kind
from bot.domain.limits import Limits
from bot.errors import Refused, RequestError
from cogs.requests.draft import RequestDraft, validate
from tests.support.simulated_server import open_server
from tests.support.timings import quick


async def test_no_job_is_created_if_the_response_fails(tmp_path):
    """The response comes before the job: nobody pays for an order they never saw."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        server.env.inject_error(
            "POST", "/interactions/*/*/callback", status=404, code=10062, times=1
        )
        await server.music()
        assert await server.store.jobs.get(1) is None
        assert await server.used() == 0
        server.env.backend.interactions.clear()


async def test_a_replayed_interaction_is_one_clip(tmp_path):
    """Discord may send an interaction twice; the second is answered with the first job."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        await server.music()
        job = await server.store.jobs.get(1)
        allowed = Limits(daily_seconds=0, waiting_per_user=0, waiting_per_guild=0, waiting=0)
        again = await server.pipeline.submit(job.order, allowed, job.message)
        await server.idle()
        assert again.id == job.id
        assert len(server.messages()) == 1
        assert await server.used() == 2


async def test_a_person_blocked_meanwhile_gets_no_clip(tmp_path):
    """A block also cancels the person's queued jobs; nothing is charged."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        server.pipeline.executor.paused = True
        result = await server.alice.slash(server.channel, "music", prompt="90s rock")
        await server.store.settings.block(server.guild.id, server.alice.id, True)
        server.pipeline.executor.paused = False
        other = await server.music(server.bob)
        assert other.response.attachments
        assert "can't make music here any more" in result.response.content
        assert await server.used() == 0


async def test_people_are_told_that_the_model_is_loading(tmp_path, monkeypatch):
    """Orders are accepted from the first second; the message names the reason for the wait."""
    engine, timings = (
        "tests.support.scripted_worker:open_never",
        quick(first_shown=0.01, show_every=0.01),
    )
    async with open_server(tmp_path, engine=engine, timings=timings) as server:
        result = await server.alice.slash(server.channel, "music", prompt="rock")
        while "The model is being loaded" not in result.response.content:
            await server.env.settle()
        await server.alice.slash(server.channel, "cancel")
        await server.idle()
        assert "Cancelled" in result.response.content


async def test_a_refused_order_s_file_is_not_decoded(tmp_path, monkeypatch):
    """Queue and quota are checked before the file is decoded."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:

        async def never(*args, **options):
            raise AssertionError("the file was read")

        monkeypatch.setattr(server.pipeline.uploads, "keep", never)
        await server.store.settings.block(server.guild.id, server.alice.id, True)
        result = await server.music(clip=("a.mp3", b"anything"))
        assert "can't make music here" in result.response.content


async def test_a_long_wait_is_refused_where_only_a_token_reaches(tmp_path, monkeypatch):
    """A clip that is finished after fifteen minutes could not be delivered there."""
    payload_of = simcord.interactions.base_payload

    def by_its_user(backend, *, user_id, guild_id, **rest):
        record, payload = payload_of(backend, user_id=user_id, guild_id=guild_id, **rest)
        payload["authorizing_integration_owners"] = {"1": str(user_id)}
        return record, payload

    async with open_server(tmp_path) as server:
        await server.music()
        server.pipeline.executor._eta.learn(at_once=8, work_seconds=500.0, sound_seconds=1.0)
        assert (await server.music()).response.attachments
        monkeypatch.setattr(simcord.interactions, "base_payload", by_its_user)
        refused = await server.music()
        assert "The queue is about 17 min long" in refused.response.content
        assert await server.used(server.alice) == 4


async def test_without_a_model_orders_are_refused(tmp_path):
    """The refusal names the reason; queued jobs keep their place and show it, too."""
    is_ordered = tmp_path / "is ordered"
    config = replace(Config(), model=ModelConfig(name=str(is_ordered)))
    engine = "tests.support.scripted_worker:open_nothing_after"
    async with open_server(tmp_path, config=config, engine=engine) as server:
        first = await server.alice.slash(server.channel, "music", prompt="rock")
        is_ordered.touch()
        async with asyncio.timeout(60):
            await server.pipeline.executor.settled.wait()
            while (
                "there is no model. Your place in the queue is kept." not in first.response.content
            ):
                await server.env.settle()
        refused = await server.bob.slash(server.channel, "music", prompt="rock")
        assert refused.response.content == "The script says that there is no model."
        await server.alice.slash(server.channel, "cancel")


async def test_concurrent_uploads_are_limited(tmp_path):
    """Uploads are held in memory: at most two of one person, twelve of all."""
    async with open_server(tmp_path) as server:
        line = server.pipeline
        with line.uploads.reserve(1), line.uploads.reserve(1):
            with (
                pytest.raises(Refused, match="the files that you sent before"),
                line.uploads.reserve(1),
            ):
                pass
            held = [line.uploads.reserve(10 + n) for n in range(10)]
            for each in held:
                each.__enter__()
            with pytest.raises(Refused, match="Many people"), line.uploads.reserve(99):
                pass
            for each in held:
                each.__exit__(None, None, None)
            with line.uploads.reserve(99):
                pass


async def test_a_file_too_many_costs_nothing(tmp_path):
    """The refusal is private."""
    async with open_server(tmp_path) as server:
        with (
            server.pipeline.uploads.reserve(server.alice.id),
            server.pipeline.uploads.reserve(server.alice.id),
        ):
            result = await server.music(clip=("a.mp3", b"anything"))
        assert "the files that you sent before" in result.response.content
        assert await server.store.jobs.get(1) is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seconds": math.nan}, "from 1 to 60 seconds long"),
        ({"seconds": "ten"}, "from 1 to 60 seconds long"),
        ({"takes": 1.5}, "From 1 to 4 takes"),
        ({"seed": 10**5000}, "The seed is a whole number from 0 to 4294967295."),
        ({"seed": "5"}, "The seed is a whole number"),
        ({"settings": {"temperature": math.nan}}, "The temperature must be"),
        ({"settings": {"top_k": "many"}}, "Top-k must be"),
        ({"settings": {"guidance": math.inf}}, "Guidance must be"),
        ({"keep_seconds": math.nan}, "must be a number of seconds"),
        ({"prompt": 5}, "Please say in words"),
    ],
)
def test_options_are_checked_again_when_they_arrive(wrong, sentence):
    """The limits that Discord enforces are not relied on."""
    bot: Any = SimpleNamespace(
        config=Config(),
        sampling=Sampling(),
        service=SimpleNamespace(requests=SimpleNamespace(trouble=None)),
    )
    draft = RequestDraft(**({"kind": Kind.MUSIC, "prompt": "rock"} | wrong))
    with pytest.raises(RequestError, match=sentence):
        validate(draft, bot, 60)
