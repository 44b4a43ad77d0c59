"""A worker process: what is said to it, what it says, and that it never outlives the bot."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
import socket
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest

from bot.config import Config, DiscordConfig, StorageConfig
from bot.domain.generation import Codes, GenerationRequest, Kept, Sound, StemsRequest
from bot.inference import protocol
from bot.inference.protocol import (
    Advanced,
    Beat,
    Broken,
    Cancel,
    Failed,
    Line,
    Made,
    Make,
    Ready,
    Stop,
    packed,
    receive,
)
from bot.inference.worker_process import WorkerProcess, why
from tests.support import scripted_worker

TIMEOUT_SECONDS = 60
SCRIPTED = "tests.support.scripted_worker:open_engine"


def request(prompt="90s rock", *, seconds=1.0):
    return GenerationRequest(seconds=seconds, seed=440, prompt=prompt)


@asynccontextmanager
async def started(engine=SCRIPTED, config=None):
    """Lend a worker process that is ended afterwards, whatever it does."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        process = await WorkerProcess.start(config or Config(), engine)
        try:
            yield process
        finally:
            await process.end(kindly=False)
    assert not psutil.pid_exists(process.pid)


async def heard(process, kind):
    """Return the worker's next message of a kind; others are passed over."""
    while not isinstance(message := await process.receive(), kind):
        pass
    return message


async def gone(process):
    """Return when the worker has closed its end, and its exit code."""
    with pytest.raises(EOFError):
        await heard(process, ())
    return await process._process.wait()


