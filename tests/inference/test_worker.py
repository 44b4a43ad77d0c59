"""A worker process: the messages it accepts and sends, and that it never outlives the bot."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
import socket
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import psutil
import pytest

from bot.config import Config, DiscordConfig, StorageConfig
from bot.domain.generation import GenerationRequest, Kept, Sampling, StemsRequest
from bot.i18n.sentence import Sentence, from_json, to_json
from bot.inference.encoding import version
from bot.inference.protocol import (
    CancelJob,
    GenerateJob,
    Heartbeat,
    Hello,
    JobAudio,
    JobFailed,
    JobFinished,
    JobProgressed,
    ModelFailed,
    Ready,
    SeparateJob,
    Shutdown,
    StreamJob,
)
from bot.inference.worker import UNUSABLE
from bot.inference.worker_process import ProcessBackend, explain_exit
from tests.support import scripted_worker
from tests.support.half_made_clip import HalfMadeClip

TIMEOUT_SECONDS = 60
SCRIPTED = "tests.support.scripted_worker:open_engine"


def request(prompt="90s rock", *, seconds=1.0):
    return GenerationRequest(seconds=seconds, seed=440, prompt=prompt)


@asynccontextmanager
async def started(engine=SCRIPTED, config=None):
    """Start a worker process that is ended afterwards, whatever it does."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        process = await ProcessBackend(config or Config(), engine=engine).start()
        try:
            yield process
        finally:
            await process.kill()
    assert not psutil.pid_exists(process.pid)


async def next_message(process, kind):
    """Return the worker's next message of a kind; others are skipped."""
    while not isinstance(message := await process.receive(), kind):
        pass
    return message


async def gone(process):
    """Return the exit code once the worker has closed its end."""
    with pytest.raises(EOFError):
        await next_message(process, ())
    return await process._process.wait()


async def test_a_worker_separates_and_keeps_stems():
    """A clip comes with its codes; from these come its stems, and a clip that keeps some."""
    async with started("tests.support.scripted_worker:open_stems_engine") as process:
        assert (await next_message(process, Ready)).info.stems == scripted_worker.STEMS
        process.send(GenerateJob(1, request()))
        made = await next_message(process, JobFinished)
        assert made.codes.fingerprint == scripted_worker.FINGERPRINT
        process.send(SeparateJob(2, StemsRequest(tokens=made.codes.tokens)))
        apart = await next_message(process, JobFinished)
        assert tuple(apart.stems) == scripted_worker.STEMS
        assert apart.stems["drums"].seconds == made.sound.seconds
        kept = Kept(tokens=made.codes.tokens + 1, stems=("bass",))
        process.send(GenerateJob(3, dataclasses.replace(request(), kept=kept)))
        remixed = (await next_message(process, JobFinished)).codes.tokens
        assert np.array_equal(remixed[2], made.codes.tokens[2] + 1)
        assert np.array_equal(remixed[1], made.codes.tokens[1])


async def test_a_model_without_stems_returns_no_codes():
    """No one could use them."""
    async with started() as process:
        process.send(GenerateJob(1, request()))
        assert (await next_message(process, JobFinished)).codes is None


async def test_a_clip_is_generated_with_progress_messages():
    """Ready, then progress, then the clip."""
    async with started() as process:
        assert (await next_message(process, Ready)).info == scripted_worker.info(8)
        process.send(GenerateJob(7, request(seconds=2.0)))
        progress = await next_message(process, JobProgressed)
        assert progress.job_id == 7
        assert 0 < progress.seconds_done <= progress.seconds_total == 2.0
        made = await next_message(process, JobFinished)
        assert made.job_id == 7
        assert np.array_equal(
            made.sound.samples, scripted_worker.tone(request(seconds=2.0)).samples
        )
        assert made.seconds_of_work > 0


