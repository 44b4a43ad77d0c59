"""EnCodec on MindSpore, compared with MindNLP's."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import CheckpointError
from bot.musicgen.kernels import build
from bot.musicgen.kernels.packed_weights import PackedWeights
from tests.support.encodec_reference import EncodecReference, make_reference

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "deep": {"use_conv_shortcut": True, "num_residual_layers": 2, "num_lstm_layers": 1},
    "musicgen_ratios": {"upsampling_ratios": [8, 5, 4, 4], "kernel_size": 5, "last_kernel_size": 3},
    "uneven": {"num_filters": 6, "compress": 3, "residual_kernel_size": 5, "hidden_size": 5},
    "wide": {"num_filters": 36, "upsampling_ratios": [5, 2], "num_residual_layers": 2},
}


HEAD = "codec.decoder.layers.0.conv.matrix"
"""The name prefix of the decoder's packed weights."""


@pytest.fixture(scope="module")
def reference() -> EncodecReference:
    """Return a small plain model."""
    return make_reference()


@pytest.fixture(scope="module")
def codec(reference, library):
    """Return our codec with the same weights."""
    return make_codec(reference, library)


def make_codec(reference, library, **options):
    from bot.musicgen.codec.codec import Codec

    return Codec(reference.weights, reference.config, library=library, **options)


def decoded_in(codec, codes, sizes):
    """Decode codes in pushes of the given sizes, repeatedly."""
    from bot.musicgen.codec.codec import Decoder

    decoder = Decoder(codec, channels=codes.shape[0])
    parts = [decoder.push(piece) for piece in pieces(codes, sizes)]
    return np.concatenate([*parts, decoder.finish()], axis=1)


def encoded_in(codec, samples, sizes):
    """Encode samples in pushes of the given sizes, repeatedly."""
    from bot.musicgen.codec.encoder import Encoder

    encoder = Encoder(codec, channels=samples.shape[0])
    parts = [encoder.push(piece) for piece in pieces(samples, sizes)]
    return np.concatenate([*parts, encoder.finish()], axis=2)


def pieces(values, sizes):
    start = 0
    while start < values.shape[-1]:
        for size in sizes:
            yield values[..., start : start + size]
            start += size