async def wire(data):
    """Return a reader that hears some bytes and then the end."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


MESSAGES: list[protocol.FromWorker] = [
    Ready(scripted_worker.info(8)),
    Beat(),
    Advanced(1, 0.5, 2.0),
    Failed(1, None),
    Failed(1, "It can't be made."),
    Broken("There is no model."),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
async def test_a_message_arrives_as_it_was_sent(message):
    """Whatever a worker can say is heard."""
    assert await receive(await wire(packed(message))) == message


async def test_a_long_clip_arrives_whole():
    """Minutes of stereo sound are no different from a word."""
    samples = np.random.default_rng(1).random((2, 32_000 * 60), np.float32)
    sent = Made(1, Sound(samples=samples, sample_rate_hz=32_000), 2.5)
    arrived = await receive(await wire(packed(sent)))
    assert isinstance(arrived, Made)
    assert (arrived.job_id, arrived.seconds_of_work) == (1, 2.5)
    assert np.array_equal(arrived.sound.samples, samples)


async def test_codes_and_stems_arrive_with_a_clip():
    """As they were sent, by their names."""
    tokens = np.random.default_rng(1).integers(0, 2048, (8, 500), dtype=np.int32)
    sound = Sound(samples=np.ones((1, 640), np.float32), sample_rate_hz=32_000)
    codes = Codes(tokens=tokens, fingerprint="0123456789abcdef")
    sent = Made(1, sound, 2.5, codes, {"drums": sound, "bass": sound})
    arrived = await receive(await wire(packed(sent)))
    assert isinstance(arrived, Made)
    assert arrived.codes is not None
    assert arrived.codes.fingerprint == codes.fingerprint
    assert np.array_equal(arrived.codes.tokens, tokens)
    assert list(arrived.stems) == ["drums", "bass"]
    assert np.array_equal(arrived.stems["bass"].samples, sound.samples)


async def test_a_worker_takes_clips_apart_and_keeps_stems():
    """A clip comes with its codes; from these come its stems, and a clip that keeps some."""
    async with started("tests.support.scripted_worker:open_stems_engine") as process:
        assert (await heard(process, Ready)).info.stems == scripted_worker.STEMS
        process.send(Make(1, request()))
        made = await heard(process, Made)
        assert made.codes.fingerprint == scripted_worker.FINGERPRINT
        process.send(Make(2, StemsRequest(tokens=made.codes.tokens)))
        apart = await heard(process, Made)
        assert tuple(apart.stems) == scripted_worker.STEMS
        assert apart.stems["drums"].seconds == made.sound.seconds
        kept = Kept(tokens=made.codes.tokens + 1, stems=("bass",))
        process.send(Make(3, dataclasses.replace(request(), kept=kept)))
        remixed = (await heard(process, Made)).codes.tokens
        assert np.array_equal(remixed[2], made.codes.tokens[2] + 1)
        assert np.array_equal(remixed[1], made.codes.tokens[1])


async def test_a_model_without_stems_tells_no_codes():
    """Nobody could use them."""
    async with started() as process:
        process.send(Make(1, request()))
        assert (await heard(process, Made)).codes is None


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x00", packed(Beat())[:-1], b"\xff\xff\xff\xff" + bytes(100)]
)
async def test_what_breaks_off_or_is_no_message_is_the_end(data):
    """Half a message is a worker that died; an absurd length is never waited for."""
    with pytest.raises(EOFError):
        await receive(await wire(data))


def test_the_worker_s_end_hears_messages_in_order_and_the_end():
    """Nothing is there at first, then each message, then the bot has gone."""
    ours, theirs = socket.socketpair()
    line = Line(theirs.detach())
    assert line.next(0.0) is None
    messages: list[protocol.ToWorker] = [Make(1, request()), Cancel(1), Stop()]
    ours.sendall(b"".join(packed(each) for each in messages))
    assert [line.next(1.0) for _ in messages] == messages
    assert line.next(0.0) is None
    ours.sendall(packed(Stop())[:3])
    ours.close()
    for _ in range(2):
        with pytest.raises(EOFError):
            line.next(1.0)
    line.wait_for_end()
    line._socket.close()


def test_a_message_has_a_largest_size(monkeypatch):
    """Neither end sends or takes more than fits."""
    monkeypatch.setattr(protocol, "MAX_BYTES", 10)
    with pytest.raises(ValueError, match="a message of"):
        packed(Make(1, request()))
    ours, theirs = socket.socketpair()
    line = Line(theirs.detach())
    ours.sendall((11).to_bytes(4, "big"))
    with pytest.raises(EOFError):
        line.next(1.0)
    ours.close()
    line._socket.close()


async def test_a_clip_is_made_and_progress_is_told():
    """Ready, then how far it is, then the clip."""
    async with started() as process:
        assert (await heard(process, Ready)).info == scripted_worker.info(8)
        process.send(Make(7, request(seconds=2.0)))
        told = await heard(process, Advanced)
        assert told.job_id == 7
        assert 0 < told.seconds_done <= told.seconds_total == 2.0
        made = await heard(process, Made)
        assert made.job_id == 7
        assert np.array_equal(
            made.sound.samples, scripted_worker.tone(request(seconds=2.0)).samples
        )
        assert made.seconds_of_work > 0


async def test_what_the_engine_refuses_comes_with_its_sentence():
    """The worker goes on with others."""
    async with started() as process:
        process.send(Make(1, request("fail")))
        process.send(Make(2, request()))
        assert await heard(process, Failed) == Failed(1, "The script says that this can't be made.")
        assert (await heard(process, Made)).job_id == 2


async def test_a_cancelled_clip_is_let_go_of_and_the_others_go_on():
    """Between any two steps; one that is unknown changes nothing."""
    async with started() as process:
        process.send(Make(1, request("slow")))
        process.send(Make(2, request("slow, too")))
        assert (await heard(process, Advanced)).job_id in {1, 2}
        process.send(Cancel(3))
        process.send(Cancel(1))
        assert await heard(process, Failed) == Failed(1, None)
        assert (await heard(process, Made)).job_id == 2


async def test_a_worker_tells_that_it_is_there():
    """Idle or busy, there is a sign of life; without one it counts as hung."""
    async with started() as process:
        await heard(process, Ready)
        await heard(process, Beat)
        process.send(Make(1, request("slow")))
        seen = [await process.receive()]
        while not isinstance(seen[-1], Made):
            seen.append(await process.receive())
        assert Beat() in seen


async def test_a_model_that_cannot_be_loaded_is_told_in_a_sentence():
    """Then the worker leaves."""
    async with started("tests.support.scripted_worker:open_nothing") as process:
        told = await process.receive()
        assert told == Broken("The script says that there is no model.")
        assert await gone(process) == 1


async def test_a_defect_ends_the_worker_with_a_traceback(capfd):
    """Nothing is swallowed: the log tells where it was, and the next worker begins afresh."""
    async with started() as process:
        process.send(Make(1, request("raise")))
        assert await gone(process) == 1
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "ValueError: the script says so" in said


async def test_a_worker_leaves_when_asked():
    """With nothing to complain of."""
    async with started() as process:
        await heard(process, Ready)
        process.send(Stop())
        assert await gone(process) == 0


@pytest.mark.parametrize("prompt", [None, "slow", "hang"])
async def test_a_worker_does_not_outlive_the_bot(prompt):
    """However the bot went and whatever its worker was doing: idle, busy, or stuck in a step."""
    async with started() as process:
        await heard(process, Ready)
        if prompt is not None:
            process.send(Make(1, request(prompt)))
            process.send(Make(2, request("slow")))
        process._writer.transport.abort()
        assert await process._process.wait() == 0


async def test_a_worker_that_still_loads_does_not_outlive_the_bot():
    """Loading takes minutes; nobody would wait for its end."""
    async with started("tests.support.scripted_worker:open_never") as process:
        process._writer.transport.abort()
        assert await process._process.wait() == 0


async def test_ctrl_c_is_the_bot_s_to_answer_and_a_kill_is_the_worker_s():
    """A Ctrl-C in the terminal reaches both processes: clips that are being made are finished."""
    async with started() as process:
        await heard(process, Ready)
        os.kill(process.pid, signal.SIGINT)
        process.send(Make(1, request()))
        assert (await heard(process, Made)).job_id == 1
        os.kill(process.pid, signal.SIGTERM)
        assert await gone(process) == -signal.SIGTERM


async def test_the_bot_comes_first_on_a_busy_machine():
    """The worker is the nicer one."""
    async with started() as process:
        await heard(process, Ready)
        expected = min(19, psutil.Process().nice() + 5)
        assert psutil.Process(process.pid).nice() == expected


async def test_the_worker_knows_no_secret(monkeypatch):
    """Neither the token, nor anything of that name, nor where the database is, gets across."""
    for name in ("ZHIYIN_TOKEN", "DISCORD_token", "HF_TOKEN"):
        monkeypatch.setenv(name, "dont-tell-environment")
    config = dataclasses.replace(
        Config(),
        discord=DiscordConfig(token="dont-tell-settings"),
        storage=StorageConfig(folder="/where/the/database/is"),
    )
    async with started(config=config) as process:
        await heard(process, Ready)
        child = psutil.Process(process.pid)
        given = child.environ()
        assert "PATH" in given
        assert [name for name in given if "TOKEN" in name.upper()] == []
        told = " ".join([*child.cmdline(), *given.values()])
        assert "dont-tell" not in told
        assert "/where/the/database/is" not in told


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
def test_how_a_worker_ended_is_told_in_words(code, words):
    """Whoever reads the log need not know the numbers."""
    assert why(code).startswith(words)


@pytest.mark.parametrize(("level", "times"), [(logging.INFO, 1), (logging.WARNING, 0)])
async def test_what_a_worker_notes_is_in_the_bot_s_log(capfd, caplog, level, times):
    """Each line once, from the level on that the bot itself logs at."""
    caplog.set_level(level, logger="bot")
    async with started() as process:
        process.send(Make(7, request()))
        await heard(process, Made)
    assert capfd.readouterr().err.count("INFO bot.inference.worker job=7: clip.made id=7") == times