async def test_audio_is_sent_for_streamed_jobs_only(tmp_path):
    """From the start or from an offset, without a gap."""
    clip = HalfMadeClip(tmp_path)
    async with started() as process:
        process.send(GenerateJob(1, request(clip.prompt), stream=True))
        process.send(GenerateJob(2, request(clip.prompt)))
        process.send(GenerateJob(3, request(clip.prompt)))
        streamed: dict[int, list[JobAudio]] = {1: [], 2: [], 3: []}
        finished: dict[int, JobFinished] = {}
        while len(finished) < 3:
            message = await process.receive()
            if isinstance(message, JobProgressed) and message.job_id == 2:
                process.send(StreamJob(2))
                process.send(StreamJob(4))
                clip.let_go()
            elif isinstance(message, JobAudio):
                assert message.job_id not in finished
                streamed[message.job_id].append(message)
            elif isinstance(message, JobFinished):
                finished[message.job_id] = message
        assert streamed[3] == []
        assert streamed[1][0].first_sample == 0 < streamed[2][0].first_sample
        for job_id in (1, 2):
            whole = finished[job_id].sound.samples
            audio = [each.sound.samples for each in streamed[job_id]]
            rest = whole[:, streamed[job_id][0].first_sample :]
            assert np.array_equal(np.concatenate(audio, axis=1), rest)


async def test_a_request_the_engine_refuses_fails_with_its_sentence():
    """The worker continues with other jobs."""
    async with started() as process:
        process.send(GenerateJob(1, request("fail")))
        process.send(GenerateJob(2, request()))
        failed = await next_message(process, JobFailed)
        assert failed.job_id == 1
        assert from_json(failed.sentence) == Sentence("The script says that this can't be made.")
        assert (await next_message(process, JobFinished)).job_id == 2


async def test_an_invalid_request_fails_alone(tmp_path):
    """The worker reports it, and other jobs, also running ones, continue."""
    wrong: list[tuple[dict[str, Any], str | None]] = [
        ({"seconds": "ten"}, to_json(UNUSABLE)),
        ({"sampling": Sampling(temperature="hot")}, to_json(UNUSABLE)),  # type: ignore[arg-type]
        ({"sampling": Sampling(top_k=2.5)}, to_json(UNUSABLE)),  # type: ignore[arg-type]
        ({"seed": 2**64 - 1, "prompt": 7}, to_json(UNUSABLE)),
        # Its type is valid, so that the engine refuses it.
        ({"seconds": float("nan")}, None),
        ({"seconds": float("inf")}, None),
    ]
    clip = HalfMadeClip(tmp_path)
    async with started() as process:
        process.send(GenerateJob(100, request(clip.prompt)))
        for job_id, (changes, sentence) in enumerate(wrong):
            process.send(GenerateJob(job_id, dataclasses.replace(request(), **changes)))
            failed = await next_message(process, JobFailed)
            assert (failed.job_id, failed.sentence) == (job_id, sentence)
        process.send(GenerateJob(101, request()))
        clip.let_go()
        done = {(await next_message(process, JobFinished)).job_id for _ in range(2)}
        assert done == {100, 101}


async def test_a_cancelled_job_ends_and_the_others_continue(tmp_path):
    """Between any two steps; an unknown job changes nothing."""
    clip = HalfMadeClip(tmp_path)
    async with started() as process:
        process.send(GenerateJob(1, request(clip.prompt)))
        process.send(GenerateJob(2, request(clip.prompt)))
        assert (await next_message(process, JobProgressed)).job_id in {1, 2}
        process.send(CancelJob(3))
        process.send(CancelJob(1))
        assert await next_message(process, JobFailed) == JobFailed(1, None)
        clip.let_go()
        assert (await next_message(process, JobFinished)).job_id == 2


async def test_a_worker_sends_heartbeats():
    """Idle or busy; a worker without heartbeats counts as hung."""
    async with started() as process:
        await next_message(process, Ready)
        await next_message(process, Heartbeat)
        process.send(GenerateJob(1, request("slow")))
        seen = [await process.receive()]
        while not isinstance(seen[-1], JobFinished):
            seen.append(await process.receive())
        assert Heartbeat() in seen


async def test_a_model_that_cannot_be_loaded_is_told_in_a_sentence():
    """Then the worker exits."""
    async with started("tests.support.scripted_worker:open_nothing") as process:
        assert await process.receive() == Hello(version(), socket.gethostname())
        failed = await next_message(process, ModelFailed)
        assert from_json(failed.sentence) == Sentence("The script says that there is no model.")
        assert await gone(process) == 1


