"""The messages between bot and worker: each arrives as it was sent, and nothing else arrives."""

from __future__ import annotations

import asyncio
import dataclasses
import pickle
import socket
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bot.domain.generation import (
    Codes,
    GenerationRequest,
    Kept,
    PromptChange,
    Sampling,
    Sound,
    StemsRequest,
)
from bot.domain.status import ModelInfo
from bot.inference import protocol
from bot.inference.arrays import decode_array, encode_array
from bot.inference.connection import Connection, frame, receive
from bot.inference.encoding import (
    ProtocolError,
    decode_from_worker,
    decode_to_worker,
    digest,
    encode,
    version,
)
from bot.inference.protocol import (
    AudioTaken,
    CancelJob,
    ChangePrompt,
    ChangeRefused,
    EndJob,
    FromWorker,
    GenerateJob,
    Heartbeat,
    Hello,
    JobAudio,
    JobFailed,
    JobFinished,
    JobProgressed,
    ModelFailed,
    PromptBegun,
    Ready,
    SeparateJob,
    Shutdown,
    StreamJob,
    ToWorker,
    start_message,
)

ids = st.integers(-(2**63), 2**63 - 1)
seconds = st.floats(0, 600, allow_subnormal=False)
words = st.text(max_size=40)
names = st.text(min_size=1, max_size=8)
samples = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 2), st.integers(0, 50)),
    elements=st.floats(-1, 1, width=32, allow_subnormal=False),
)
tokens = arrays.arrays(
    np.int32, st.tuples(st.integers(1, 8), st.integers(0, 20)), elements=st.integers(0, 2047)
)
sounds = st.builds(Sound, samples=samples, sample_rate_hz=st.integers(1, 192_000))
samplings = st.builds(
    Sampling,
    greedy=st.booleans(),
    guidance=seconds,
    temperature=seconds,
    top_k=st.integers(0, 2048),
    top_p=st.floats(0, 1, allow_subnormal=False),
)
stem_names = st.lists(names, max_size=4).map(tuple)
generation_requests = st.builds(
    GenerationRequest,
    seconds=st.none() | seconds,
    seed=st.integers(0, 2**63 - 1),
    prompt=st.none() | words,
    audio=st.none() | sounds,
    audio_tokens=st.none() | tokens,
    sampling=samplings,
    kept=st.none() | st.builds(Kept, tokens=tokens, stems=stem_names),
    muted=stem_names,
    wants_stems=st.booleans(),
)
infos = st.builds(
    ModelInfo,
    name=words,
    licence=words,
    channels=st.integers(1, 2),
    sample_rate_hz=st.integers(1, 192_000),
    sampling=samplings,
    slots=st.integers(1, 64),
    device=words,
    load_seconds=seconds,
    warm_up_seconds=seconds,
    precision=words,
    decoder=words,
    stems=stem_names,
    fingerprint=words,
)
changes = st.builds(
    PromptChange,
    words=st.lists(st.tuples(st.none() | words, seconds), max_size=4).map(tuple),
    fade_seconds=seconds,
    at_seconds=st.none() | seconds,
)
to_worker = {
    GenerateJob: st.builds(GenerateJob, ids, generation_requests, st.booleans()),
    SeparateJob: st.builds(SeparateJob, ids, st.builds(StemsRequest, tokens=tokens)),
    StreamJob: st.builds(StreamJob, ids),
    CancelJob: st.builds(CancelJob, ids),
    EndJob: st.builds(EndJob, ids),
    AudioTaken: st.builds(AudioTaken, ids, seconds),
    ChangePrompt: st.builds(ChangePrompt, ids, ids, changes),
    Shutdown: st.just(Shutdown()),
}
from_worker = {
    Hello: st.builds(Hello, words),
    Ready: st.builds(Ready, infos),
    ModelFailed: st.builds(ModelFailed, words),
    Heartbeat: st.just(Heartbeat()),
    JobProgressed: st.builds(JobProgressed, ids, seconds, st.none() | seconds),
    PromptBegun: st.builds(PromptBegun, ids, ids, seconds),
    ChangeRefused: st.builds(ChangeRefused, ids, ids, words),
    JobAudio: st.builds(JobAudio, ids, st.integers(0, 2**62), sounds),
    JobFinished: st.builds(
        JobFinished,
        ids,
        sounds,
        seconds,
        st.none() | st.builds(Codes, tokens=tokens, fingerprint=words),
        st.dictionaries(names, sounds, max_size=4),
    ),
    JobFailed: st.builds(JobFailed, ids, st.none() | words),
}


