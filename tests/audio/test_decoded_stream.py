"""The WAV stream of the untrusted decoder: which headers are accepted, and which refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from bot.audio.untrusted.decoded_stream import DecodedStream


def wav(*, channels=2, rate_hz=32_000, tag=3, bits=32, extra=b"", size=None, data=b"", before=b""):
    fields = struct.pack("<HHIIHH", tag, channels % 2**16, rate_hz, 0, 0, bits) + extra
    chunk = b"fmt " + (len(fields) if size is None else size).to_bytes(4, "little") + fields
    return b"RIFF\xff\xff\xff\xffWAVE" + before + chunk + b"data\xff\xff\xff\xff" + data


async def stream_of(data, step=7):
    """Return a stream of these bytes, read in chunks of `step` bytes."""

    async def chunks():
        for at in range(0, len(data), step):
            yield data[at : at + step]

    return DecodedStream(chunks())


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
async def test_samples_are_complete_for_any_chunk_boundaries(step):
    """A partial frame is kept until the rest comes, and dropped at the end."""
    samples = np.arange(20, dtype="<f4").reshape(-1, 2)
    stream = await stream_of(wav(data=samples.tobytes() + b"\0\0\0"), step)
    form = await stream.read_format()
    assert (form.channels, form.sample_rate_hz, form.speakers) == (2, 32_000, 0)
    blocks = [block async for block in stream.blocks(3)]
    assert np.array_equal(np.concatenate(blocks), samples)


async def test_the_speaker_layout_is_read():
    """From a WAVEFORMATEXTENSIBLE header behind another chunk."""
    extra = struct.pack("<HHI", 22, 32, 0x3F) + bytes(16)
    stream = await stream_of(wav(tag=0xFFFE, channels=6, extra=extra, before=b"LIST\3\0\0\0abc\0"))
    assert (await stream.read_format()).speakers == 0x3F


@pytest.mark.parametrize(
    "header",
    [
        {"channels": 0},
        {"channels": 65},
        {"channels": 65_535, "rate_hz": 2**32 - 1},
        {"rate_hz": 0},
        {"rate_hz": 2**32 - 1},
        {"tag": 1, "bits": 16},
        {"tag": 3, "bits": 64},
        {"tag": 0xFFFE},
        {"size": 0},
        {"size": 8},
    ],
    ids=str,
)
async def test_a_header_that_asks_for_too_much_is_refused(header):
    """Neither memory nor arithmetic depends on a header that a decoder invents."""
    stream = await stream_of(wav(**header, data=bytes(4096)))
    with pytest.raises(ValueError, match="channels|samples|short"):
        await stream.read_format()


async def test_a_stream_that_ends_early_has_no_format():
    """Nor does an empty stream."""
    for data in (b"", wav()[:20]):
        assert await (await stream_of(data)).read_format() is None