def assert_near(made, expected):
    np.testing.assert_allclose(made, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("frames", [*range(1, 9), 11, 12, 13, 23, 24, 25, 40])
def test_decoding_equals_the_reference(reference, codec, frames) -> None:
    """For every length, including the shortest clips."""
    codes = reference.codes(frames)
    samples = codec.decode(codes)
    assert samples.shape == (2, frames * reference.config.hop)
    assert_near(samples, reference.decode(codes))


@pytest.mark.parametrize("length", [1, 2, 23, 24, 25, 47, 100, 288, 400, 575, 576, 577, 900])
def test_encoding_equals_the_reference(reference, codec, length) -> None:
    """For every length; an incomplete frame counts as one."""
    samples = reference.samples(length)
    codes = codec.encode(samples)
    assert codes.shape == (2, reference.config.quantizers, -(-length // reference.config.hop))
    np.testing.assert_array_equal(codes, reference.encode(samples))


@cache
def variant_reference(variant):
    """MindNLP's codec of another shape, created once for both kinds of operations."""
    return make_reference(**VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
def test_other_shapes_equal_the_reference(variant, library) -> None:
    """Ratios, widths, kernels, residual layers and shortcuts are taken from the configuration."""
    reference = variant_reference(variant)
    codec = make_codec(reference, library, block_frames=5)
    for frames in (1, 3, 13):
        codes = reference.codes(frames)
        assert_near(codec.decode(codes), reference.decode(codes))
        samples = reference.samples(frames * reference.config.hop - 1)
        np.testing.assert_array_equal(codec.encode(samples), reference.encode(samples))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.integers(1, 60),
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=5).filter(any),
)
def test_any_chunking_decodes_to_the_same_sound(reference, codec, frames, sizes) -> None:
    """Whether codes are pushed one by one or many at once."""
    codes = reference.codes(frames)
    np.testing.assert_allclose(
        decoded_in(codec, codes, sizes), codec.decode(codes), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("block_frames", [1, 3, 7])
def test_the_block_size_does_not_change_the_sound(reference, library, codec, block_frames) -> None:
    """The joints between blocks are inaudible: only the order of sums differs."""
    codes, samples = reference.codes(20), reference.samples(470)
    other = make_codec(reference, library, block_frames=block_frames)
    whole = codec.decode(codes)
    np.testing.assert_allclose(other.decode(codes), whole, atol=2e-6 * np.abs(whole).max(), rtol=0)
    np.testing.assert_array_equal(other.encode(samples), codec.encode(samples))


@pytest.mark.parametrize("sizes", [[1], [23], [24], [7, 100, 1], [600]])
def test_any_chunking_encodes_to_the_same_codes(reference, codec, sizes) -> None:
    """However samples are pushed, the codes are those of the whole."""
    samples = reference.samples(610)
    np.testing.assert_array_equal(encoded_in(codec, samples, sizes), codec.encode(samples))


def test_decoding_adds_limited_latency(reference, codec) -> None:
    """The output is at most a block and the look-ahead behind."""
    from bot.musicgen.codec.codec import Decoder

    decoder = Decoder(codec, channels=1)
    made = decoder.push(reference.codes(100, channels=1)).shape[1]
    assert made >= (100 - codec.block_frames - 5) * reference.config.hop


def test_the_channels_of_a_clip_are_independent(reference, codec) -> None:
    """Left and right are coded as if each were alone."""
    codes, samples = reference.codes(15), reference.samples(300)
    for channel in (slice(0, 1), slice(1, 2)):
        np.testing.assert_allclose(
            codec.decode(codes)[channel], codec.decode(codes[channel]), atol=1e-5
        )
        np.testing.assert_array_equal(
            codec.encode(samples)[channel], codec.encode(samples[channel])
        )


def test_interleaved_clips_are_independent(reference, codec) -> None:
    """Several clips are decoded piece by piece in turn, each as if alone."""
    from bot.musicgen.codec.codec import Decoder

    clips = [reference.codes(frames) for frames in (30, 31, 32)]
    decoders = [Decoder(codec, channels=2) for _ in clips]
    parts: list[list[Any]] = [[] for _ in clips]
    for start in range(0, 32, 4):
        for decoder, codes, made in zip(decoders, clips, parts, strict=True):
            made.append(decoder.push(codes[:, :, start : start + 4]))
    for decoder, codes, made in zip(decoders, clips, parts, strict=True):
        whole = np.concatenate([*made, decoder.finish()], axis=1)
        np.testing.assert_array_equal(whole, codec.decode(codes))


def test_a_round_trip_keeps_the_length(reference, codec) -> None:
    """Encoding decoded sound gives the same number of frames."""
    codes = reference.codes(17)
    assert codec.encode(codec.decode(codes)).shape == codes.shape


def test_empty_input_gives_empty_output(reference, codec) -> None:
    """A clip without frames has no samples, and one without samples no frames."""
    assert codec.decode(reference.codes(0)).shape == (2, 0)
    assert codec.encode(reference.samples(0)).shape == (2, reference.config.quantizers, 0)


def test_weights_in_half_precision_are_the_same(reference, library) -> None:
    """An LSTM whose weights are exact in fp16 is stored in it, with the same result."""
    lstm = {
        k: v.astype(np.float16).astype(np.float32)
        for k, v in reference.weights.items()
        if "_hh_" in k
    }
    near = replace(reference, weights=reference.weights | lstm)
    codes = reference.codes(9)
    half = make_codec(near, library).decode(codes)
    exact = make_codec(near, None).decode(codes)
    assert_near(half, exact)


def signal_to_noise_db(made, exact):
    """Return how many dB the difference is below the sound."""
    return 10 * np.log10(np.square(exact).mean() / np.square(made - exact).mean())


def levelled(reference):
    """Return a model whose layers keep the level, as trained ones do, so that none is chaotic."""
    weights = dict(reference.weights)
    for name, values in weights.items():
        if values.ndim > 1 and ".weight" in name:
            axes = tuple(range(1, values.ndim))
            weights[name] = values / np.sqrt(np.square(values).sum(axes, keepdims=True))
    return replace(reference, weights=weights)


@pytest.mark.parametrize("variant", ["plain", "uneven", "wide"])
def test_quantized_weights_change_the_sound_inaudibly(variant, kernel_library) -> None:
    """In bfloat16 the difference is 38 dB below the sound; EnCodec's own loss is larger.

    On processors without bfloat16, and for odd widths, weights are in half precision, which is over
    twenty dB better.
    """
    reference, packed = levelled(variant_reference(variant)), PackedWeights()
    codes = reference.codes(30)
    rounded = make_codec(reference, kernel_library, precision="int8", packed=packed)
    exact = make_codec(reference, kernel_library).decode(codes)
    has_pairs = build.supports_pairs(kernel_library) and variant != "uneven"
    assert packed.arrays[HEAD].dtype == (np.uint16 if has_pairs else np.float16)
    least_db = 38 if has_pairs else 38 + 20
    assert least_db < signal_to_noise_db(rounded.decode(codes), exact) < 90


def test_a_codec_that_needs_more_bits_keeps_them(kernel_library) -> None:
    """If rounding would be audible, weights keep more bits, also at later starts."""
    reference, packed = variant_reference("wide"), PackedWeights()
    first = make_codec(reference, kernel_library, precision="int8", packed=packed)
    assert packed.arrays[HEAD].dtype != np.uint16
    later = make_codec(
        reference, kernel_library, precision="int8", packed=PackedWeights(packed.arrays)
    )
    codes = reference.codes(20)
    np.testing.assert_array_equal(later.decode(codes), first.decode(codes))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_clips_decoded_together_are_as_if_alone(kernel_library, precision) -> None:
    """Bit for bit, in a batch with clips of other lengths, starts and ends."""
    from bot.musicgen.codec.codec import Decoder, decode_together

    reference = levelled(variant_reference("wide"))
    codec = make_codec(reference, kernel_library, precision=precision)
    clips = [reference.codes(n, channels=1 + n % 2) for n in (5, 16, 24, 31, 40, 41, 57)]
    begins = [0, 8, 24, 0, 16, 8, 40]
    decoders = [Decoder(codec, channels=len(codes)) for codes in clips]
    parts: list[list[Any]] = [[] for _ in clips]
    for now in range(0, 104, 8):
        running = []
        for number, (codes, begin) in enumerate(zip(clips, begins, strict=True)):
            length = codes.shape[2]
            if now < begin or now - begin - 8 >= length:
                continue
            decoders[number].add(codes[:, :, now - begin : now - begin + 8])
            if now - begin + 8 >= length:
                decoders[number].end()
            running.append(number)
        for number, made in zip(
            running, decode_together([decoders[n] for n in running]), strict=True
        ):
            parts[number].append(made)
    for codes, pieces_made in zip(clips, parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(pieces_made, axis=1), codec.decode(codes))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"causal": True}, "causal"),
        ({"channels": 2}, "2 channels"),
        ({"pad_mode": "constant"}, "'constant'"),
    ],
)
def test_unsupported_codec_variants_are_refused(reference, change, reason) -> None:
    """A codec of another kind is refused with the reason."""
    with pytest.raises(CheckpointError, match=reason):
        make_codec(replace(reference, config=replace(reference.config, **change)), None)


def test_a_norm_over_time_is_refused(reference) -> None:
    """The group norm of the 48 kHz model is no part of MusicGen's."""
    weights = reference.weights | {"encoder.layers.0.norm.weight": np.ones(4, np.float32)}
    with pytest.raises(CheckpointError, match="time_group_norm"):
        make_codec(replace(reference, weights=weights), None)