def same(one, other):
    """Tell whether two values are equal, and of the same types, arrays included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, msgspec.Struct):
        return all(same(getattr(one, f), getattr(other, f)) for f in one.__struct_fields__)
    if dataclasses.is_dataclass(one):
        fields = [field.name for field in dataclasses.fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in fields)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


# What arrives


@given(st.one_of(*to_worker.values()))
def test_messages_to_a_worker_round_trip(message):
    """Every message to a worker, with every field."""
    assert same(decode_to_worker(encode(message)), message)


@given(st.one_of(*from_worker.values()))
def test_messages_from_a_worker_round_trip(message):
    """Every message from a worker, with every field."""
    assert same(decode_from_worker(encode(message)), message)


def test_decoded_arrays_are_writable():
    """A sound can be edited in place wherever it came from."""
    sound = Sound(samples=np.zeros((2, 10), np.float32), sample_rate_hz=32_000)
    arrived = decode_from_worker(encode(JobAudio(1, 0, sound)))
    assert isinstance(arrived, JobAudio)
    arrived.sound.samples[:] = 1.0
    assert arrived.sound.samples.sum() == 20


def test_arrays_of_any_memory_layout_round_trip():
    """A slice, a transposed view and the other byte order are the same numbers."""
    numbers = np.arange(24, dtype=np.int32).reshape(4, 6)
    for view in (numbers[:, ::2], numbers.T, numbers.astype(">i4")):
        arrived = decode_to_worker(encode(SeparateJob(1, StemsRequest(tokens=view))))
        assert isinstance(arrived, SeparateJob)
        assert np.array_equal(arrived.request.tokens, view)


def test_each_request_type_has_its_message():
    """A separation is never streamed."""
    request = GenerationRequest(seconds=1.0, seed=1)
    apart = StemsRequest(tokens=np.zeros((4, 1), np.int32))
    assert start_message(1, request, stream=True) == GenerateJob(1, request, stream=True)
    assert start_message(1, apart, stream=True) == SeparateJob(1, apart)


# What does not


def test_unknown_message_types_are_refused():
    """The tests know every message; neither end accepts the other's own."""
    assert set(get_args(ToWorker)) == set(to_worker)
    assert set(get_args(FromWorker)) == set(from_worker)
    for order in (Shutdown(), CancelJob(1)):
        with pytest.raises(ProtocolError):
            decode_from_worker(encode(order))
    for report in (Heartbeat(), Hello("x")):
        with pytest.raises(ProtocolError):
            decode_to_worker(encode(report))


@given(st.binary(max_size=200))
def test_garbage_is_refused(data):
    """Random bytes are a ProtocolError and nothing else."""
    for decode in (decode_from_worker, decode_to_worker):
        with pytest.raises(ProtocolError):
            decode(data)


@given(st.one_of(*from_worker.values()), st.data())
def test_a_damaged_message_is_refused_or_is_another_message(message, data):
    """One byte wrong or the end missing: never anything but a message or ProtocolError."""
    body = bytearray(encode(message))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_from_worker(bytes(body))
    except ProtocolError:
        pass
    else:
        assert isinstance(decoded, get_args(FromWorker))
    with pytest.raises(ProtocolError):
        decode_from_worker(encode(message)[:-1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pickle.dumps(Heartbeat()),
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million elements
        b"\xdf\xff\xff\xff\xff",  # a map of as many
        b"\xc6\xff\xff\xff\xff",  # as many bytes
        b"\x91" * 100_000,  # nested without end
        msgspec.msgpack.encode({"type": "Nothing"}),
        msgspec.msgpack.encode({"type": "Hello"}),
        msgspec.msgpack.encode({"type": "Hello", "version": 1}),
    ],
)
def test_invalid_messages_are_refused(data):
    """Pickles, absurd lengths and unknown kinds among them."""
    with pytest.raises(ProtocolError):
        decode_from_worker(data)