async def test_a_defect_ends_the_worker_with_a_traceback(capfd):
    """The traceback is logged, and the next worker starts fresh."""
    async with started() as process:
        process.send(GenerateJob(1, request("raise")))
        assert await gone(process) == 1
    errors = capfd.readouterr().err
    assert "Traceback" in errors
    assert "ValueError: the script says so" in errors


async def test_a_worker_ends_on_an_invalid_message(capfd):
    """Bot and worker are of different versions; the next worker starts fresh."""
    async with started() as process:
        await next_message(process, Ready)
        process._writer.write(b"\x00\x00\x00\x08nonsense")
        assert await gone(process) == 1
    assert "ProtocolError" in capfd.readouterr().err


async def test_a_worker_ends_on_request():
    """With exit code 0 and nothing in the log."""
    async with started() as process:
        await next_message(process, Ready)
        process.send(Shutdown())
        assert await gone(process) == 0


@pytest.mark.parametrize("prompt", [None, "slow", "hang"])
async def test_a_worker_does_not_outlive_the_bot(prompt):
    """However the bot ended and whatever the worker was doing: idle, busy, or stuck in a step."""
    async with started() as process:
        await next_message(process, Ready)
        if prompt is not None:
            process.send(GenerateJob(1, request(prompt)))
            process.send(GenerateJob(2, request("slow")))
        process._writer.transport.abort()
        assert await process._process.wait() == 0


async def test_a_loading_worker_does_not_outlive_the_bot():
    """Loading takes minutes, and the worker ends without finishing it."""
    async with started("tests.support.scripted_worker:open_never") as process:
        process._writer.transport.abort()
        assert await process._process.wait() == 0


async def test_a_terminal_s_ctrl_c_does_not_reach_the_worker():
    """MindSpore would end it at once, with the clips that a shutdown waits for."""
    async with started() as process:
        assert os.getsid(process.pid) == process.pid


async def test_ctrl_c_is_left_to_the_bot_and_sigterm_ends_the_worker():
    """A Ctrl-C reaches both processes, and running clips are finished."""
    async with started() as process:
        await next_message(process, Ready)
        os.kill(process.pid, signal.SIGINT)
        process.send(GenerateJob(1, request()))
        assert (await next_message(process, JobFinished)).job_id == 1
        os.kill(process.pid, signal.SIGTERM)
        assert await gone(process) == -signal.SIGTERM


async def test_workers_have_a_lower_cpu_priority():
    """The worker has the higher nice value."""
    async with started() as process:
        await next_message(process, Ready)
        expected = min(19, psutil.Process().nice() + 5)
        assert psutil.Process(process.pid).nice() == expected


async def test_the_worker_gets_no_secret(monkeypatch):
    """Neither the token, nor variables of that name, nor the database's path."""
    for name in ("ZHIYIN_TOKEN", "DISCORD_token", "HF_TOKEN"):
        monkeypatch.setenv(name, "dont-tell-environment")
    config = dataclasses.replace(
        Config(),
        discord=DiscordConfig(token="dont-tell-settings"),
        storage=StorageConfig(folder="/where/the/database/is"),
    )
    async with started(config=config) as process:
        await next_message(process, Ready)
        child = psutil.Process(process.pid)
        given = child.environ()
        assert "PATH" in given
        assert [name for name in given if "TOKEN" in name.upper()] == []
        visible = " ".join([*child.cmdline(), *given.values()])
        assert "dont-tell" not in visible
        assert "/where/the/database/is" not in visible


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "with code 0"),
        (7, "with code 7"),
        (-9, "by SIGKILL: probably out of memory"),
        (-11, "by signal 11 (Segmentation fault)"),
        (-40, "by signal 40 (Real-time signal"),
    ],
)
def test_worker_exit_codes_are_explained(code, words):
    """The log has words instead of numbers."""
    assert explain_exit(code).startswith(words)


@pytest.mark.parametrize(("level", "times"), [(logging.INFO, 1), (logging.WARNING, 0)])
async def test_worker_log_lines_are_in_the_bot_s_log(capfd, caplog, level, times):
    """Each line once, from the bot's own log level on."""
    caplog.set_level(level, logger="bot")
    async with started() as process:
        process.send(GenerateJob(7, request()))
        await next_message(process, JobFinished)
    assert capfd.readouterr().err.count("INFO bot.inference.worker job=7: clip.made id=7") == times