ARRAY = encode_array(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    "value",
    [
        ("<i4", ARRAY[1], ARRAY[2]),  # not what the field holds
        ("<f8", (2, 3), msgspec.msgpack.Ext(1, bytes(48))),
        ("O", (1,), msgspec.msgpack.Ext(1, bytes(8))),
        ("<f4", (2, 4), ARRAY[2]),
        ("<f4", (-2, -3), ARRAY[2]),
        ("<f4", (2**62, 2**62), msgspec.msgpack.Ext(1, b"")),
        ("<f4", (2, 3, 1), ARRAY[2]),
        ("<f4", (2, 3), msgspec.msgpack.Ext(2, bytes(24))),
        ("<f4", (2, 3)),
        "samples",
    ],
)
def test_invalid_arrays_are_refused(value):
    """Dtype, shape and length must be those of the field and agree with each other."""
    sound = {"samples": ARRAY, "sample_rate_hz": 32_000}
    message = {"type": "JobAudio", "job_id": 1, "first_sample": 0, "sound": sound}
    assert isinstance(decode_from_worker(msgspec.msgpack.encode(message)), JobAudio)
    sound["samples"] = value
    with pytest.raises(ProtocolError):
        decode_from_worker(msgspec.msgpack.encode(message))


@pytest.mark.parametrize(
    "array", [np.zeros((1, 1), np.int64), np.zeros((1, 1), object), np.zeros((1, 1, 1), np.int32)]
)
def test_unsupported_arrays_are_not_encoded(array):
    """The error is raised by the sender, not by the receiver."""
    with pytest.raises(ValueError, match="messages carry no arrays"):
        encode(SeparateJob(1, StemsRequest(tokens=array)))


def test_values_of_other_types_are_not_sent():
    """Only the declared types are encoded."""
    with pytest.raises(NotImplementedError, match="messages carry no set"):
        encode_array({1})
    with pytest.raises(ValueError, match="in place of float32"):
        decode_array(np.ndarray[tuple[int, int], np.dtype[np.float32]], ["O", [0], memoryview(b"")])


# The version


def test_the_version_depends_on_the_messages():
    """On every field of every message, not on docstrings."""
    assert version() == digest([ToWorker, FromWorker])

    class Hello(msgspec.Struct, frozen=True, tag=True):
        """Other words."""

        version: str
        host: str = ""

    assert digest([Hello]) == digest([protocol.Hello])

    class Heartbeat(msgspec.Struct, frozen=True, tag=True):
        load: float = 0.0

    assert digest([Heartbeat]) != digest([protocol.Heartbeat])
    assert digest([JobAudio]) != digest([JobFinished])


# Over a socket


async def wire(data, **options):
    """Return the messages received from some bytes and then the end."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await receive(reader, **options)


async def test_a_long_clip_round_trips():
    """Minutes of stereo sound are no different from a word."""
    samples = np.random.default_rng(1).random((2, 32_000 * 60), np.float32)
    sent = JobFinished(1, Sound(samples=samples, sample_rate_hz=32_000), 2.5)
    assert same(await wire(frame(sent)), sent)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x00", frame(Heartbeat())[:-1], b"\xff\xff\xff\xff" + bytes(100)]
)
async def test_a_truncated_or_invalid_frame_ends_the_connection(data):
    """A partial frame is a dead worker; an absurd length is never waited for."""
    with pytest.raises(EOFError):
        await wire(data)


def test_the_worker_s_end_receives_messages_in_order_and_the_end():
    """Nothing at first, then each message, then the end of the connection."""
    ours, theirs = socket.socketpair()
    connection = Connection(theirs.detach())
    assert connection.receive(0.0) is None
    request = GenerationRequest(seconds=1.0, seed=440, prompt="90s rock")
    messages: list[ToWorker] = [GenerateJob(1, request), CancelJob(1), Shutdown()]
    ours.sendall(b"".join(frame(each) for each in messages))
    assert [connection.receive(1.0) for _ in messages] == messages
    assert connection.receive(0.0) is None
    ours.sendall(frame(Shutdown())[:3])
    ours.close()
    for _ in range(2):
        with pytest.raises(EOFError):
            connection.receive(1.0)
    connection.wait_for_end()
    connection.close()


async def test_messages_have_a_maximum_size():
    """Neither end sends or accepts a larger one."""
    body = encode(ModelFailed("x" * 20))
    with pytest.raises(ValueError, match="a message of"):
        encode(ModelFailed("x" * 20), max_bytes=len(body) - 1)
    with pytest.raises(EOFError):
        await wire(frame(ModelFailed("x" * 20)), max_bytes=len(body) - 1)
    ours, theirs = socket.socketpair()
    connection = Connection(theirs.detach(), max_bytes=10)
    ours.sendall((11).to_bytes(4, "big"))
    with pytest.raises(EOFError):
        connection.receive(1.0)
    ours.close()
    connection.close()
